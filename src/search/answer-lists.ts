import type { PreferenceTree } from '../tree/tree';
import type { PipelineContext } from './pipeline';
import type { Answer, Sampling } from './sample-answers';
import { answerBatches } from './sample-answers';
import { describeTally, newTally, tooFewTrees } from './tally';
import { throwIfAborted } from './throw-if-aborted';

/**
 * The frame of a source that makes at most one tree of each problem's answers: samples, asks `treeOf`, counts, reports.
 * @param treeOf undefined where these answers give no tree
 * @throws TooFewTreesError
 */
export async function* treesOfAnswers(
  ctx: PipelineContext,
  sampling: Sampling,
  treeOf: (answers: readonly Answer[], index: number) => PreferenceTree | undefined,
): AsyncGenerator<PreferenceTree> {
  const tally = newTally();
  let made = 0;
  for await (const batch of answerBatches(ctx, sampling, tally, () => ctx.count - made)) {
    for (const answers of batch) {
      const tree = answers.length > 0 ? treeOf(answers, made) : undefined;
      if (!tree) continue;
      throwIfAborted(ctx.signal);
      yield tree;
      made++;
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
