import type { Problem } from '../tasks/task';
import { inConversation } from './conversation';
import { cutEnd } from './first-wrong';
import type { PipelineContext } from './pipeline';
import { promptTokens } from './prompt-tokens';
import type { Sampling } from './sample-answers';
import { isUsable, REQUESTS_PER_CALL } from './sample-answers';
import type { StepTokens } from './split-tokens';
import { encodeSteps, splitTokens } from './split-tokens';
import type { Tally } from './tally';
import { throwIfAborted } from './throw-if-aborted';

/** A problem and the correct steps so far. */
export interface Prefix {
  problem: Problem;
  steps: readonly StepTokens[];
}

const textOf = (steps: readonly StepTokens[]) => steps.map((step) => step.text).join('');

/** Steps with the same tokens, once each, in the order of their first appearance. */
export const distinctSteps = (steps: readonly StepTokens[]): StepTokens[] => {
  const seen = new Map<string, StepTokens>();
  for (const step of steps) {
    const key = step.tokens.join(' ');
    if (!seen.has(key)) seen.set(key, step);
  }
  return [...seen.values()];
};

/**
 * Samples continuations of correct prefixes and returns, per prefix, the distinct first steps of those that are right:
 * the verifier passes the step itself and the final answer is the problem's.
 */
export const rightNextSteps = async (
  ctx: PipelineContext,
  prefixes: readonly Prefix[],
  { count, temperature, topP }: Sampling,
  tally: Tally,
): Promise<StepTokens[][]> => {
  const result: StepTokens[][] = prefixes.map(() => []);
  // Alike lengths side by side, so that no sequence of a call waits long for another's prompt.
  const order = prefixes
    .map((_, i) => i)
    .sort((a, b) => prefixes[a]!.steps.length - prefixes[b]!.steps.length || a - b);
  for (let start = 0; start < order.length; start += REQUESTS_PER_CALL) {
    throwIfAborted(ctx.signal);
    const chunk = order.slice(start, start + REQUESTS_PER_CALL);
    const tokensOf = (i: number) => prefixes[i]!.steps.flatMap((step) => step.tokens);
    const shortest = Math.min(...chunk.map((i) => tokensOf(i).length));
    const requests = chunk.map((i) => ({
      tokens: [...promptTokens(ctx.tokenizer, prefixes[i]!.problem), ...tokensOf(i)],
    }));
    const maxTokens = Math.max(1, ctx.maxTokens - shortest);
    const speaking = inConversation(
      ctx,
      chunk.map((i) => ({ problem: prefixes[i]!.problem, prefix: textOf(prefixes[i]!.steps) })),
    );
    const samples = await ctx.sample(requests, { count, temperature, topP, maxTokens, ...speaking });
    throwIfAborted(ctx.signal);
    chunk.forEach((i, j) => {
      const { problem, steps } = prefixes[i]!;
      const right: StepTokens[] = [];
      for (const sample of samples[j] ?? []) {
        tally.continued++;
        if (!isUsable(ctx, sample)) continue;
        const verdict = ctx.task.verify(problem, textOf(steps) + ctx.tokenizer.decode(sample.tokens));
        const first = splitTokens(ctx.task, ctx.tokenizer, sample.tokens)[0];
        // A step past the last line is EOS alone; it is right when the whole answer is.
        const stepRight = verdict.steps[steps.length]?.correct ?? verdict.correct;
        if (!first || !stepRight || verdict.answer !== problem.answer) continue;
        tally.continuedRight++;
        right.push(cutEnd(first, ctx.tokenizer));
      }
      result[i] = distinctSteps(right);
    });
  }
  return result;
};

/** The verifier's own next step after a correct prefix, with EOS when it is the last; undefined where there is none. */
export const goldNextStep = (ctx: PipelineContext, { problem, steps }: Prefix): StepTokens | undefined => {
  const rest = ctx.task.continueFrom(problem, textOf(steps));
  if (rest === undefined) return undefined;
  const lines = encodeSteps(ctx.task, ctx.tokenizer, rest);
  const first = lines[0];
  if (!first) return { text: '', tokens: [ctx.tokenizer.eos] };
  return lines.length > 1 || first.text.endsWith('\n')
    ? first
    : { ...first, tokens: [...first.tokens, ctx.tokenizer.eos] };
};
