import { count, percent } from '../format';
import { mendedOf } from '../live/mended';
import type { Rule } from './remark';

/** Ten problems are needed for a share of them to mean anything. */
const enough = 10;

export const brokeHalf: Rule = ({ evaluations }) => {
  const last = evaluations.at(-1);
  const mended = mendedOf(evaluations[0]?.evaluation, last?.evaluation);
  if (!last || !mended || mended.mended + mended.broken < enough || mended.broken <= mended.mended / 2)
    return undefined;
  return {
    id: 'broke-half',
    step: last.x,
    text: `For ${count(mended.mended)} problems that were mended, ${count(mended.broken)} were broken that had been solved.`,
    lesson: 'why-chosen-fall',
  };
};

/** Nearly all pairs ranked right is what the loss asks for; fewer problems solved than at the start is what nobody does. */
const learned = 0.95;

export const rankedButLost: Rule = ({ points, evaluations }) => {
  const ranked = points.at(-1)?.metrics['rewards/accuracies'];
  const [first, last] = [evaluations[0]?.evaluation, evaluations.at(-1)];
  if (ranked === undefined || ranked <= learned || !first || !last || first.kind === 'pairs')
    return undefined;
  if (last.evaluation.interval[1] >= first.accuracy) return undefined;
  return {
    id: 'ranked-but-lost',
    step: last.x,
    text: `${percent(ranked, 0)} of the pairs are ranked right, and fewer problems are solved than before: the pairs are learned, the task is not.`,
    lesson: 'why-chosen-fall',
  };
};
