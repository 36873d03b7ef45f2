import { describe, expect, it } from 'vitest';
import { crossValidate, fitProbe, probeScore } from '../../../src/analysis/logistic-probe';
import type { Neuron } from '../../../src/analysis/neuron-groups';
import {
  byCosine,
  contributionOf,
  cumulativeFall,
  groupOf,
  shiftOf,
} from '../../../src/analysis/neuron-groups';
import { planeOf } from '../../../src/analysis/separability';
import { areaUnderCurve } from '../../../src/util/area-under-curve';
import { createRng } from '../../../src/util/rng';

const rng = createRng(11);
const draw = (n: number, width: number) =>
  Array.from({ length: n }, () => Float64Array.from({ length: width }, () => rng.normal()));

describe('the probe', () => {
  it('ends where the gradient of its loss is 0', () => {
    const rows = draw(60, 4).map((row) => row.map((x, j) => (j + 1) * x + j));
    const classes = rows.map((row) => (row[0]! - 0.3 * row[2]! + rng.normal() > 0 ? 1 : 0));
    const penalty = 0.05;
    const { weights, bias } = fitProbe(rows, classes, penalty);
    // Of the standardised weights: w_j sigma_j.
    const n = rows.length;
    const mean = weights.map((_, j) => rows.reduce((sum, row) => sum + row[j]! / n, 0));
    const spread = weights.map((_, j) =>
      Math.sqrt(rows.reduce((sum, row) => sum + (row[j]! - mean[j]!) ** 2 / n, 0)),
    );
    const slopes = rows.map(
      (row, i) => 1 / (1 + Math.exp(-probeScore({ weights, bias }, row))) - classes[i]!,
    );
    expect(slopes.reduce((a, b) => a + b, 0) / n).toBeCloseTo(0, 7);
    weights.forEach((w, j) => {
      const slope = rows.reduce(
        (sum, row, i) => sum + (slopes[i]! * (row[j]! - mean[j]!)) / spread[j]! / n,
        0,
      );
      expect(slope + penalty * w * spread[j]!).toBeCloseTo(0, 7);
    });
  });

  it('a feature that does not vary says nothing', () => {
    const { weights } = fitProbe(
      [
        [1, 7],
        [2, 7],
        [3, 7],
        [4, 7],
      ],
      [0, 0, 1, 1],
    );
    expect(weights[0]).toBeGreaterThan(0.5);
    expect(weights[1]).toBeCloseTo(0, 12);
  });

  it('the area is the share of pairs that are in order, ties counting half', () => {
    const scores = [3, 1, 2, 2, -1, 3];
    const classes = [1, 0, 1, 0, 0, 0];
    let share = 0;
    for (const [i, a] of scores.entries()) {
      for (const [j, b] of scores.entries()) {
        if (classes[i] === 1 && classes[j] === 0) share += (a > b ? 1 : a === b ? 0.5 : 0) / 8;
      }
    }
    expect(areaUnderCurve(scores, classes)).toBeCloseTo(share, 12);
    expect(areaUnderCurve([1, 2], [1, 1])).toBe(0.5);
  });

  it('is judged on groups that it has not seen: what only names the group is worth nothing', () => {
    const groups = Array.from({ length: 80 }, (_, i) => `prompt ${Math.floor(i / 2)}`);
    const classes = groups.map((_, i) => i % 2);
    const telling = classes.map((own) => [own + 0.1 * rng.normal(), rng.normal()]);
    expect(crossValidate(telling, classes, groups, 5)).toMatchObject({ accuracy: 1, area: 1 });
    // One column for each prompt, which marks its chosen side: learned by heart, and never met again.
    const byHeart = classes.map((own, i) =>
      Array.from({ length: 40 }, (_, j) => (own && Math.floor(i / 2) === j ? 1 : 0)),
    );
    const found = crossValidate(byHeart, classes, groups, 5);
    expect(found.accuracy).toBeLessThan(0.65);
    expect(found.scores).toHaveLength(80);
  });
});

describe('groups of neurons', () => {
  const neuron = (cosine: number, before: number, after: number): Neuron => ({
    layer: 0,
    index: 0,
    cosine,
    along: 2 * cosine,
    before,
    after,
  });

  it.each([
    ['TP-', 0.5, 1, 0.2],
    ['TN+', 0.5, -1, -1.5],
    ['AP+', -0.5, 1, 1.5],
    ['AN-', -0.5, -1, -0.2],
    [undefined, 0.5, 1, 1.5], // writes it, and more so
    [undefined, -0.5, 1, 0.5],
    [undefined, -0.5, -0.2, -0.5],
    [undefined, 0.5, -1, -0.5],
    [undefined, 0.5, 1, 1],
    [undefined, 0, 1, 0],
  ] as const)('%s: cosine %f, from %f to %f', (group, cosine, before, after) => {
    const own = neuron(cosine, before, after);
    expect(groupOf(own)).toBe(group);
    expect(contributionOf(own) > 0).toBe(group !== undefined);
  });

  it('falls, rises and shares add up to the change of the projection', () => {
    const neurons = Array.from({ length: 200 }, () => neuron(rng.normal() / 3, rng.normal(), rng.normal()));
    const shift = shiftOf(neurons);
    expect(shift.before - shift.after).toBeCloseTo(shift.gross + shift.raised, 10);
    const { groups } = shift;
    const all = Object.values(groups);
    expect(all.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
    expect(all.reduce((sum, own) => sum + own.neurons, 0)).toBe(Math.round(200 * (1 - shift.wrongWay)));
    const curve = cumulativeFall(neurons);
    expect(curve[0]).toBe(0);
    expect(curve.at(-1)).toBeCloseTo(1, 10);
    for (let i = 2; i < curve.length; i++)
      expect(curve[i]! - curve[i - 1]!).toBeLessThanOrEqual(curve[i - 1]! - curve[i - 2]! + 1e-12);
    expect(byCosine(neurons)[0]!.cosine).toBe(Math.max(...neurons.map(({ cosine }) => cosine)));
    expect(shiftOf([])).toMatchObject({ gross: 0, wrongWay: 0 });
  });
});

it('the plane has the direction as its first axis and the widest spread across it as its second', () => {
  const rows = draw(300, 3).map((row) => Float64Array.of(row[0]!, 5 * row[1]!, 0.1 * row[2]!));
  const [along, across] = planeOf(rows, [2, 0, 0]);
  const mean = rows.reduce((sum, row) => sum + row[0]! / 300, 0);
  expect(along).toEqual(rows.map((row) => expect.closeTo(row[0]! - mean, 9)));
  const spread = (values: readonly number[]) => values.reduce((sum, x) => sum + x * x, 0) / values.length;
  const second = rows.reduce((sum, row) => sum + row[1]! / 300, 0);
  expect(spread(across)).toBeCloseTo(spread(rows.map((row) => row[1]! - second)), 1);
});
