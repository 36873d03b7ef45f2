import { isUser } from '../formats/conversation';
import type { Example, Text } from '../formats/example';
import { isConversation, RowProblem, saysMore } from '../formats/example';
import { stepTokens } from '../text/step-tokens';
import type { TextTokenizer } from '../text/tokenize';
import { tokenizeExample } from '../text/tokenize';
import type { Cut } from '../text/truncate';
import { truncateAll } from '../text/truncate';
import type { BuildContext } from './built';
import { reasons } from './built';
import { hasOtherTurns } from './check-talk';

/** Cuts to length. @throws RowProblem when nothing is left */
export const shorten = (
  { settings }: BuildContext,
  prompt: readonly number[],
  responses: readonly (readonly number[])[],
): { prompt: number[]; cuts: Cut[] } => {
  if (prompt.length === 0) throw new RowProblem(reasons.emptyPrompt);
  if (responses.some((tokens) => tokens.length === 0)) throw new RowProblem(reasons.emptySide);
  const { prompt: left, responses: cuts } = truncateAll(prompt, responses, settings);
  if (left.length === 0 || cuts.some((cut) => cut.response.length === 0)) {
    throw new RowProblem(
      reasons.promptFills,
      `${prompt.length} tokens of prompt and ${responses.map((r) => r.length).join(', ')} of answer`,
    );
  }
  return { prompt: left, cuts };
};

/** Whether a text or conversation says nothing. */
export const isEmpty = (text: Text): boolean =>
  typeof text === 'string'
    ? text.trim() === ''
    : text.every(({ content, extra }) => (content ?? '').trim() === '' && !saysMore(extra));

/** What is asked of the model: the prompt with the tools of its row. */
export type Asked = Pick<Example, 'prompt' | 'tools'>;

/** The tokenizer with a row's tools in every rendering, after a look at what the row says. @throws RowProblem */
export const ready = (context: BuildContext, { prompt, tools }: Asked, answers: Text[]): TextTokenizer => {
  const { text } = context;
  const questions = isConversation(prompt) ? prompt.filter(isUser) : [];
  if (isConversation(prompt) ? questions.length > 0 && isEmpty(questions) : isEmpty(prompt)) {
    throw new RowProblem(reasons.emptyPrompt);
  }
  if (answers.some(isEmpty)) throw new RowProblem(reasons.emptySide);
  const { render } = text;
  if (!render || !isConversation(prompt)) return text;
  context.check({ prompt, answers: answers.length > 0 ? answers : [[]], tools }, render);
  return tools ? { ...text, render: (messages, ask) => render(messages, ask, tools) } : text;
};

/** Prompt and answers in tokens, cut to length and into steps. @throws RowProblem */
export const tokenized = (context: BuildContext, asked: Asked, answers: Text[]) => {
  const text = ready(context, asked, answers);
  if (answers.some(hasOtherTurns)) context.note('other-turns');
  const whole = tokenizeExample(text, asked.prompt, answers);
  const { prompt: left, cuts } = shorten(
    context,
    whole.prompt,
    whole.responses.map((r) => r.tokens),
  );
  const responses = whole.responses.map(({ tokens, content }, i) => ({
    steps: stepTokens(context.text.tokenizer, cuts[i]!.response, context.settings.steps, content),
    length: tokens.length,
    cut: cuts[i]!.cut,
    tokens,
    answerEnds: true,
  }));
  const common = {
    promptLength: whole.prompt.length,
    promptStart: whole.prompt.slice(0, 2),
    promptTail: whole.promptTail,
    prompt: left,
  };
  return { common, responses };
};
