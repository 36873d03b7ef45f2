/** Means over few repeats, such as seeds, with Student's intervals. */

/** 97.5 % points of Student's t with 1 to 30 degrees of freedom. */
const POINTS = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** By the first terms of the expansion at the normal's 1.959964 beyond the table; right to the third digit after the point. */
const pointOf = (freedom: number): number => {
  const z = 1.959964;
  return (
    POINTS[freedom - 1] ??
    z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2)
  );
};

export interface MeanInterval {
  count: number;
  mean: number;
  /** 95 % interval of the mean; undefined for a single value, which has none. */
  interval: [number, number] | undefined;
}

/** @throws when there is no value */
export const meanInterval = (values: readonly number[]): MeanInterval => {
  const count = values.length;
  if (count === 0) throw new Error('There is no value to take the mean of.');
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  if (count === 1) return { count, mean, interval: undefined };
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1);
  const half = pointOf(count - 1) * Math.sqrt(variance / count);
  return { count, mean, interval: [mean - half, mean + half] };
};
