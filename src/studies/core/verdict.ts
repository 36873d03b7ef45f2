import { meanInterval } from '../../util/student';
import type { Study } from './study';

/** What came of a study. `exact` has no interval, and `not run yet` not all of its seeds. */
export const verdicts = {
  shown: { word: 'Shown', sign: '✓' },
  opposite: { word: 'The opposite', sign: '✗' },
  'not-shown': { word: 'Not shown', sign: '–' },
  exact: { word: 'Exact', sign: '=' },
  'not-run': { word: 'Not run yet', sign: '…' },
} as const;

export type VerdictId = keyof typeof verdicts;

export interface Verdict {
  id: VerdictId;
  /** Of the first arm less the second, in the measure's unit; undefined while a seed is missing. */
  effect: number | undefined;
  /** 95 %, Student; undefined where nothing is random or a seed is missing. */
  interval: [number, number] | undefined;
  /** An effect of this size would have been seen with the spread that the seeds had: half the interval's width. */
  seen: number | undefined;
  /** The effect, or what is known of it, lies on the claimed side. */
  agrees: boolean | undefined;
}

const none: Verdict = {
  id: 'not-run',
  effect: undefined,
  interval: undefined,
  seen: undefined,
  agrees: undefined,
};

/** Fewer make no verdict where something is random. */
export const fewestSeeds = 3;

/**
 * The verdict on paired differences, one for each seed of the study.
 * @param differences first arm less second, in the measure's unit; undefined for a seed that is missing
 */
export const verdictOf = (
  { direction, exact, seeds }: Pick<Study, 'direction' | 'exact' | 'seeds'>,
  differences: readonly (number | undefined)[],
): Verdict => {
  const known = differences.filter((d): d is number => d !== undefined && Number.isFinite(d));
  if (known.length < seeds.length || known.length === 0) return none;
  const sign = direction === 'more' ? 1 : -1;
  if (exact) {
    const effect = known[0]!;
    return { ...none, id: 'exact', effect, agrees: effect * sign > 0 };
  }
  const { mean, interval } = meanInterval(known);
  if (!interval || known.length < fewestSeeds) return none;
  const [low, high] = interval;
  const [near, far] = sign > 0 ? [low, high] : [-high, -low];
  return {
    id: near > 0 ? 'shown' : far < 0 ? 'opposite' : 'not-shown',
    effect: mean,
    interval,
    seen: (high - low) / 2,
    agrees: mean * sign > 0,
  };
};
