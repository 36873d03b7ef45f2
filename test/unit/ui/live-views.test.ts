import { expect, it } from 'vitest';
import { contour } from '../../../src/ui/live/contours';
import { lengthFit, lengthPoints } from '../../../src/ui/live/length-data';
import { histogramOf } from '../../../src/ui/live/margins-and-weight';
import {
  levelsOf,
  lossAt,
  marginAxis,
  planeOf,
  planeQuestion,
  pushesOf,
  pushQuestion,
} from '../../../src/ui/live/pair-questions';
import { sinceStart } from '../../../src/ui/live/since-start';
import { stretchesOf } from '../../../src/ui/live/three-stretches';
import { mostDisplaced, whoGotIt } from '../../../src/ui/live/who-got-it-data';
import type { ProbePoint } from '../../../src/ui/state';
import { rankCorrelation, slopeOf } from '../../../src/util/correlation';
import type { PairQuestion, PairSurface, Parting, ProbePair } from '../../../workers/protocol';

const token = (id: number, p: number) => ({ id, text: String(id), p });
/** Token 4 is chosen, 5 rejected; the rest as given. */
const parting = (chosen: number, rejected: number, others: Record<number, number>): Parting => {
  const all = [
    token(4, chosen),
    token(5, rejected),
    ...Object.entries(others).map(([id, p]) => token(Number(id), p)),
  ];
  return {
    after: '384-39=3',
    chosen: all[0]!,
    rejected: all[1]!,
    likeliest: all.sort((a, b) => b.p - a.p),
  };
};
const pair = (chosen: number, rejected: number, more: Partial<ProbePair> = {}): ProbePair => ({
  tree: 0,
  heldOut: false,
  chosen: { logProb: [-1, -2 + chosen, -1], tokens: [3, 1, 2] },
  rejected: { logProb: [-1, -1, -4 + rejected], tokens: [3, 1, 6] },
  ...more,
});
const point = (x: number, pairs: ProbePair[], stage = 'dpo'): ProbePoint => ({
  x,
  probe: { stage, step: x, pairs },
});

it('follows the probability of the next token to whoever got it', () => {
  const quiet = parting(0.5, 0.4, { 2: 0.1 });
  const probes = [
    point(0, [pair(0, 0, { parting: parting(0.9, 0.1, {}) })], 'before'), // an earlier pass
    point(1, [
      pair(0, 0, { parting: quiet }),
      pair(0, 0, { parting: parting(0.2, 0.6, { 3: 0.1 }) }),
      pair(0, 0),
    ]),
    point(5, [
      pair(0, 0, { parting: quiet }),
      pair(0, 0, { parting: parting(0.7, 0.1, { 2: 0.15, 3: 0.05 }) }),
      pair(0, 0),
    ]),
    point(9, [
      pair(0, 0, { parting: quiet }),
      pair(0, 0, { parting: parting(0.01, 0, { 2: 0.94, 3: 0.05 }) }),
      pair(0, 0),
    ]),
  ];
  expect(mostDisplaced(probes)).toBe(1);
  const found = whoGotIt(probes, 1)!;
  expect(found.x).toEqual([1, 5, 9]);
  expect(found.bands.map(({ role, text }) => `${role} ${text}`)).toEqual([
    'chosen 4',
    'rejected 5',
    'gained 2', // 3 has lost
    'rest ',
  ]);
  expect(found.bands[2]!.p).toEqual([0, 0.15, 0.94]);
  for (let i = 0; i < 3; i++) expect(found.bands.reduce((sum, { p }) => sum + p[i]!, 0)).toBeCloseTo(1, 9);
  expect(found.leaders.map(({ role }) => role)).toEqual(['rejected', 'chosen', 'gained']);
  expect(whoGotIt(probes, 2)).toBeUndefined();
  expect(mostDisplaced([point(0, [pair(0, 0)])])).toBe(-1);
});

const changes = sinceStart([
  point(0, [pair(0, 0), pair(0, 0), pair(0, 0)]),
  point(4, [pair(1, -1), pair(0.5, -7), pair(-1, 0)]),
]).at(-1)!.changes;

/** DPO's loss with beta 1, as the engine would answer. */
const answer = ({ pairs }: PairQuestion): PairSurface[] =>
  pairs.map(({ chosen, rejected, at }) => {
    const sure = at.map(([s, t]) => chosen.reference + s > 0 || rejected.reference + t > 0);
    const weight = at.map(([s, t], i) => (sure[i] ? Number.NaN : 1 / (1 + Math.exp(s - t))));
    return {
      loss: weight.map((w) => -Math.log(1 - w)),
      byChosen: weight.map((w) => -w),
      byRejected: weight,
    };
  });

it('asks a loss about the pairs as they were and are, and reads its push', () => {
  const question = pushQuestion({ id: 'dpo', params: { beta: 1 } }, changes);
  // The middle pair by margin (2, 7.5 and -1 nats): its answers as they were, six and ten tokens.
  expect(question.pairs[0]).toMatchObject({
    chosen: { reference: -4, tokens: 6 },
    rejected: { reference: -6, tokens: 10 },
  });
  const [low, high] = marginAxis(changes);
  expect([low < -1, high > 7.5]).toEqual([true, true]);
  const pushes = pushesOf(changes, answer(question));
  expect(pushes.start).toEqual([0.5, 0.5, 0.5]);
  const weights = [2, 7.5, -1].map((z) => 1 / (1 + Math.exp(z)));
  pushes.now.forEach((push, i) => {
    expect(push).toBeCloseTo(weights[i]!, 6);
  });
  expect(pushes.share).toBeCloseTo((weights[0]! + weights[1]! + weights[2]!) / 1.5, 6);
  for (const { z, push } of pushes.curve) expect(push).toBeCloseTo(1 / (1 + Math.exp(z)), 6);
  expect(histogramOf([2, 7.5, -1], [low, high]).reduce((a, b) => a + b)).toBe(3);
});

it('lays a plane around the course, and draws lines on which the loss is the same', () => {
  const rows = sinceStart([point(0, [pair(0, 0)]), point(4, [pair(1, -5)])]);
  const { question, plane } = planeQuestion({ id: 'dpo', params: {} }, rows);
  const full = planeOf(plane, answer(question));
  // A chosen answer of -4 nats cannot gain more than 4.
  expect(full.chosen.at(-1)).toBeLessThanOrEqual(4);
  expect(full.rejected[0]!).toBeLessThan(-5);
  expect(lossAt(full, 0, 0)).toBeCloseTo(Math.LN2, 1);
  expect(lossAt(full, 50, 0)).toBeUndefined();
  const levels = levelsOf(full);
  expect(levels).toEqual([...levels].sort((a, b) => a - b));
  // DPO's lines are those of equal difference.
  const segments = contour(full.chosen, full.rejected, full.loss, Math.log1p(Math.exp(-3)));
  expect(segments.length).toBeGreaterThan(3);
  for (const [x1, y1, x2, y2] of segments) {
    expect(x1 - y1).toBeCloseTo(3, 1);
    expect(x2 - y2).toBeCloseTo(3, 1);
  }
});

it('says where a change was, and whether length goes with it', () => {
  const row = { changes };
  expect(stretchesOf(row, 'chosen').map((x) => Math.round(100 * x))).toEqual([0, 17, 0]);
  expect(stretchesOf(row, 'rejected')[2]).toBeCloseTo(-8 / 3, 9);
  const points = lengthPoints(changes);
  expect(points.map(({ tokens }) => tokens)).toEqual([6, 10, 6, 10, 6, 10]);
  const { slope, rank } = lengthFit(points)!;
  expect(slope).toBeCloseTo((-8 / 3 - 0.5 / 3) / 4, 9);
  expect(rank).toBeLessThan(0);
  expect(lengthFit(points.slice(0, 1))).toBeUndefined();
  expect(rankCorrelation([1, 2, 3, 4], [1, 10, 100, 1000])).toBeCloseTo(1, 9);
  expect(rankCorrelation([1, 2, 2, 3], [3, 2, 2, 1])).toBeCloseTo(-1, 9);
  expect(slopeOf([0, 1, 2], [1, 3, 5])).toBeCloseTo(2, 9);
});
