/** Means over few repeats, such as seeds, with Student's intervals. */

/** 97.5 % points of Student's t with 1 to 30 degrees of freedom. */
const POINTS = [
  12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814, 2.20099, 2.17881,
  2.16037, 2.14479, 2.13145, 2.11991, 2.10982, 2.10092, 2.09302, 2.08596, 2.07961, 2.07387, 2.06866, 2.0639,
  2.05954, 2.05553, 2.05183, 2.04841, 2.04523, 2.04227,
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
