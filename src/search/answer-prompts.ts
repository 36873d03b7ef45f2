import type { LabelledStep } from './build-trees';
import { judgedSteps } from './judged-steps';
import type { PipelineContext, Prompt } from './pipeline';
import type { Sampling } from './sample-answers';
import { isUsable } from './sample-answers';
import { splitTokens } from './split-tokens';
import { throwIfAborted } from './throw-if-aborted';

/** An answer to a prompt that ended by itself. */
export interface PromptAnswer {
  /** Of a problem in its steps, with the verifier's word on each; else whole. */
  steps: LabelledStep[];
  length: number;
  /** By the verifier, where there is one. */
  correct?: boolean;
}

const answerOf = (ctx: PipelineContext, { problem }: Prompt, tokens: number[]): PromptAnswer => {
  const text = ctx.tokenizer.decode(tokens);
  const length = tokens.length;
  if (!problem) return { steps: [{ text, tokens, labels: {} }], length };
  const verdict = ctx.task.verify(problem, text);
  const steps = splitTokens(ctx.task, ctx.tokenizer, tokens);
  return { steps: judgedSteps({ steps, verdict }), length, correct: verdict.correct };
};

/** Samples different answers to each of these prompts; those that were cut off are left out. */
export const answerPrompts = async (
  ctx: PipelineContext,
  prompts: readonly Prompt[],
  { count, temperature, topP }: Sampling,
): Promise<PromptAnswer[][]> => {
  throwIfAborted(ctx.signal);
  const samples = await ctx.sample(prompts, { count, temperature, topP, maxTokens: ctx.maxTokens });
  throwIfAborted(ctx.signal);
  return prompts.map((prompt, i) => {
    const usable = (samples[i] ?? []).filter((sample) => isUsable(ctx, sample));
    const different = new Map(usable.map(({ tokens }) => [tokens.join(' '), tokens]));
    return [...different.values()].map((tokens) => answerOf(ctx, prompt, tokens));
  });
};
