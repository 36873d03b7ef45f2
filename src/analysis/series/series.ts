import type { Evaluation } from '../../../workers/protocol';
import type { Trainer } from '../../create-trainer';
import type { LabCard, LabFigure, LabResult } from '../../lab/lab';
import type { RunDocument } from '../../train/run-document';
import { meanInterval } from '../../util/mean-interval';

/** A change of a run document: a field by its path. */
export interface Change {
  path: string[];
  value: unknown;
}

/** One of the runs that a series compares. */
export interface Arm {
  id: string;
  label: string;
  method: string;
  set: readonly Change[];
}

/** A run of a series, trained and looked into. */
export interface ArmResult {
  arm: string;
  seed: number;
  /** Training alone. */
  seconds: number;
  /** Mean loss of the last ten steps. */
  loss: number;
  before: Evaluation | undefined;
  after: Evaluation | undefined;
  analysis: LabResult;
}

/** An analysis over several runs: which, what is found out about each, and what that says together. */
export interface Series extends Omit<LabCard, 'params'> {
  arms: readonly Arm[];
  /** Id of the analysis of each run. */
  analysis: string;
  /** Further numbers of a run, from all that is known of it. */
  derive?(numbers: Readonly<Record<string, number>>): Record<string, number>;
  /** Seeds where nothing else is asked for. */
  seeds: number;
  summarise(rows: readonly ArmResult[]): { says: string[]; figures: LabFigure[] };
}

export interface Interval {
  mean: number;
  low: number;
  high: number;
  each: number[];
}

export interface SeriesResult {
  says: readonly string[];
  /** By arm and name, over the seeds: what the analysis gives, `loss`, and the world's measures after training. */
  numbers: Readonly<Record<string, Interval>>;
  figures: readonly LabFigure[];
  rows: readonly (Omit<ArmResult, 'analysis'> & { numbers: LabResult['numbers'] })[];
}

/** Everything that is known of a run after training, by name. */
export const numbersOf = ({ analysis, loss, before, after }: ArmResult): Record<string, number> => ({
  ...analysis.numbers,
  loss,
  ...(before && { 'before/accuracy': before.accuracy }),
  ...(after && { accuracy: after.accuracy }),
  ...Object.fromEntries((before?.measures ?? []).map(({ id, value }) => [`before/${id}`, value])),
  ...Object.fromEntries((after?.measures ?? []).map(({ id, value }) => [id, value])),
});

/** A number of an arm over its seeds. */
export const over = (rows: readonly ArmResult[], arm: string, name: string): Interval | undefined => {
  const each = rows.filter((row) => row.arm === arm).map((row) => numbersOf(row)[name]);
  const known = each.filter((value): value is number => value !== undefined);
  return known.length === 0 ? undefined : { ...meanInterval(known), each: known };
};

/** A number of an arm less that of another, seed by seed. */
export const paired = (
  rows: readonly ArmResult[],
  [arm, other]: readonly [string, string],
  name: string,
): Interval | undefined => {
  const [a, b] = [over(rows, arm, name), over(rows, other, name)];
  if (!a || a.each.length !== b?.each.length) return undefined;
  const each = a.each.map((value, i) => value - b.each[i]!);
  return { ...meanInterval(each), each };
};

/** Changes one after another; of two of one field the later stands. */
export const changesOf = (...lists: readonly (readonly Change[])[]): Change[] => [
  ...new Map(lists.flat().map((change) => [change.path.join('.'), change])).values(),
];

interface SeriesHooks {
  /** The document of a method's defaults with changes, checked. */
  documentOf(method: string, set: readonly Change[]): RunDocument;
  /** Told what is done at the moment. */
  tell?(what: string, done: number, total: number): void;
  signal?: AbortSignal;
}

/**
 * Trains and analyses every arm with every seed, one after another. The runs are not kept.
 * @param params of the analysis
 * @param set changes of every arm's document, after its own
 * @throws what a run or its analysis throws; the signal's reason when aborted
 */
export const runSeries = async (
  trainer: Trainer,
  series: Series,
  {
    seed,
    seeds,
    params,
    set,
  }: { seed: number; seeds: number; params: Record<string, unknown>; set: readonly Change[] },
  { documentOf, tell = () => {}, signal }: SeriesHooks,
): Promise<SeriesResult> => {
  const rows: ArmResult[] = [];
  const total = seeds * series.arms.length;
  for (let s = seed; s < seed + seeds; s++) {
    for (const arm of series.arms) {
      signal?.throwIfAborted();
      tell(`${arm.label}, seed ${s}`, rows.length, total);
      const document = documentOf(arm.method, changesOf(arm.set, set, [{ path: ['seed'], value: s }]));
      const began = performance.now();
      const { status, metrics, before, after } = await trainer.train(document, { ...(signal && { signal }) });
      const seconds = (performance.now() - began) / 1000;
      signal?.throwIfAborted();
      const losses = metrics.slice(-10).map((row) => row.metrics['loss'] ?? Number.NaN);
      const analysis = await trainer.analyse(series.analysis, params, s);
      const row = {
        arm: arm.id,
        seed: s,
        seconds,
        loss: losses.reduce((a, b) => a + b, 0) / losses.length,
        before,
        after,
        analysis,
      };
      const further = series.derive?.(numbersOf(row));
      rows.push({ ...row, analysis: { ...analysis, numbers: { ...analysis.numbers, ...further } } });
      await trainer.deleteRun(status.runId);
    }
  }
  tell('', total, total);
  const names = new Set(rows.flatMap((row) => Object.keys(numbersOf(row))));
  const numbers: Record<string, Interval> = {};
  for (const { id } of series.arms) {
    for (const name of names) {
      const found = over(rows, id, name);
      if (found) numbers[series.arms.length > 1 ? `${id}/${name}` : name] = found;
    }
  }
  return {
    ...series.summarise(rows),
    numbers,
    rows: rows.map(({ analysis, ...row }) => ({ ...row, numbers: analysis.numbers })),
  };
};
