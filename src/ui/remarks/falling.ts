import { isTied } from '../../train/outcome';
import { percent, signed } from '../format';
import type { EvaluationPoint } from '../state';
import type { Rule } from './remark';

/** Those that say how good the model is: before the first step every held-out margin is 0. */
const telling = (evaluations: readonly EvaluationPoint[]) =>
  evaluations.filter(({ evaluation }) => evaluation.problems > 0 && !isTied(evaluation));

/** What there is less of, and as much of. */
const wordsOf = ({ evaluation: { kind } }: EvaluationPoint) => {
  if (kind === 'pairs')
    return ['fewer held-out pairs are ranked right', 'as many held-out pairs are ranked right as at first'];
  if (kind === 'images') return ['fewer images are as asked', 'as many images are as asked as before'];
  return ['less is solved', 'as much is solved as before'];
};

const bestOf = (rows: readonly EvaluationPoint[]) =>
  rows.reduce((best, row) => (row.evaluation.accuracy > best.evaluation.accuracy ? row : best));

/** Under a nat the chosen answers are still more than a third as likely as they were. */
const slight = 1;
/** At two nats they are seven times less likely. */
const deep = 2;

/** The chosen answers fall a little while the model stays as good: that is how a difference grows. */
export const harmlessFall: Rule = ({ since, evaluations }) => {
  const [now, rows] = [since.at(-1), telling(evaluations)];
  const last = rows.at(-1);
  if (!now || !last || rows.length < 2) return undefined;
  const fall = -now.chosen.median;
  if (fall <= 0.05 || fall >= slight || last.evaluation.accuracy < rows[0]!.evaluation.accuracy)
    return undefined;
  return {
    id: 'harmless-fall',
    step: now.x,
    text: `The chosen answers fall (${signed(now.chosen.median, 2)} nats), and ${wordsOf(last)[1]}: harmless.`,
    lesson: 'why-chosen-fall',
  };
};

/** They fall deeply, and the accuracy has left the interval of its best. */
export const harmfulFall: Rule = ({ since, evaluations }) => {
  const [now, rows] = [since.at(-1), telling(evaluations)];
  const last = rows.at(-1);
  if (!now || !last || -now.chosen.median <= deep) return undefined;
  const best = bestOf(rows);
  if (last.evaluation.accuracy >= best.evaluation.interval[0]) return undefined;
  return {
    id: 'harmful-fall',
    step: best.x,
    text: `The chosen answers have fallen by ${signed(-now.chosen.median, 1).replace('+', '')} nats, and ${wordsOf(last)[0]}: best was ${best.x === 0 ? 'before the first step' : `step ${best.x}`}, with ${percent(best.evaluation.accuracy)}.`,
    lesson: 'why-chosen-fall',
    back: best.x,
  };
};

/** A third of the fall on tokens that both answers have is not about the difference between them. */
const mostShared = 0.3;

export const sharedFall: Rule = ({ since }) => {
  const now = since.at(-1);
  if (!now || now.chosen.mean > -slight) return undefined;
  const sum = (i: 0 | 1 | 2) => now.changes.reduce((total, { chosen }) => total + chosen.stretches[i], 0);
  const [before, all] = [sum(0), sum(0) + sum(1) + sum(2)];
  if (all >= 0 || before / all <= mostShared) return undefined;
  return {
    id: 'shared-fall',
    step: now.x,
    text: `${percent(before / all, 0)} of the fall is on tokens before the answers part, which both of them have: the loss does not see it.`,
    lesson: 'why-chosen-fall',
  };
};
