import { isAssistant, isUser, talkProblems } from '../formats/conversation';
import type { Message, Text } from '../formats/example';
import { isConversation, RowProblem, sayingFields } from '../formats/example';
import type { Note } from '../formats/note';
import { shownText } from '../shown-text';
import type { RenderMessages } from '../text/chat-template';
import { differsFrom, extraFields, writesField } from '../text/left-out';

/** Rows after which a field that was never written is taken for one that the template does not know. */
const TRIES = 50;

/** @throws RowProblem when the conversation has no question, or the template leaves out what it says */
export type TalkCheck = (
  talk: { prompt: Text; answers: readonly Text[]; tools: readonly unknown[] | undefined },
  render: RenderMessages,
) => void;

/**
 * Looks at conversations before they are written: that there is a question, and that the template writes what they hold.
 * A field without which something else would be learned makes the row useless; others are noted by name.
 */
export const createTalkCheck = (note: Note): TalkCheck => {
  const tries = new Map<string, number>();
  const said = new Set<string>(sayingFields);

  const checkFields = (render: RenderMessages, wholes: readonly Message[][]) => {
    for (const field of new Set(wholes.flatMap(extraFields))) {
      const own = wholes.filter((whole) => extraFields(whole).includes(field));
      if (said.has(field)) {
        const found = own.map((whole) => writesField(render, whole, field));
        if (found.includes('no'))
          throw new RowProblem(`the chat template does not write "${field}"`, shownText(field));
        if (found.includes('earlier')) note('earlier-field', field);
        continue;
      }
      const tried = tries.get(field) ?? 0;
      if (tried < 0) continue;
      if (tried < TRIES && own.some((whole) => writesField(render, whole, field) !== 'no')) {
        tries.set(field, -1);
        continue;
      }
      tries.set(field, tried + 1);
      note('field', field);
    }
  };

  return ({ prompt, answers, tools }, render) => {
    if (!isConversation(prompt)) return;
    if (!prompt.some(isUser)) {
      throw new RowProblem(talkProblems.noUser, prompt.map(({ role }) => role).join(', '));
    }
    const wholes = answers.map((answer) => [...prompt, ...(isConversation(answer) ? answer : [])]);
    const withTools: RenderMessages = (messages, more) => render(messages, more, tools);
    if (tools && !differsFrom(withTools(wholes[0]!, false), () => render(wholes[0]!, false))) {
      throw new RowProblem('the chat template does not write the tools', `${tools.length} tools`);
    }
    checkFields(withTools, wholes);
    for (const whole of wholes) {
      if (whole.every(({ content }) => content !== null)) continue;
      const filled = whole.map((turn) => ({ ...turn, content: turn.content ?? '' }));
      if (withTools(whole, false) !== withTools(filled, false)) {
        throw new RowProblem('the chat template writes a word where a message has no text');
      }
    }
  };
};

/** Whether an answer holds turns that are not the assistant's. */
export const hasOtherTurns = (answer: Text): boolean => isConversation(answer) && !answer.every(isAssistant);
