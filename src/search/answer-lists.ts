import type { PreferenceTree } from '../tree/tree';
import type { PipelineContext } from './pipeline';
import type { Answer, Sampling } from './sample-answers';
import { answerBatches } from './sample-answers';
import { describeTally, newTally, tooFewTrees } from './tally';
import { throwIfAborted } from './throw-if-aborted';

/**
 * The frame of a source that makes trees of each problem's answers: samples, asks `treesOf`, counts, reports.
 * @param treesOf one tree or several; none, or undefined, where these answers give none
 * @throws TooFewTreesError
 */
export async function* treesOfAnswers(
  ctx: PipelineContext,
  sampling: Sampling,
  treesOf: (
    answers: readonly Answer[],
    index: number,
  ) => PreferenceTree | readonly PreferenceTree[] | undefined,
): AsyncGenerator<PreferenceTree> {
  const tally = newTally();
  let made = 0;
  for await (const batch of answerBatches(ctx, sampling, tally, () => ctx.count - made)) {
    for (const answers of batch) {
      const trees = answers.length > 0 ? (treesOf(answers, made) ?? []) : [];
      for (const tree of [trees].flat().slice(0, ctx.count - made)) {
        throwIfAborted(ctx.signal);
        yield tree;
        made++;
      }
      if (made >= ctx.count) break;
    }
    ctx.progress(made, describeTally(tally));
    if (made >= ctx.count) return;
  }
  throw tooFewTrees(ctx, made, tally);
}

/** Answers that differ token for token, in the order in which they came. */
export const distinctAnswers = (answers: readonly Answer[]): Answer[] => {
  const seen = new Set<string>();
  return answers.filter(({ steps }) => {
    const key = steps.map(({ tokens }) => tokens.join(' ')).join('|');
    return !seen.has(key) && seen.add(key);
  });
};
