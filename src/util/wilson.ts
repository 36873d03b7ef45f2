/** 95 % Wilson score interval of a share: `hits` of `n` (Wilson, 1927). [0, 1] when n is 0. */
export const wilson = (hits: number, n: number): [number, number] => {
  if (n === 0) return [0, 1];
  const z = 1.959964;
  const p = hits / n;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  // The share itself lies inside, whatever is rounded.
  return [Math.max(0, Math.min(p, middle - half)), Math.min(1, Math.max(p, middle + half))];
};
