import type { PairQuestion, PairSurface, ProbeSide } from '../../../workers/protocol';
import { spaced } from '../../lab/maths';
import type { RunDocument } from '../../train/run-document';
import { quantile } from '../../util/quantile';
import type { PairChange, SideChange, SinceStart } from './since-start';

type Method = RunDocument['method'];
type Answer = PairQuestion['pairs'][number]['chosen'];

/** How far the answers of a pair were pushed apart since the start, in nats. */
export const marginOf = ({ chosen, rejected }: Pick<PairChange, 'chosen' | 'rejected'>): number =>
  chosen.all - rejected.all;

const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** An answer as it was at the first probe of its pass. */
const answerOf = (now: ProbeSide, change: SideChange): Answer => ({
  reference: Math.min(0, total(now.logProb) - change.all),
  tokens: Math.max(1, total(now.tokens)),
});

/** The pair in the middle by how far it was pushed apart. */
const typical = (changes: readonly PairChange[]): PairChange => {
  const order = [...changes].sort((a, b) => marginOf(a) - marginOf(b));
  return order[Math.floor((order.length - 1) / 2)]!;
};

const answersOf = (change: PairChange) => ({
  chosen: answerOf(change.pair.chosen, change.chosen),
  rejected: answerOf(change.pair.rejected, change.rejected),
});

/** Ends of an axis that holds values and zero, with some room. */
const around = (values: readonly number[], least: number): [number, number] => {
  const [low, high] = [Math.min(-least, ...values), Math.max(least, ...values)];
  const spare = 0.06 * (high - low);
  return [low - spare, high + spare];
};

/** The axis of margins that holds these pairs. */
export const marginAxis = (changes: readonly PairChange[]): [low: number, high: number] =>
  around(changes.map(marginOf), 2);

const curvePoints = 49;

/**
 * What to ask a method's loss for the histogram of margins: its push along the axis, on the pair in the middle with its chosen
 * answer where it is now, and on every pair at the start and now.
 */
export const pushQuestion = ({ id, params }: Method, changes: readonly PairChange[]): PairQuestion => {
  const middle = typical(changes);
  return {
    method: id,
    params,
    pairs: [
      {
        ...answersOf(middle),
        at: spaced(...marginAxis(changes), curvePoints).map((z) => [
          middle.chosen.all,
          middle.chosen.all - z,
        ]),
      },
      ...changes.map((change) => ({
        ...answersOf(change),
        at: [[0, 0] as const, [change.chosen.all, change.rejected.all] as const],
      })),
    ],
  };
};

/** How hard a loss widens the margin: the mean of what it pushes the one up and the other down. */
const pushAt = ({ byChosen, byRejected }: PairSurface, i: number): number =>
  (byRejected[i]! - byChosen[i]!) / 2;

/** A method's push along an axis of margins, and on the pairs of a probe. */
export interface Pushes {
  curve: { z: number; push: number }[];
  start: number[];
  now: number[];
  /** Push on all pairs now, as a share of that at the start; undefined where there was none. */
  share: number | undefined;
}

export const pushesOf = (
  changes: readonly PairChange[],
  [along, ...each]: readonly PairSurface[],
): Pushes => {
  const axis = spaced(...marginAxis(changes), curvePoints);
  const start = each.map((surface) => pushAt(surface, 0));
  const now = each.map((surface) => pushAt(surface, 1));
  const [first, last] = [total(start), total(now)];
  return {
    curve: axis.map((z, i) => ({ z, push: pushAt(along!, i) })).filter(({ push }) => Number.isFinite(push)),
    start,
    now,
    share: first > 1e-9 && Number.isFinite(last) ? last / first : undefined,
  };
};

/** Loss over how far both answers of a pair have moved, in nats; NaN where one would be likelier than certain. */
export interface Plane {
  chosen: number[];
  rejected: number[];
  /** A row to each change of the rejected answer. */
  loss: number[][];
}

const planeSide = 17;

/** What to ask for a plane that holds these courses: the loss of the pair in the middle, on a grid. */
export const planeQuestion = (
  { id, params }: Method,
  rows: readonly SinceStart[],
): { question: PairQuestion; plane: Omit<Plane, 'loss'> } => {
  const last = rows.at(-1)!;
  const middle = typical(last.changes);
  const answers = answersOf(middle);
  const axis = (side: 'chosen' | 'rejected') => {
    const [low, high] = around(
      rows.map((row) => row[side].median),
      3,
    );
    return spaced(low, Math.min(high, -answers[side].reference), planeSide);
  };
  const plane = { chosen: axis('chosen'), rejected: axis('rejected') };
  const at = plane.rejected.flatMap((down) => plane.chosen.map((up) => [up, down] as const));
  return { question: { method: id, params, pairs: [{ ...answers, at }] }, plane };
};

export const planeOf = (plane: Omit<Plane, 'loss'>, [surface]: readonly PairSurface[]): Plane => ({
  ...plane,
  loss: plane.rejected.map((_, r) =>
    surface!.loss.slice(r * plane.chosen.length, (r + 1) * plane.chosen.length),
  ),
});

/** Loss at a place of the plane, between its grid points; undefined outside. */
export const lossAt = ({ chosen, rejected, loss }: Plane, up: number, down: number): number | undefined => {
  const place = (axis: readonly number[], value: number) => {
    const at = ((value - axis[0]!) / (axis.at(-1)! - axis[0]!)) * (axis.length - 1);
    const low = Math.min(axis.length - 2, Math.floor(at));
    return at < 0 || at > axis.length - 1 ? undefined : { low, part: at - low };
  };
  const [c, r] = [place(chosen, up), place(rejected, down)];
  if (!c || !r) return undefined;
  const row = (i: number) => loss[i]![c.low]! * (1 - c.part) + loss[i]![c.low + 1]! * c.part;
  const value = row(r.low) * (1 - r.part) + row(r.low + 1) * r.part;
  return Number.isFinite(value) ? value : undefined;
};

/** Losses at which lines are drawn: so that as much of the plane lies between any two. */
export const levelsOf = ({ loss }: Plane, count = 6): number[] => {
  const values = loss.flat().filter(Number.isFinite);
  const levels = Array.from({ length: count }, (_, i) => quantile(values, (i + 1) / (count + 1)));
  return [...new Set(levels)].filter(Number.isFinite);
};
