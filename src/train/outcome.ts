/** What a run's evaluations say, in words that are true: tied, rose, fell, collapsed. */
import type { Evaluation } from '../../workers/protocol';
import { count, plural } from '../util/count';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Margins of equal models differ from 0 by rounding only. */
const ROUNDING = 1e-5;

/**
 * Before the first update policy and reference are the same, so every margin is 0 and no pair is ranked at all. TRL's
 * accuracy counts that as none right; whoever speaks of it says "tied".
 */
export const isTied = ({ kind, step, problems, metrics }: Evaluation): boolean =>
  kind === 'pairs' &&
  step === 0 &&
  problems > 0 &&
  Math.abs(metrics?.['eval_rewards/margins'] ?? Number.POSITIVE_INFINITY) < ROUNDING;

export interface Outcome {
  first: Evaluation;
  last: Evaluation;
  /**
   * Of the accuracy, or of the loss on held-out rows: 'collapsed' when less than half of an accuracy is left, beyond
   * what its 95 % interval explains; 'worse' and 'better' are differences of any size.
   */
  trend: 'better' | 'same' | 'worse' | 'collapsed';
  /** The fall is more than the interval of the last evaluation explains. */
  clear: boolean;
  /** The pass's best evaluation, where the last one is clearly below it. */
  best: Evaluation | undefined;
}

const lossOf = (e: Evaluation) => e.metrics?.['eval_loss'] ?? Number.NaN;

/** Undefined before there are two evaluations to compare. */
export const outcomeOf = (evaluations: readonly Evaluation[]): Outcome | undefined => {
  const [first, last] = [evaluations[0], evaluations.at(-1)];
  if (!first || !last || first === last) return undefined;
  const pass = evaluations.filter((e) => e.stage === last.stage);
  if (last.kind === 'pairs') {
    const change = lossOf(last) - lossOf(first);
    const trend = change < 0 ? 'better' : change > 0 ? 'worse' : 'same';
    const best = pass.reduce((a, b) => (lossOf(b) < lossOf(a) ? b : a));
    const passed = lossOf(last) > lossOf(best) + 0.02 * Math.abs(lossOf(best));
    return { first, last, trend, clear: trend === 'worse' && passed, best: passed ? best : undefined };
  }
  const below = (e: Evaluation) => last.interval[1] < e.accuracy;
  const best = pass.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const trend =
    last.accuracy > first.accuracy
      ? 'better'
      : last.accuracy === first.accuracy
        ? 'same'
        : below(first) && last.accuracy < first.accuracy / 2
          ? 'collapsed'
          : 'worse';
  return {
    first,
    last,
    trend,
    clear: trend !== 'better' && below(first),
    best: below(best) ? best : undefined,
  };
};

/** What became of the held-out problems or rows, as the rest of a sentence; without a full stop. */
const outcomeWords = ({ first, last, trend, best }: Outcome): string => {
  const from = (value: (e: Evaluation) => string) =>
    trend === 'same' ? `stayed at ${value(last)}` : `${value(first)} to ${value(last)}`;
  const at = best && best.step > 0 ? ` at step ${count(best.step)}` : ' before training';
  if (last.kind === 'pairs') {
    const loss = (e: Evaluation) => lossOf(e).toFixed(4);
    const verbs = { better: 'fell from ', same: '', worse: 'rose from ', collapsed: 'rose from ' };
    const lowest = best ? ` (its lowest was ${loss(best)}${at})` : '';
    const ranked =
      last.problems > 0
        ? `, and ${percent(last.accuracy)} of held-out pairs are ranked right${isTied(first) ? ', where all were tied' : ''}`
        : '';
    return `the loss on held-out rows ${verbs[trend]}${from(loss)}${lowest}${ranked}`;
  }
  const verbs = { better: 'rose from ', same: '', worse: 'fell from ', collapsed: 'collapsed from ' };
  const highest = best ? `; its best was ${percent(best.accuracy)}${at}` : '';
  const what = last.kind === 'images' ? 'the share of images as asked' : 'held-out accuracy';
  return `${what} ${verbs[trend]}${from((e) => percent(e.accuracy))}${highest}`;
};

/** The sentence of a run that has come to its end. */
export const finishedWords = (evaluations: readonly Evaluation[], steps: number): string => {
  const outcome = outcomeOf(evaluations);
  return outcome ? `Finished: ${outcomeWords(outcome)}.` : `Finished after ${plural(steps, 'step')}.`;
};
