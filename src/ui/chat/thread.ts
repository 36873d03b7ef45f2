import type { ChatPrompt, ChatReply } from '../../../workers/protocol';
import type { Which } from '../answers';

/** What was said to a model, and what it answered before training and now. */
export interface Turn {
  said: string;
  reference?: ChatReply;
  /** Missing where nothing had been trained. */
  policy?: ChatReply;
  /** The step under which `policy` was written. */
  step: number;
}

/** The conversation with one of the two models, ready for its next answer: each hears its own answers again. */
export const conversationWith = (turns: readonly Turn[], said: string, which: Which): ChatPrompt => [
  ...turns.flatMap((turn) => {
    const reply = which === 'policy' ? (turn.policy ?? turn.reference) : turn.reference;
    return [
      { role: 'user', content: turn.said },
      ...(reply ? [{ role: 'assistant', content: reply.text }] : []),
    ];
  }),
  { role: 'user', content: said },
];
