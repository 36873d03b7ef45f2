import type { Problem } from '../tasks/task';
import type { PipelineContext } from './pipeline';
import type { Answer } from './sample-answers';
import { encodeSteps } from './split-tokens';

/**
 * An answer that another than the model wrote, verified and judged like the model's own, with EOS behind it. Its log-prob under
 * what wrote it is not known.
 */
export const writtenAnswer = (ctx: PipelineContext, problem: Problem, text: string): Answer => {
  const { task, tokenizer } = ctx;
  const verdict = task.verify(problem, text);
  const judgement = task.judge?.({ problem, text, verdict });
  const steps = encodeSteps(task, tokenizer, text);
  steps.at(-1)?.tokens.push(tokenizer.eos);
  return { problem, text, steps, verdict, ...(judgement && { judgement }), proposalLogProb: Number.NaN };
};
