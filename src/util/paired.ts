/** P(X <= k) of a binomial of n tosses with chance p. */
const binomialUpTo = (k: number, n: number, p: number): number => {
  if (p <= 0) return 1;
  if (p >= 1) return k >= n ? 1 : 0;
  let term = n * Math.log1p(-p);
  let sum = 0;
  for (let i = 0; i <= k; i++) {
    if (i > 0) term += Math.log((n - i + 1) / i) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(term);
  }
  return Math.min(1, sum);
};

/** The p in 0..1 at which a falling function of p reaches a level. */
const solve = (f: (p: number) => number, level: number): number => {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (f(middle) > level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** Below this many problems that changed sides, the interval is exact. */
const few = 25;

export interface PairedDifference {
  /** Share solved by the second less that by the first. */
  difference: number;
  /** 95 %: McNemar's standard error, or exact (Clopper and Pearson, given how many changed sides) where few did. */
  interval: [number, number];
  gained: number;
  lost: number;
}

/**
 * Two sets of answers to the same problems.
 * @param first 1 for each problem solved, 0 for each that was not
 * @returns undefined where they are not of equally many problems
 */
export const pairedDifference = (first: string, second: string): PairedDifference | undefined => {
  const n = first.length;
  if (n === 0 || second.length !== n) return undefined;
  let [gained, lost] = [0, 0];
  for (let i = 0; i < n; i++) {
    if (first[i] === second[i]) continue;
    if (second[i] === '1') gained++;
    else lost++;
  }
  const changed = gained + lost;
  const difference = (gained - lost) / n;
  if (changed === 0) return { difference, interval: [0, 0], gained, lost };
  if (changed < few) {
    const low = gained === 0 ? 0 : solve((p) => binomialUpTo(gained - 1, changed, p), 0.975);
    const high = gained === changed ? 1 : solve((p) => binomialUpTo(gained, changed, p), 0.025);
    const share = (p: number) => ((2 * p - 1) * changed) / n;
    return { difference, interval: [share(low), share(high)], gained, lost };
  }
  const error = Math.sqrt(changed - (gained - lost) ** 2 / n) / n;
  return { difference, interval: [difference - 1.96 * error, difference + 1.96 * error], gained, lost };
};
