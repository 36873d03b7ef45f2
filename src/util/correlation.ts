/** Pearson's correlation; undefined where one of the two does not vary. */
export const correlation = (x: readonly number[], y: readonly number[]): number | undefined => {
  const n = x.length;
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / n;
  const [mx, my] = [mean(x), mean(y)];
  const sum = (f: (i: number) => number) => x.reduce((total, _, i) => total + f(i), 0);
  const [vx, vy] = [sum((i) => (x[i]! - mx) ** 2), sum((i) => (y[i]! - my) ** 2)];
  if (n < 2 || vx === 0 || vy === 0) return undefined;
  return sum((i) => (x[i]! - mx) * (y[i]! - my)) / Math.sqrt(vx * vy);
};

/** Places in the order of size, from 1; equal values share the mean of theirs. */
const ranks = (values: readonly number[]): number[] => {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const found = new Array<number>(values.length);
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && values[order[end]!] === values[order[i]!]) end++;
    for (let k = i; k < end; k++) found[order[k]!] = (i + 1 + end) / 2;
    i = end;
  }
  return found;
};

/** Spearman's correlation of ranks; undefined where one of the two does not vary. */
export const rankCorrelation = (x: readonly number[], y: readonly number[]): number | undefined =>
  correlation(ranks(x), ranks(y));

/** Slope of the line of least squares through the points; undefined where x does not vary. */
export const slopeOf = (x: readonly number[], y: readonly number[]): number | undefined => {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const spread = x.reduce((total, value) => total + (value - mx) ** 2, 0);
  if (x.length < 2 || spread === 0) return undefined;
  return x.reduce((total, value, i) => total + (value - mx) * (y[i]! - my), 0) / spread;
};
