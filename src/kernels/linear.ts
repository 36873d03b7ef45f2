import type { Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import { checkTensor } from './check';
import { dropout, dropoutPlain } from './dropout';
import { unpackMatrix } from './gather-packed';
import { timesPackedTransposed, timesTransposed, withBias } from './linear-host';
import { linearByShader } from './linear-op';
import { refuseEmpty } from './multiply';
import { useHost, useShaders } from './op';
import type { PackedMatrix } from './packed-matrix';
import { isPacked } from './packed-matrix';

/** A low-rank correction of a weight, W + scale B A (Hu et al., 2021, arXiv 2106.09685). */
export interface Lora {
  a: Tensor2D; // [r, in]
  b: Tensor2D; // [out, r]
  /** alpha / r, or alpha / sqrt(r). */
  scale: number;
  /** Dropout of what A sees; `seed` must be another for each layer and step. */
  dropout?: { rate: number; seed: number };
}

export interface LinearOptions {
  bias?: Tensor1D; // [out]
  residual?: Tensor2D; // [N, out]
  lora?: Lora;
}

type Linear = (x: Tensor2D, w: Tensor2D | PackedMatrix, options?: LinearOptions) => Tensor2D;

/** Bias, residual and LoRA composed around a bare product, for the versions that have no epilogue. */
const compose =
  (
    times: (x: Tensor2D, w: Tensor2D | PackedMatrix) => Tensor2D,
    drop: (x: Tensor2D, rate: number, seed: number) => Tensor2D,
    shift: (y: Tensor2D, bias: Tensor1D) => Tensor2D,
  ): Linear =>
  (x, w, { bias, residual, lora } = {}) => {
    let y = times(x, w);
    if (lora) {
      const seen = lora.dropout ? drop(x, lora.dropout.rate, lora.dropout.seed) : x;
      y = tf.add(y, times(tf.mul(times(seen, lora.a), lora.scale), lora.b));
    }
    if (bias) y = shift(y, bias);
    if (residual) y = tf.add(y, residual);
    return y;
  };

/** The twin of `linear` in tfjs operations, differentiated by tfjs. */
export const linearPlain = compose(
  (x, w) => tf.matMul(x, isPacked(w) ? unpackMatrix(w) : w, false, true),
  dropoutPlain,
  (y, bias) => tf.add(y, bias),
);

const linearOnHost = compose(
  (x, w) => (isPacked(w) ? timesPackedTransposed(x, w) : timesTransposed(x, w)),
  dropout,
  withBias,
);

const check = (x: Tensor2D, w: Tensor2D | PackedMatrix, { bias, residual, lora }: LinearOptions) => {
  checkTensor('linear', 'x', x, [-1, -1]);
  const [out, width] = w.shape;
  if (!isPacked(w)) checkTensor('linear', 'w', w, [-1, x.shape[1]]);
  else if (width !== x.shape[1]) {
    throw new Error(`linear: w must be [*, ${x.shape[1]}], but is ${w.format} [${w.shape.join(', ')}].`);
  }
  if (bias) checkTensor('linear', 'bias', bias, [out]);
  if (residual) checkTensor('linear', 'residual', residual, [x.shape[0], out]);
  if (lora) {
    checkTensor('linear', 'lora.a', lora.a, [-1, width]);
    checkTensor('linear', 'lora.b', lora.b, [out, lora.a.shape[0]]);
    refuseEmpty('linear', lora.a);
  }
  refuseEmpty('linear', x, ...(isPacked(w) ? [] : [w]));
};

/**
 * x W^T (+ bias) (+ residual) (+ scale (x A^T) B^T), with the weight as Hugging Face stores it, plain or packed. A packed
 * weight is unpacked in registers and has no gradient. The low-rank part is added within the same dispatch, unless it has
 * dropout: then x W^T and x' A^T read different inputs, and the sum is composed.
 * @param x [N, in]
 * @param w [out, in]
 * @returns [N, out]
 * @throws Error when shapes or dtypes do not fit, or a matrix is empty.
 */
export const linear: Linear = (x, w, options = {}) => {
  check(x, w, options);
  if (useHost()) return linearOnHost(x, w, options);
  if (!useShaders()) return linearPlain(x, w, options);
  const { lora, ...rest } = options;
  if (!lora?.dropout || lora.dropout.rate === 0) return linearByShader(x, w, options);
  const { a, b, scale } = lora;
  const low = linearByShader(dropout(x, lora.dropout.rate, lora.dropout.seed), a, {});
  return linearByShader(tf.mul(low, scale), b, { residual: linearByShader(x, w, rest) });
};
