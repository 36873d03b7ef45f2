import { sparseMatrix, sparseProduct } from '../../kernels/sparse-product';
import { detach } from '../../methods/maths';
import type { Constant, LossInput, Pairs, Tokens } from '../../methods/objective';
import type { Tensor1D, Tensor2D } from '../../tf';
import { tf } from '../../tf';
import type { PackedBatch } from '../../tree/packed-batch';
import { lazy } from '../../util/lazy';
import type { StepSums } from './step-sums';
import { constantStepSums, range, stepSumsOf, sumOverEntries } from './step-sums';
import { answerItems, stepItems, sumsOver } from './sums';

/** What the policy gives on a batch: always log-probs, the rest where the objective reads it. */
export interface PolicyScores {
  logProb: Tensor1D; // [M]
  /** Weighted masked sum per step, from the fused kernel. */
  stepSum: Tensor1D; // [S], maybe padded
  stop?: Tensor1D; // [M]
  kl?: Tensor1D; // [M]
  squares?: Tensor1D; // [M]
  head?: Tensor1D; // [M], [S] or [P]
  hidden?: Tensor2D; // [S, d]
}

const checkLength = (batch: PackedBatch, length: number, name: string) => {
  if (length !== batch.entries.count) {
    throw new Error(
      `${name} has ${length} values and the batch has ${batch.entries.count} entries; both must come from the same packing.`,
    );
  }
};

const tokensOf = (batch: PackedBatch, logProb: Tensor1D, reference: () => Tensor1D): Tokens => {
  const { entries, steps, responses } = batch;
  const answerOf = lazy(() => entries.step.map((s) => (s < 0 ? -1 : steps[s]!.response)));
  return {
    count: entries.count,
    used: entries.used,
    logProb,
    get refLogProb() {
      return reference();
    },
    weight: entries.weight,
    stepOf: entries.step,
    get answerOf() {
      return answerOf();
    },
    ids: entries.target,
    sumPerStep: sumOverEntries(steps, entries.count),
    sumPerAnswer: sumOverEntries(responses, entries.count),
  };
};

const pairsOf = (batch: PackedBatch, sums: StepSums): Pairs => {
  const { comparisons, responses } = batch;
  // An empty tensor is an invalid buffer on the GPU, and a zero would pass for a reward.
  const compared = () => {
    if (comparisons.length > 0) return comparisons;
    throw new Error(
      'The batch has no comparison, and the loss reads one; this method needs trees with comparisons.',
    );
  };
  const side = (of: 'chosen' | 'rejected') =>
    lazy(() =>
      sumsOver(
        answerItems(
          batch,
          compared().map((c) => c[of]),
        ),
        sums,
      ),
    );
  const [chosen, rejected] = [side('chosen'), side('rejected')];
  /** One row a comparison: `factor` on what the chosen answer has, its negative on what the rejected one has. */
  const difference = (factor: number, own: (response: number) => number[], width: number) =>
    sparseMatrix(
      compared().map((c) => [
        ...own(c.chosen).map((i) => [i, factor] as const),
        ...own(c.rejected).map((i) => [i, -factor] as const),
      ]),
      width,
    );
  const stepsOf = (r: number) => range(responses[r]!.stepStart, responses[r]!.stepEnd);
  return {
    count: comparisons.length,
    items: comparisons,
    get chosen() {
      return chosen();
    },
    get rejected() {
      return rejected();
    },
    margin: (beta) => sparseProduct(difference(beta, stepsOf, sums.width), sums.ratio),
    difference: (perAnswer) =>
      sparseProduct(
        difference(1, (r) => [r], perAnswer.size),
        perAnswer,
      ),
  };
};

const listsOf = ({ trees, responses, comparisons }: PackedBatch) => {
  const items = trees.map((): number[] => []);
  const own = trees.map((): PackedBatch['comparisons'] => []);
  responses.forEach(({ tree }, r) => void items[tree]!.push(r));
  for (const comparison of comparisons) own[responses[comparison.chosen]!.tree]!.push(comparison);
  return { count: trees.length, items, comparisons: own };
};

const constantOf = (host: Float32Array): Constant => {
  const tensor = lazy(() => tf.tensor1d(host));
  return {
    host,
    get tensor() {
      return tensor();
    },
  };
};

/**
 * What an objective reads, built from the policy's per-step sums and the numbers of frozen models. The fields are lazy: each
 * is computed on first reading and then kept. All of them belong to the tidy scope that is open then.
 *
 * @param scores `stepSum` already carries the batch's weights
 * @param constants by name, on the host; `reference` [M] is the reference's log-probs
 */
export const lossInput = (
  batch: PackedBatch,
  scores: PolicyScores,
  constants: Readonly<Record<string, Float32Array>>,
): LossInput => {
  const { reference, ...named } = constants;
  const { logProb, stepSum, ...further } = scores;
  checkLength(batch, logProb.size, 'logProb');
  if (reference) checkLength(batch, reference.length, 'reference');
  if (stepSum.size < batch.steps.length) {
    throw new Error(`stepSum has ${stepSum.size} values and the batch has ${batch.steps.length} steps.`);
  }
  const refLogProb = lazy(() => tf.tensor1d(reference ?? new Float32Array(batch.entries.count)));
  const tokens = tokensOf(batch, logProb, refLogProb);
  const lists = lazy(() => listsOf(batch));
  const shared = {
    batch,
    tokens,
    constants: Object.fromEntries(Object.entries(named).map(([name, host]) => [name, constantOf(host)])),
    ...further,
  };

  const over = (sums: StepSums): LossInput => {
    const steps = lazy(() => sumsOver(stepItems(batch), sums));
    const answers = lazy(() => sumsOver(answerItems(batch, range(0, batch.responses.length)), sums));
    return {
      ...shared,
      pairs: pairsOf(batch, sums),
      get steps() {
        return steps();
      },
      get answers() {
        return answers();
      },
      get lists() {
        return lists();
      },
      reweigh: (weight) => {
        const fixed = detach(weight);
        const weighed = (values: Tensor1D) => tokens.sumPerStep(tf.mul(fixed, values));
        return over(
          stepSumsOf(
            weighed(logProb),
            lazy(() => (reference ? weighed(refLogProb()) : undefined)),
          ),
        );
      },
    };
  };
  const refSteps = lazy(() => reference && tf.tensor1d(constantStepSums(batch, stepSum.size, reference)));
  return over(stepSumsOf(stepSum, refSteps));
};

/**
 * Policy scores from given log-probs: the credit view and the calculator take the loss's derivative by each log-prob
 * through them. Meant for one or a few trees.
 * @param logProb [M]
 */
export const scoresFromLogProb = (batch: PackedBatch, logProb: Tensor1D): PolicyScores => {
  checkLength(batch, logProb.size, 'logProb');
  const { count, weight } = batch.entries;
  return { logProb, stepSum: sumOverEntries(batch.steps, count, weight)(logProb) };
};
