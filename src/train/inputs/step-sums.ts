import { sparseMatrix, sparseProduct } from '../../kernels/sparse-product';
import type { Tensor1D } from '../../tf';
import { tf } from '../../tf';
import type { PackedBatch } from '../../tree/packed-batch';
import { lazy } from '../../util/lazy';

/** Per-step sums of policy and reference: what all coarser grains are sums of. */
export interface StepSums {
  /** S, with padding. */
  readonly width: number;
  readonly policy: Tensor1D; // [S]
  /** Undefined where no reference is read. */
  readonly reference: Tensor1D | undefined; // [S]
  /** policy - reference, subtracted per step, before summing: the ratios are small where the sums are large. */
  readonly ratio: Tensor1D; // [S]
}

export const stepSumsOf = (policy: Tensor1D, reference: () => Tensor1D | undefined): StepSums => {
  const ratio = lazy(() => {
    const ref = reference();
    return ref ? (tf.sub(policy, ref) as Tensor1D) : policy;
  });
  return {
    width: policy.size,
    policy,
    get reference() {
      return reference();
    },
    get ratio() {
      return ratio();
    },
  };
};

/** Indices from start to end. */
export const range = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_, i) => start + i);

/** Weighted sums of constant log-probs per step, in float64, padded to `width`. */
export const constantStepSums = (
  { steps, entries }: PackedBatch,
  width: number,
  logProb: Float32Array,
): Float32Array => {
  const sums = new Float32Array(width);
  steps.forEach(({ entryStart, entryEnd }, s) => {
    let sum = 0;
    for (let m = entryStart; m < entryEnd; m++) sum += entries.weight[m]! * logProb[m]!;
    sums[s] = sum;
  });
  return sums;
};

/**
 * Sums of per-entry values over spans of entries, by a constant matrix: differentiable in plain tfjs operations.
 * @param weight per entry; 1 when left out
 */
export const sumOverEntries = (
  spans: readonly { entryStart: number; entryEnd: number }[],
  count: number,
  weight?: Float32Array,
): ((values: Tensor1D) => Tensor1D) => {
  const matrix = lazy(() =>
    sparseMatrix(
      spans.map(({ entryStart, entryEnd }) =>
        range(entryStart, entryEnd).map((m) => [m, weight ? weight[m]! : 1] as const),
      ),
      count,
    ),
  );
  return (values) => sparseProduct(matrix(), values);
};
