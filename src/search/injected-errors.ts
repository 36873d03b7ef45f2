import type { PipelineContext, Sample } from './pipeline';
import { promptTokens } from './prompt-tokens';
import type { Answer } from './sample-answers';
import { isUsable } from './sample-answers';
import { sampleUntil } from './sample-until';
import type { StepTokens } from './split-tokens';
import { splitTokens } from './split-tokens';
import { stepEndTokens } from './step-ends';

/** Steps that an answer may have at most: longer ones have lost the thread (the released code cuts at 24). */
const MOST_STEPS = 24;

/** How errors are provoked after right steps. */
export interface Provocation {
  /** The temperature of the first new step, by how much it rises with each further one, and where it stops. */
  temperature: number;
  rise: number;
  most: number;
  /** Samples after one split point at most. */
  tries: number;
}

/** A right answer, cut before one of its steps, and a wrong end that the model gave it there. */
export interface InjectedError {
  answer: Answer;
  /** The steps before the cut, right and the same on both sides. */
  prefix: StepTokens[];
  /** The right answer's own steps from there on. */
  right: StepTokens[];
  wrong: StepTokens[];
}

/** What became of the attempts, for the progress note. */
export interface InjectionTally {
  points: number;
  found: number;
  tried: number;
  /** Samples that were wrong, and garbled. */
  garbled: number;
}

/** Garbled text teaches nothing: a step that cannot be read, or an answer that does not come to an end. */
const isGarbled = ({ task }: PipelineContext, { problem }: Answer, steps: readonly string[]): boolean =>
  steps.length > MOST_STEPS || (task.aspects?.(problem, steps).some(({ format }) => format === 0) ?? false);

/** The places at which a right answer can be cut: at least one step before, at least one after. */
export const splitPoints = ({ steps }: Pick<Answer, 'steps'>): number[] =>
  Array.from({ length: Math.max(0, steps.length - 1) }, (_, i) => i + 1);

/**
 * Lets the model go on from right steps at a temperature that rises step by step, until the result is wrong: SCDPO's errors, injected
 * at a chosen place (Lu et al. 2024, section 3).
 * @param cuts which answer to cut, and after how many steps
 * @returns what was found, in the order of the cuts
 */
export const injectErrors = async (
  ctx: PipelineContext,
  cuts: readonly { answer: Answer; at: number }[],
  { temperature, rise, most, tries }: Provocation,
  tally: InjectionTally,
): Promise<InjectedError[]> => {
  const requests = cuts.map(({ answer, at }) => ({
    tokens: [
      ...promptTokens(ctx.tokenizer, answer.problem),
      ...answer.steps.slice(0, at).flatMap(({ tokens }) => tokens),
    ],
  }));
  const wrongEnd = (sample: Sample, i: number): StepTokens[] | undefined => {
    tally.tried++;
    const { answer, at } = cuts[i]!;
    if (!isUsable(ctx, sample)) return undefined;
    const text =
      answer.steps
        .slice(0, at)
        .map((step) => step.text)
        .join('') + ctx.tokenizer.decode(sample.tokens);
    if (ctx.task.verify(answer.problem, text).correct) return undefined;
    if (isGarbled(ctx, answer, ctx.task.splitSteps(text))) {
      tally.garbled++;
      return undefined;
    }
    return splitTokens(ctx.task, ctx.tokenizer, sample.tokens);
  };
  const options = {
    temperature,
    topP: 1,
    count: 1,
    maxTokens: ctx.maxTokens,
    rising: { rise, most, stepEnds: stepEndTokens(ctx.task, ctx.tokenizer) },
  };
  const found = await sampleUntil(ctx, requests, options, tries, wrongEnd);
  tally.points += cuts.length;
  return found.flatMap(({ found: wrong }, i): InjectedError[] => {
    if (!wrong) return [];
    tally.found++;
    const { answer, at } = cuts[i]!;
    return [{ answer, prefix: answer.steps.slice(0, at), right: answer.steps.slice(at), wrong }];
  });
};
