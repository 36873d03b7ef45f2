import type { Probe, ProbePair, ProbeSide } from '../../../workers/protocol';
import { quantile } from '../../util/quantile';

/** What a side's log-prob has become since the first probe of its pass, in nats; the three stretches apart. */
export interface SideChange {
  stretches: [before: number, parting: number, after: number];
  all: number;
}

const change = (now: ProbeSide, start: ProbeSide): SideChange => {
  const stretches = now.logProb.map((value, i) => value - start.logProb[i]!) as SideChange['stretches'];
  return { stretches, all: stretches[0] + stretches[1] + stretches[2] };
};

export interface PairChange {
  pair: ProbePair;
  chosen: SideChange;
  rejected: SideChange;
}

/** Every pair of a probe beside the first one of the same pass; undefined where that has other pairs. */
export const changesSince = (probe: Probe, start: Probe): PairChange[] | undefined => {
  if (probe.stage !== start.stage || probe.pairs.length !== start.pairs.length) return undefined;
  return probe.pairs.map((pair, i) => ({
    pair,
    chosen: change(pair.chosen, start.pairs[i]!.chosen),
    rejected: change(pair.rejected, start.pairs[i]!.rejected),
  }));
};

export interface Spread {
  median: number;
  low: number;
  high: number;
  mean: number;
}

/** Median, mean, and the band in which eight of ten pairs lie. */
export const spreadOf = (values: readonly number[]): Spread => ({
  median: quantile(values, 0.5),
  low: quantile(values, 0.1),
  high: quantile(values, 0.9),
  mean: values.reduce((sum, value) => sum + value, 0) / values.length,
});

export interface SinceStart {
  x: number;
  stage: string;
  chosen: Spread;
  rejected: Spread;
  changes: PairChange[];
}

/** The course of the chosen and the rejected answers' log-probs; each pass is measured from its own beginning. */
export const sinceStart = (probes: readonly { x: number; probe: Probe }[]): SinceStart[] => {
  let start: Probe | undefined;
  return probes.flatMap(({ x, probe }) => {
    if (!start || start.stage !== probe.stage) start = probe;
    const changes = changesSince(probe, start);
    if (!changes || changes.length === 0) return [];
    return [
      {
        x,
        stage: probe.stage,
        changes,
        chosen: spreadOf(changes.map(({ chosen }) => chosen.all)),
        rejected: spreadOf(changes.map(({ rejected }) => rejected.all)),
      },
    ];
  });
};
