import type { Tokenizer } from '../tokenizer/tokenizer';
import { isEnd } from '../tokenizer/tokenizer';
import type { Answer } from './sample-answers';
import type { StepTokens } from './split-tokens';

type Ends = Pick<Tokenizer, 'eos' | 'ends'>;

/** Where an answer first goes wrong. */
export interface FirstWrong {
  /** The correct steps before it. */
  prefix: StepTokens[];
  wrong: StepTokens;
}

/**
 * A step ends with its newline. An EOS sampled right after a newline is a step of its own ("stop here"), not part of
 * the line before it; without a newline the EOS is what ends the line and stays.
 */
export const cutEnd = (step: StepTokens, tokenizer: Ends): StepTokens =>
  step.text.endsWith('\n') && isEnd(tokenizer, step.tokens.at(-1))
    ? { ...step, tokens: step.tokens.slice(0, -1) }
    : step;

/**
 * The first wrong step of an answer by the verifier, and the correct steps before it; undefined when nothing is wrong.
 * An answer that stops too early, all lines right, is wrong in its EOS: that alone is the wrong step, or the line with
 * it where no newline ends the line.
 */
export const firstWrong = ({ steps, verdict }: Answer, tokenizer: Ends): FirstWrong | undefined => {
  if (verdict.correct || verdict.firstWrongStep < 0) return undefined;
  const lines = steps.map((step) => cutEnd(step, tokenizer));
  const last = steps.at(-1);
  const end = last?.tokens.at(-1);
  if (last?.text.endsWith('\n') && end !== undefined && isEnd(tokenizer, end))
    lines.push({ text: '', tokens: [end] });
  const index = Math.min(verdict.firstWrongStep, lines.length - 1);
  const wrong = lines[index];
  return wrong && { prefix: lines.slice(0, index), wrong };
};
