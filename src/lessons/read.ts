/** Numbers of a run as the lessons speak of them. */
import type { Evaluation, Measure } from '../../workers/protocol';
import { percent, signed } from '../ui/format';
import { mendedOf } from '../ui/live/mended';
import { type SinceStart, sinceStart } from '../ui/live/since-start';
import { pairedDifference } from '../util/paired';
import type { Live, LiveRun, Rich } from './lesson';

/** A number of a run, marked as such. */
export const live = (text: string | number): Rich => `{${text}}`;

export const nats = (value: number, digits = 1): Rich => live(signed(value, digits));
export const share = (value: number, digits = 1): Rich => live(percent(value, digits));

/** The run of that name, where it is one run. */
export const runOf = ({ runs }: Live, name: string): LiveRun | undefined => runs[name]?.[0];
export const armsOf = ({ runs }: Live, name: string): readonly LiveRun[] => runs[name] ?? [];

const answered = (run: LiveRun) => run.evaluations.filter(({ evaluation }) => evaluation.problems > 0);

export const firstOf = (run: LiveRun): Evaluation | undefined => answered(run)[0]?.evaluation;
export const lastOf = (run: LiveRun): Evaluation | undefined => answered(run).at(-1)?.evaluation;

/** Held-out accuracy before and now. */
export const solvedOf = (run: LiveRun): { before: number; now: number } | undefined => {
  const [before, now] = [firstOf(run), lastOf(run)];
  return before && now ? { before: before.accuracy, now: now.accuracy } : undefined;
};

/** The best evaluation on the way. */
export const bestOf = (run: LiveRun): { x: number; evaluation: Evaluation } | undefined =>
  answered(run).reduce<{ x: number; evaluation: Evaluation } | undefined>(
    (best, row) => (!best || row.evaluation.accuracy > best.evaluation.accuracy ? row : best),
    undefined,
  );

/** What a world measures of the answers, before and now. */
export const measureOf = (run: LiveRun, id: string): { before: number; now: number } | undefined => {
  const value = (e: Evaluation | undefined) => e?.measures?.find((m) => m.id === id)?.value;
  const [before, now] = [value(firstOf(run)), value(lastOf(run))];
  return before === undefined || now === undefined ? undefined : { before, now };
};

type Ranged = Pick<Measure, 'value' | 'interval'>;

/** The same with its intervals. */
export const rangesOf = (run: LiveRun, id: string): { before: Ranged; now: Ranged } | undefined => {
  const found = (e: Evaluation | undefined) => e?.measures?.find((m) => m.id === id);
  const [before, now] = [found(firstOf(run)), found(lastOf(run))];
  return before && now ? { before, now } : undefined;
};

/** Where the second lies beside the first: more or less only where neither interval reaches the other. */
export const besideOf = (first: Ranged, second: Ranged): 'more' | 'less' | 'open' =>
  second.interval[0] > first.interval[1] ? 'more' : second.interval[1] < first.interval[0] ? 'less' : 'open';

/** Where the probe's pairs have moved to since the start; medians in nats. */
export const movedOf = (run: LiveRun): SinceStart | undefined => {
  const rows = sinceStart(run.probes);
  return rows.length > 1 ? rows.at(-1) : undefined;
};

/** Steps that a loss is averaged over, for a batch's loss is not the loss. */
export const lossSteps = 5;

/** Mean over the last few steps. */
export const metricOf = (run: LiveRun, name: string, steps = lossSteps): number | undefined => {
  const values = run.points.slice(-steps).flatMap(({ metrics }) => metrics[name] ?? []);
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
};

export const mendedIn = (run: LiveRun) => mendedOf(firstOf(run), lastOf(run));

/** The second arm less the first, on the same problems. */
export const pairedOf = (first: LiveRun, second: LiveRun) =>
  pairedDifference(lastOf(first)?.solved ?? '', lastOf(second)?.solved ?? '');

/** "+7.0 points (0.9 to 13.1)". */
export const pairedWords = (first: LiveRun, second: LiveRun): Rich | undefined => {
  const paired = pairedOf(first, second);
  if (!paired) return undefined;
  const [low, high] = paired.interval;
  return `{${signed(100 * paired.difference, 1)}} points ({${signed(100 * low, 1)}} to {${signed(100 * high, 1)}})`;
};

/** Whether the interval of the paired difference leaves out 0, and on which side. */
export const pairedSide = (first: LiveRun, second: LiveRun): 'more' | 'less' | 'open' | undefined => {
  const paired = pairedOf(first, second);
  if (!paired) return undefined;
  if (paired.interval[0] > 0) return 'more';
  return paired.interval[1] < 0 ? 'less' : 'open';
};

/** A move of less than this many nats is called none. */
export const still = 0.1;
export const wentWords = (by: number): string =>
  Math.abs(by) < still ? 'hardly moved' : by > 0 ? 'rose' : 'fell';

/** A token as it can be seen. */
export const shown = (token: string): string => (token === '\n' ? '↵' : token);

/** A share that may be all but nothing. */
export const rare = (value: number): string =>
  value >= 0.0005 || value === 0 ? percent(value) : `under ${percent(0.001)}`;
