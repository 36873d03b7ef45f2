import type { Tokenizer } from '../../tokenizer/tokenizer';
import type { Message, Text } from '../formats/example';
import { isConversation, RowProblem } from '../formats/example';
import type { RenderMessages } from './chat-template';

/** A prompt with its responses in tokens, before anything is cut. */
export interface Tokenized {
  prompt: number[];
  /** `content`: the answer's own text within the response, without what the template puts around it. */
  responses: { tokens: number[]; content: string | undefined }[];
  /** Tokens of the prompt alone that its beginning of the whole does not have, so that they were left out. */
  promptTail: number[];
}

export interface TextTokenizer {
  tokenizer: Tokenizer;
  /** How conversations are written; undefined when they are refused. */
  render: RenderMessages | undefined;
  /** Tokens that go around a plain text: what the tokenizer adds by itself, or as the settings have it. */
  before: readonly number[];
  after: readonly number[];
}

/** The text of the end-of-text token. */
export const endText = (tokenizer: Tokenizer): string =>
  tokenizer.decode([tokenizer.eos], { keepSpecial: true });

/** How many tokens two lists begin with alike. */
export const commonPrefix = (a: readonly number[], b: readonly number[]): number => {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n;
};

/** How conversations are written. @throws RowProblem when they are refused */
export const renderOr = (text: TextTokenizer): RenderMessages => {
  if (text.render) return text.render;
  throw new RowProblem('the row is a conversation, and no template is chosen to write it with');
};

const encodeText = ({ tokenizer, before, after }: TextTokenizer, text: string): number[] => [
  ...before,
  ...tokenizer.encode(text),
  ...after,
];

/** The prompt as the model gets it when it is to answer. */
export const promptText = (text: TextTokenizer, prompt: Text): string =>
  isConversation(prompt) ? renderOr(text)(prompt, true) : prompt;

const encodePrompt = (text: TextTokenizer, prompt: Text): number[] =>
  isConversation(prompt) ? text.tokenizer.encode(renderOr(text)(prompt, true)) : encodeText(text, prompt);

const encodeWhole = (text: TextTokenizer, prompt: Text, response: Text) => {
  if (isConversation(prompt)) {
    const answer = response as Message[];
    const tokens = text.tokenizer.encode(renderOr(text)([...prompt, ...answer], false));
    return { tokens, content: answer.length === 1 ? (answer[0]!.content ?? undefined) : undefined };
  }
  const end = endText(text.tokenizer);
  const answer = response as string;
  const content = answer.endsWith(end) ? answer.slice(0, answer.length - end.length) : answer;
  return { tokens: encodeText(text, prompt + content + end), content };
};

/**
 * Prompt and responses in tokens as TRL's DPOTrainer makes them (version 1.16): prompt and response are encoded
 * together; the prompt is what the prompt alone and every whole begin with alike, the response is the rest. A plain
 * response ends in the end-of-text token's text, once; a conversation ends as its template has it. Only plain texts get
 * the tokens that the tokenizer adds by itself (BOS), since templates write their own.
 * @throws RowProblem for a conversation without a template; DataError from the template
 */
export const tokenizeExample = (text: TextTokenizer, prompt: Text, responses: readonly Text[]): Tokenized => {
  const alone = encodePrompt(text, prompt);
  const wholes = responses.map((response) => encodeWhole(text, prompt, response));
  const n = Math.min(...wholes.map(({ tokens }) => commonPrefix(alone, tokens)));
  return {
    prompt: alone.slice(0, n),
    responses: wholes.map(({ tokens, content }) => ({ tokens: tokens.slice(n), content })),
    promptTail: alone.slice(n),
  };
};

/** As above for a step: prompt, correct steps so far, and two next steps that begin where those two agree. */
export interface TokenizedStep {
  prompt: number[];
  prefix: number[];
  chosen: number[];
  rejected: number[];
  promptTail: number[];
}

/** No end-of-text token is added, but where the step ends its answer. */
export const tokenizeStep = (
  text: TextTokenizer,
  example: {
    prompt: Text;
    prefix: string;
    chosen: string;
    rejected: string;
    chosenEnds: boolean;
    rejectedEnds: boolean;
  },
): TokenizedStep => {
  const start = promptText(text, example.prompt);
  const end = endText(text.tokenizer);
  const isTalk = isConversation(example.prompt);
  const encode = (whole: string) => [...(isTalk ? [] : text.before), ...text.tokenizer.encode(whole)];
  const alone = encode(start);
  const given = encode(start + example.prefix);
  const side = (step: string, ends: boolean) =>
    encode(start + example.prefix + step + (ends && !step.endsWith(end) ? end : ''));
  const chosen = side(example.chosen, example.chosenEnds);
  const rejected = side(example.rejected, example.rejectedEnds);
  const n = Math.min(...[given, chosen, rejected].map((tokens) => commonPrefix(alone, tokens)));
  const m = Math.max(n, Math.min(commonPrefix(given, chosen), commonPrefix(given, rejected)));
  return {
    prompt: chosen.slice(0, n),
    prefix: chosen.slice(n, m),
    chosen: chosen.slice(m),
    rejected: rejected.slice(m),
    promptTail: alone.slice(n),
  };
};
