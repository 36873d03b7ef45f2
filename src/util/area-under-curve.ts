import type { Rng } from './rng';

/** Area under the ROC curve: how often a row of class 1 scores above one of class 0, ties counting half; 0.5 where a class is empty. */
export const areaUnderCurve = (scores: readonly number[], classes: readonly number[]): number => {
  const order = scores.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let [rankSum, ones] = [0, 0];
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && !(scores[order[j]!]! > scores[order[i]!]!)) j++;
    const rank = (i + j + 1) / 2; // mean of i + 1 to j
    for (; i < j; i++) {
      if (classes[order[i]!] !== 1) continue;
      rankSum += rank;
      ones++;
    }
  }
  const zeros = scores.length - ones;
  return ones === 0 || zeros === 0 ? 0.5 : (rankSum - (ones * (ones + 1)) / 2) / (ones * zeros);
};

const DRAWS = 400;

/**
 * 95 % interval of a statistic of groups that hang together within (the steps of an answer): by drawing as many groups with
 * replacement, again and again.
 */
export const groupInterval = <T>(
  groups: readonly T[],
  statistic: (groups: readonly T[]) => number,
  rng: Rng,
): [number, number] => {
  const draws = Array.from({ length: DRAWS }, () => statistic(groups.map(() => rng.pick(groups)))).sort(
    (a, b) => a - b,
  );
  return [draws[Math.floor(0.025 * DRAWS)]!, draws[Math.ceil(0.975 * DRAWS) - 1]!];
};
