/**
 * Logistic regression of two classes, in float64, without libraries: standardised features, an L2 penalty, the whole batch at
 * once by accelerated descent (Nesterov), which ends at the one optimum whatever the seed.
 *
 *   L(w, b) = mean softplus(-y (w . x + b)) + penalty / 2 |w|^2,  y in -1, 1                                 (1)
 */

import { areaUnderCurve } from '../util/area-under-curve';

export interface Probe {
  /** By feature, in the features' own units; towards class 1. */
  weights: Float64Array;
  bias: number;
}

/** Score of a row: above 0 for class 1. */
export const probeScore = ({ weights, bias }: Probe, row: ArrayLike<number>): number => {
  let sum = bias;
  for (let j = 0; j < weights.length; j++) sum += weights[j]! * row[j]!;
  return sum;
};

const iterations = 400;

/** Mean and spread of every feature; a feature that does not vary has spread 1 and so says nothing. */
const spreadOf = (rows: readonly ArrayLike<number>[], width: number) => {
  const [mean, spread] = [new Float64Array(width), new Float64Array(width)];
  for (const row of rows) for (let j = 0; j < width; j++) mean[j]! += row[j]! / rows.length;
  for (const row of rows)
    for (let j = 0; j < width; j++) spread[j]! += (row[j]! - mean[j]!) ** 2 / rows.length;
  return { mean, spread: spread.map((v) => (v > 1e-20 ? Math.sqrt(v) : 1)) };
};

/** Largest eigenvalue of X^T X / n with a column of ones, from below; a step of 1 / (it / 4 + penalty) descends. */
const curvature = (rows: readonly Float64Array[], width: number): number => {
  let v = Float64Array.from({ length: width + 1 }, (_, j) => 1 + (j % 7) / 10);
  let size = 0;
  for (let i = 0; i < 30; i++) {
    const next = new Float64Array(width + 1);
    for (const row of rows) {
      let along = v[width]!;
      for (let j = 0; j < width; j++) along += row[j]! * v[j]!;
      for (let j = 0; j < width; j++) next[j]! += (along * row[j]!) / rows.length;
      next[width]! += along / rows.length;
    }
    size = Math.sqrt(next.reduce((sum, x) => sum + x * x, 0));
    if (size === 0) return 1;
    v = next.map((x) => x / size);
  }
  return 1.1 * size;
};

/**
 * Fits (1).
 * @param rows features, one row a text; @param classes 0 or 1 of each
 * @param penalty on standardised features
 */
export const fitProbe = (
  rows: readonly ArrayLike<number>[],
  classes: readonly number[],
  penalty = 0.01,
): Probe => {
  const width = rows[0]?.length ?? 0;
  const { mean, spread } = spreadOf(rows, width);
  const x = rows.map((row) =>
    Float64Array.from({ length: width }, (_, j) => (row[j]! - mean[j]!) / spread[j]!),
  );
  const rate = 1 / (curvature(x, width) / 4 + penalty);
  let here = new Float64Array(width + 1);
  let ahead = here;
  let pace = 1;
  for (let i = 0; i < iterations; i++) {
    const gradient = new Float64Array(width + 1);
    x.forEach((row, r) => {
      let score = ahead[width]!;
      for (let j = 0; j < width; j++) score += ahead[j]! * row[j]!;
      const slope = (1 / (1 + Math.exp(-score)) - classes[r]!) / x.length;
      for (let j = 0; j < width; j++) gradient[j]! += slope * row[j]!;
      gradient[width]! += slope;
    });
    const point = ahead;
    const next = point.map((w, j) => w - rate * (gradient[j]! + (j < width ? penalty * w : 0)));
    const nextPace = (1 + Math.sqrt(1 + 4 * pace * pace)) / 2;
    const carry = (pace - 1) / nextPace;
    const before = here;
    ahead = next.map((w, j) => w + carry * (w - before[j]!));
    here = next;
    pace = nextPace;
  }
  const weights = Float64Array.from({ length: width }, (_, j) => here[j]! / spread[j]!);
  const bias = here[width]! - weights.reduce((sum, w, j) => sum + w * mean[j]!, 0);
  return { weights, bias };
};

export interface Separability {
  /** Of rows whose group was not trained on. */
  accuracy: number;
  area: number;
  /** Score of each row by the probe that had not seen its group. */
  scores: number[];
}

/**
 * How well a probe tells two classes apart on groups that it has not seen.
 * @param groups of each row, such as its prompt: one group is on one side of every fold
 */
export const crossValidate = (
  rows: readonly ArrayLike<number>[],
  classes: readonly number[],
  groups: readonly string[],
  folds: number,
  penalty?: number,
): Separability => {
  const ids = [...new Set(groups)];
  const foldOf = new Map(ids.map((id, i) => [id, i % folds]));
  const scores = new Array<number>(rows.length).fill(0);
  for (let fold = 0; fold < Math.min(folds, ids.length); fold++) {
    const inside = groups.map((group) => foldOf.get(group) === fold);
    const train = inside.flatMap((own, i) => (own ? [] : [i]));
    const probe = fitProbe(
      train.map((i) => rows[i]!),
      train.map((i) => classes[i]!),
      penalty,
    );
    inside.forEach((own, i) => {
      if (own) scores[i] = probeScore(probe, rows[i]!);
    });
  }
  const right = scores.filter((score, i) => score !== 0 && score > 0 === (classes[i] === 1)).length;
  const ties = scores.filter((score) => score === 0).length;
  return { accuracy: (right + ties / 2) / rows.length, area: areaUnderCurve(scores, classes), scores };
};
