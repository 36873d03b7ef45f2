import { sparseMatrix, sparseProduct } from '../../kernels/sparse-product';
import type { Sums } from '../../methods/objective';
import type { Tensor1D } from '../../tf';
import { tf } from '../../tf';
import type { PackedBatch } from '../../tree/packed-batch';
import { lazy } from '../../util/lazy';
import type { StepSums } from './step-sums';
import { range } from './step-sums';

/** What is summed, labelled and scored: the items of one grain. */
interface Item {
  /** Steps that make it up, as a range. */
  stepStart: number;
  stepEnd: number;
  length: number;
  score: number | undefined;
  labels: Record<string, number> | undefined;
  /** For errors. */
  name: string;
}

const lengthOf = ({ entryStart, entryEnd }: { entryStart: number; entryEnd: number }) =>
  entryEnd - entryStart;

const nameOfAnswer = ({ responses, trees }: PackedBatch, index: number) =>
  `answer ${responses[index]!.index} of tree "${trees[responses[index]!.tree]?.id}"`;

/** These answers of the batch; one may stand there twice. */
export const answerItems = (batch: PackedBatch, indices: readonly number[]): Item[] =>
  indices.map((index) => {
    const response = batch.responses[index]!;
    const { stepStart, stepEnd, score, labels } = response;
    return {
      stepStart,
      stepEnd,
      length: lengthOf(response),
      score,
      labels,
      name: nameOfAnswer(batch, index),
    };
  });

/** All steps of the batch. */
export const stepItems = (batch: PackedBatch): Item[] =>
  batch.steps.map((step, s) => ({
    stepStart: s,
    stepEnd: s + 1,
    length: lengthOf(step),
    score: batch.responses[step.response]!.score,
    labels: step.labels,
    name: `step at node ${step.node} of ${nameOfAnswer(batch, step.response)}`,
  }));

/** Sums over items, each computed when it is first read. */
export const sumsOver = (items: readonly Item[], sums: StepSums): Sums => {
  const rows = (factor: (item: Item) => number) =>
    sparseMatrix(
      items.map((item) => range(item.stepStart, item.stepEnd).map((s) => [s, factor(item)] as const)),
      sums.width,
    );
  const constant = (value: (item: Item) => number | undefined, what: string) =>
    tf.tensor1d(
      Float32Array.from(items, (item) => {
        const x = value(item);
        if (x === undefined || Number.isNaN(x)) {
          throw new Error(`The ${item.name} has no ${what}, and the loss reads it.`);
        }
        return x;
      }),
    );
  const sum = lazy(() =>
    sparseProduct(
      rows(() => 1),
      sums.policy,
    ),
  );
  const refSum = lazy(() =>
    sums.reference
      ? sparseProduct(
          rows(() => 1),
          sums.reference,
        )
      : (tf.zeros([items.length]) as Tensor1D),
  );
  const logRatio = lazy(() =>
    sparseProduct(
      rows(() => 1),
      sums.ratio,
    ),
  );
  const length = lazy(() => constant((item) => item.length, 'length'));
  const perToken = (item: Item) => 1 / Math.max(1, item.length);
  const mean = lazy(() => sparseProduct(rows(perToken), sums.policy));
  const meanRatio = lazy(() => sparseProduct(rows(perToken), sums.ratio));
  const score = lazy(() => constant((item) => item.score, 'score'));
  return {
    count: items.length,
    get sum() {
      return sum();
    },
    get refSum() {
      return refSum();
    },
    get logRatio() {
      return logRatio();
    },
    get length() {
      return length();
    },
    get mean() {
      return mean();
    },
    get meanRatio() {
      return meanRatio();
    },
    get score() {
      return score();
    },
    reward: (beta) =>
      sparseProduct(
        rows(() => beta),
        sums.ratio,
      ),
    label: (name) => constant((item) => item.labels?.[name], `label "${name}"`),
    labels: (name) => Float64Array.from(items, (item) => item.labels?.[name] ?? Number.NaN),
  };
};
