import { number, percent, signed } from '../format';
import { lengthFit, lengthPoints } from '../live/length-data';
import type { Rule } from './remark';

/** A tenth longer is more than two rounds of a few hundred answers differ by chance here. */
const longer = 0.1;

/** Answers have grown, whatever else they have become. */
export const grewLonger: Rule = ({ evaluations }) => {
  const rows = evaluations.filter(
    ({ evaluation }) => (evaluation.kind ?? 'answers') === 'answers' && evaluation.problems > 0,
  );
  const [first, last] = [rows[0]?.evaluation, rows.at(-1)];
  if (!first || !last || rows.length < 2 || first.meanTokens <= 0) return undefined;
  const growth = last.evaluation.meanTokens / first.meanTokens - 1;
  if (growth < longer) return undefined;
  return {
    id: 'grew-longer',
    step: last.x,
    text: `Answers have grown by ${percent(growth, 0)}, from ${number(Number(first.meanTokens.toPrecision(3)))} tokens to ${number(Number(last.evaluation.meanTokens.toPrecision(3)))}.`,
    lesson: 'length-is-not-quality',
  };
};

/** Half is where length alone explains a quarter of the order of rewards. */
const together = 0.5;
/** Under twenty answers such a correlation comes by chance. */
const enough = 20;

/** Longer answers gain more, whichever side they are on. */
export const lengthRewarded: Rule = ({ since }) => {
  const now = since.at(-1);
  if (!now || now.x === 0) return undefined;
  const points = lengthPoints(now.changes);
  const fit = lengthFit(points);
  if (!fit || points.length < enough || fit.rank <= together) return undefined;
  return {
    id: 'length-rewarded',
    step: now.x,
    text: `Longer answers have gained more than shorter ones (correlation of ranks ${signed(fit.rank, 2)}): it may be length that is rewarded.`,
    lesson: 'length-is-not-quality',
  };
};
