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
