import type { Rng } from '../util/rng';

export interface Scored<T> {
  item: T;
  score: number;
}

/**
 * Statistical rejection sampling without replacement (Liu et al. 2023, algorithm 1): rounds over the items that are left, each
 * kept with probability exp((score - best score left) / temperature), until `count` are kept or none is left.
 * @returns the kept ones in the order in which they were kept
 */
export const acceptedByScore = <T>(
  items: readonly Scored<T>[],
  { count, temperature, rng }: { count: number; temperature: number; rng: Rng },
): Scored<T>[] => {
  const accepted: Scored<T>[] = [];
  let left = [...items];
  while (accepted.length < count && left.length > 0) {
    const best = Math.max(...left.map(({ score }) => score));
    // The best one always passes, so that every round keeps at least one.
    const passes = left.map(({ score }) => rng.next() < Math.exp((score - best) / temperature));
    accepted.push(...left.filter((_, i) => passes[i]));
    left = left.filter((_, i) => !passes[i]);
  }
  return accepted.slice(0, count);
};
