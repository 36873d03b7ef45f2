import type { PreferenceTree } from '../tree/tree';
import { range } from '../util/range';

/**
 * By how much the chosen sides of a tree win, on average: margins that the data give, else the scores. Undefined where one is
 * not known.
 */
export const gapOf = ({ comparisons, responses }: PreferenceTree): number | undefined => {
  const gaps = comparisons.map(({ chosen, rejected, margin }) => {
    const [won, lost] = [responses[chosen]?.score, responses[rejected]?.score];
    return margin ?? (won !== undefined && lost !== undefined ? won - lost : undefined);
  });
  return gaps.length > 0 && gaps.every((gap) => gap !== undefined)
    ? gaps.reduce((a, b) => a + b, 0) / gaps.length
    : undefined;
};

/** Indices by falling gap, equal ones as they come; all as they come when a gap is not known. */
export const widestFirst = (gaps: readonly (number | undefined)[]): number[] => {
  const order = range(gaps.length);
  return gaps.includes(undefined) ? order : order.sort((a, b) => gaps[b]! - gaps[a]! || a - b);
};

/** Part k of n nearly equal ones, from 0. */
export const cutOf = <T>(items: readonly T[], k: number, n: number): T[] => {
  const at = (i: number) => Math.round((i * items.length) / n);
  return items.slice(at(k), at(k + 1));
};
