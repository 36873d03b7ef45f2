import type { LossInput, Scores, Side } from '../methods/method';
import type { Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import type { PackedBatch } from '../tree/packed-batch';

/** Computes once, at the first call. */
const lazy = <T>(make: () => T): (() => T) => {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/**
 * A constant [rows, S] matrix that sums steps: row i has the given factor on the steps of its responses. A product with a small
 * dense matrix is one dispatch forward and one backward, where a gather or a segment sum has no gradient on every
 * backend.
 */
const selection = (
  batch: PackedBatch,
  width: number,
  rows: readonly (readonly [number, number])[][],
): Tensor2D => {
  const values = new Float32Array(rows.length * width);
  rows.forEach((parts, i) => {
    for (const [response, factor] of parts) {
      const { stepStart, stepEnd } = batch.responses[response]!;
      // Added, not set: a comparison of a response with itself has to cancel.
      for (let s = stepStart; s < stepEnd; s++) values[i * width + s]! += factor;
    }
  });
  return tf.tensor2d(values, [rows.length, width]);
};

/** matrix [n, k] times vector [k]. */
const product = (matrix: Tensor2D, vector: Tensor1D): Tensor1D =>
  tf.reshape(tf.matMul(matrix, tf.reshape(vector, [vector.size, 1])), [matrix.shape[0]]);

/** Weighted sums of constant log-probs per step, in float64. */
const constantStepSums = (batch: PackedBatch, width: number, logProb: Float32Array, weight: Float32Array) => {
  const sums = new Float64Array(width);
  batch.steps.forEach(({ entryStart, entryEnd }, s) => {
    let sum = 0;
    for (let m = entryStart; m < entryEnd; m++) sum += weight[m]! * logProb[m]!;
    sums[s] = sum;
  });
  return sums;
};

const checkLength = (batch: PackedBatch, values: ArrayLike<number>, name: string) => {
  if (values.length !== batch.entries.count) {
    throw new Error(
      `${name} has ${values.length} values and the batch has ${batch.entries.count} entries; both must come from the same packing.`,
    );
  }
};

/**
 * What a method's loss reads, built from the per-step sums of the policy and the constant log-probs of the reference.
 *
 * The fields are lazy: each is computed on first reading and then kept, so a loss pays only for those it names. All
 * of them belong to the tidy scope that is open then; do not spread the object, and do not use it after that scope.
 * When the batch has no comparison, reading a field of `chosen` or `rejected`, or `margin`, throws: an empty tensor
 * is an invalid buffer on the GPU, and a zero would pass for a reward.
 *
 * @param policy logProb [M], stepSum [S]; stepSum already carries `weight`
 * @param referenceLogProb [M], or undefined for a method without a reference: then refSum is zero
 * @param weight c_t [M], the same that went into `policy.stepSum`
 */
export const lossInput = (
  batch: PackedBatch,
  policy: Scores,
  referenceLogProb: Float32Array | undefined,
  weight: Float32Array,
): LossInput => {
  checkLength(batch, weight, 'weight');
  if (referenceLogProb) checkLength(batch, referenceLogProb, 'referenceLogProb');
  const width = policy.stepSum.size;
  if (width < batch.steps.length) {
    throw new Error(`stepSum has ${width} values and the batch has ${batch.steps.length} steps.`);
  }
  const refSteps = referenceLogProb && constantStepSums(batch, width, referenceLogProb, weight);
  const refSum = (response: number): number => {
    if (!refSteps) return 0;
    const { stepStart, stepEnd } = batch.responses[response]!;
    let sum = 0;
    for (let s = stepStart; s < stepEnd; s++) sum += refSteps[s]!;
    return sum;
  };
  const length = (response: number): number => {
    const { entryStart, entryEnd } = batch.responses[response]!;
    return entryEnd - entryStart;
  };

  // Subtracted per step, before summing: the ratios are small where the sums are large.
  const stepRatio = lazy(
    (): Tensor1D =>
      refSteps ? tf.sub(policy.stepSum, tf.tensor1d(Float32Array.from(refSteps))) : policy.stepSum,
  ); // [S]
  const sums = (rows: [number, number][][], vector: Tensor1D) =>
    product(selection(batch, width, rows), vector);
  const constant = (responses: readonly number[], value: (response: number) => number) =>
    tf.tensor1d(Float32Array.from(responses, value));

  const comparisons = () => {
    if (batch.comparisons.length === 0) {
      throw new Error(
        'The batch has no comparison, and the loss reads one; this method needs trees with comparisons.',
      );
    }
    return batch.comparisons;
  };
  const side = (of: 'chosen' | 'rejected'): Side => {
    const responses = () => comparisons().map((c) => c[of]);
    const rows = () => responses().map((r): [number, number][] => [[r, 1]]);
    const sum = lazy(() => sums(rows(), policy.stepSum));
    const ref = lazy(() => constant(responses(), refSum));
    const logRatio = lazy(() => sums(rows(), stepRatio()));
    const lengths = lazy(() => constant(responses(), length));
    return {
      get sum() {
        return sum();
      },
      get refSum() {
        return ref();
      },
      get logRatio() {
        return logRatio();
      },
      get length() {
        return lengths();
      },
      reward: (beta) =>
        sums(
          responses().map((r) => [[r, beta]]),
          stepRatio(),
        ),
    };
  };
  const everyResponse = batch.responses.map((_, i) => i);
  const responseSum = lazy(() =>
    sums(
      everyResponse.map((r) => [[r, 1]]),
      policy.stepSum,
    ),
  );
  const responseRef = lazy(() => constant(everyResponse, refSum));
  const responseLength = lazy(() => constant(everyResponse, length));
  const margin = (beta: number) =>
    sums(
      comparisons().map(({ chosen, rejected }) => [
        [chosen, beta],
        [rejected, -beta],
      ]),
      stepRatio(),
    );
  const reference = lazy(() =>
    referenceLogProb && refSteps
      ? { logProb: tf.tensor1d(referenceLogProb), stepSum: tf.tensor1d(Float32Array.from(refSteps)) }
      : undefined,
  );
  return {
    batch,
    policy,
    get reference() {
      return reference();
    },
    chosen: side('chosen'),
    rejected: side('rejected'),
    margin,
    responses: {
      get sum() {
        return responseSum();
      },
      get refSum() {
        return responseRef();
      },
      get length() {
        return responseLength();
      },
    },
  };
};

/**
 * Scores from given log-probs, by a constant [S, M] matrix of weights: differentiable in plain tfjs ops. The credit
 * view takes the loss's derivative by each log-prob through it; meant for one or a few trees.
 * @param logProb [M]
 * @param weight c_t [M]
 */
export const scoresFromLogProb = (batch: PackedBatch, logProb: Tensor1D, weight: Float32Array): Scores => {
  checkLength(batch, weight, 'weight');
  const count = batch.entries.count;
  const values = new Float32Array(batch.steps.length * count);
  batch.steps.forEach(({ entryStart, entryEnd }, s) => {
    for (let m = entryStart; m < entryEnd; m++) values[s * count + m] = weight[m]!;
  });
  return { logProb, stepSum: product(tf.tensor2d(values, [batch.steps.length, count]), logProb) };
};
