import { inConversation } from './conversation';
import type { PipelineContext } from './pipeline';
import { promptTokens } from './prompt-tokens';
import type { Answer, Sampling } from './sample-answers';
import { answerOfSample, REQUESTS_PER_CALL } from './sample-answers';
import type { StepTokens } from './split-tokens';
import { throwIfAborted } from './throw-if-aborted';

/** An answer, up to one of its steps. */
export interface Interrupted {
  answer: Answer;
  /** Steps that stay. */
  kept: number;
}

const tokensOf = (steps: readonly StepTokens[]) => steps.flatMap((step) => step.tokens);

/** Lets the model take up answers again after their kept steps. @returns per answer the whole new ones that ended by themselves */
export const takenUpAgain = async (
  ctx: PipelineContext,
  interrupted: readonly Interrupted[],
  { count, temperature, topP }: Sampling,
): Promise<Answer[][]> => {
  const results: Answer[][] = [];
  for (let start = 0; start < interrupted.length; start += REQUESTS_PER_CALL) {
    throwIfAborted(ctx.signal);
    const begun = interrupted.slice(start, start + REQUESTS_PER_CALL).map(({ answer, kept }) => {
      const steps = answer.steps.slice(0, kept);
      const tokens = tokensOf(steps);
      return { problem: answer.problem, prefix: steps.map(({ text }) => text).join(''), tokens };
    });
    const samples = await ctx.sample(
      begun.map(({ problem, tokens }) => ({ tokens: [...promptTokens(ctx.tokenizer, problem), ...tokens] })),
      { count, temperature, topP, maxTokens: ctx.maxTokens, ...inConversation(ctx, begun) },
    );
    begun.forEach(({ problem, tokens }, i) => {
      results.push(
        (samples[i] ?? []).flatMap((sample) => answerOfSample(ctx, problem, sample, tokens) ?? []),
      );
    });
  }
  throwIfAborted(ctx.signal);
  return results;
};
