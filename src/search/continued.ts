import type { Problem, Verdict } from '../tasks/task';
import type { PipelineContext } from './pipeline';
import { promptTokens } from './prompt-tokens';
import { isUsable, REQUESTS_PER_CALL, type Sampling } from './sample-answers';
import type { StepTokens } from './split-tokens';
import { splitTokens } from './split-tokens';
import { throwIfAborted } from './throw-if-aborted';

/** A problem and steps of an answer to it, right or wrong. */
export interface Beginning {
  problem: Problem;
  steps: readonly StepTokens[];
}

/** A beginning with an end that the model gave it. */
export interface Continued {
  steps: StepTokens[];
  verdict: Verdict;
  text: string;
}

/**
 * Lets the model write on from beginnings, and verifies the wholes.
 * @returns for each beginning those of its continuations that came to an end
 */
export const continueAll = async (
  ctx: PipelineContext,
  beginnings: readonly Beginning[],
  { count, temperature, topP }: Sampling,
): Promise<Continued[][]> => {
  const results: Continued[][] = beginnings.map(() => []);
  // Alike lengths side by side, so that no sequence of a call waits long for another's prompt.
  const order = beginnings
    .map((_, i) => i)
    .sort((a, b) => beginnings[a]!.steps.length - beginnings[b]!.steps.length || a - b);
  const perCall = Math.max(1, Math.floor((4 * REQUESTS_PER_CALL) / count));
  for (let first = 0; first < order.length; first += perCall) {
    throwIfAborted(ctx.signal);
    const group = order.slice(first, first + perCall);
    const requests = group.map((i) => {
      const { problem, steps } = beginnings[i]!;
      return {
        tokens: [...promptTokens(ctx.tokenizer, problem), ...steps.flatMap(({ tokens }) => tokens)],
      };
    });
    const samples = await ctx.sample(requests, { count, temperature, topP, maxTokens: ctx.maxTokens });
    throwIfAborted(ctx.signal);
    group.forEach((i, j) => {
      const { problem, steps } = beginnings[i]!;
      results[i] = (samples[j] ?? [])
        .filter((sample) => isUsable(ctx, sample))
        .map((sample) => {
          const text = steps.map((step) => step.text).join('') + ctx.tokenizer.decode(sample.tokens);
          const own = splitTokens(ctx.task, ctx.tokenizer, sample.tokens);
          return { steps: [...steps, ...own], verdict: ctx.task.verify(problem, text), text };
        });
    });
  }
  return results;
};
