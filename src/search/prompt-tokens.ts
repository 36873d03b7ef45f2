import type { Problem } from '../tasks/task';
import type { Tokenizer } from '../tokenizer/tokenizer';

/** A problem's prompt as the model reads it: BOS where the tokenizer has one, then the text. */
export const promptTokens = (tokenizer: Tokenizer, problem: Pick<Problem, 'prompt'>): number[] => [
  ...(tokenizer.bos === undefined ? [] : [tokenizer.bos]),
  ...tokenizer.encode(problem.prompt),
];
