/** Numbers of stored runs, worked out once more: what the page says of them is held against these. */
import type { Evaluation, RunSummary } from '../../../workers/protocol';

export type Ran = Omit<RunSummary, 'evaluations'> & { evaluations: Omit<Evaluation, 'images'>[] };

export const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(half)]! : (sorted[half - 1]! + sorted[half]!) / 2;
};

/** "54.0 %". */
export const pct = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;

/** "+0.3", "−2.1", "0.0". */
export const sgn = (value: number, digits = 1): string => {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value > 0 ? '+' : '−'}${text}`;
};

const answered = ({ evaluations }: Ran) => evaluations.filter(({ problems }) => problems > 0);
export const first = (run: Ran) => answered(run)[0]!;
export const last = (run: Ran) => answered(run).at(-1)!;
export const solved = (run: Ran) => ({ before: pct(first(run).accuracy), now: pct(last(run).accuracy) });

/** The earliest of its best evaluations. */
export const best = (run: Ran) =>
  answered(run).reduce((most, evaluation) => (evaluation.accuracy > most.accuracy ? evaluation : most));

export const measured = (run: Ran, id: string) => {
  const [before, now] = [first(run), last(run)].map(
    ({ measures }) => measures!.find((measure) => measure.id === id)!.value,
  );
  return { before: before!, now: now! };
};

/** Of the last few steps; a batch's loss is not the loss. */
export const late = ({ metrics }: Ran, name = 'loss', steps = 5): number =>
  mean(metrics.slice(-steps).map((row) => row.metrics[name]!));

/** "+7.0 points": problems that the second solves and the first does not, less the other way round. */
export const paired = (one: Ran, other: Ran): string => {
  const [a, b] = [last(one).solved!, last(other).solved!];
  const gained = [...b].map((now, i) => Number(now) - Number(a[i]));
  return `${sgn((100 * sum(gained)) / a.length)} points`;
};

/** Problems wrong before and right now, the other way round, and right both times. */
export const changed = (run: Ran) => {
  const [a, b] = [first(run).solved!, last(run).solved!];
  const count = (pair: string) => [...a].filter((was, i) => was + b[i]! === pair).length;
  return { mended: count('01'), broken: count('10'), both: count('11') };
};

/** Probes of the last pass. */
const probesOf = ({ probes = [] }: Ran) => probes.filter(({ stage }) => stage === probes.at(-1)!.stage);

/** By how many nats each probed pair's answer has moved in each of its three stretches; at the last probe, or another. */
export const stretches = (run: Ran, side: 'chosen' | 'rejected', at = -1): number[][] => {
  const probes = probesOf(run);
  return probes
    .at(at)!
    .pairs.map((pair, i) =>
      pair[side].logProb.map((value, k) => value - probes[0]!.pairs[i]![side].logProb[k]!),
    );
};

/** The same of whole answers, and the median over the pairs. */
export const moves = (run: Ran, side: 'chosen' | 'rejected', at = -1) => stretches(run, side, at).map(sum);
export const moved = (run: Ran, side: 'chosen' | 'rejected', at = -1) => median(moves(run, side, at));
export const apart = (run: Ran, at = -1) => moved(run, 'chosen', at) - moved(run, 'rejected', at);

/** The step of a probe. */
export const probedAt = (run: Ran, at: number): number => probesOf(run).at(at)!.step;

/** Where a token in neither answer gained most: the likeliest one there at the end. */
export const displaced = (run: Ran) => {
  const [start, end] = [probesOf(run)[0]!.pairs, probesOf(run).at(-1)!.pairs];
  const gains = end.flatMap(({ parting }, i) => {
    const before = start[i]?.parting;
    if (!parting || !before) return [];
    const was = (id: number) =>
      [before.chosen, before.rejected, ...before.likeliest].find((token) => token.id === id)?.p ?? 0;
    const others = parting.likeliest.filter(
      ({ id }) => id !== parting.chosen.id && id !== parting.rejected.id,
    );
    return [{ parting, gain: Math.max(0, ...others.map(({ id, p }) => p - was(id))) }];
  });
  return gains.reduce((most, one) => (one.gain > most.gain ? one : most)).parting.likeliest[0]!;
};
