import code from '../../shaders/greedy-rows.wgsl?raw';
import type { Tensor, Tensor2D } from '../tf';
import { onSoftwareGpu, tf } from '../tf';
import { checkTensor } from './check';
import { grid, run } from './dispatch';
import { useShaders } from './op';

/** The same in tfjs ops. */
export const greedyRowsPlain = (logits: Tensor2D): Tensor2D =>
  tf.tidy(() => {
    const finite = tf.cast(tf.isFinite(logits), 'float32'); // [B, V]
    const bad = tf.where(tf.equal(tf.min(finite, 1), 0), tf.cast(tf.argMin(finite, 1), 'float32'), -1);
    const best: Tensor = tf.cast(tf.argMax(logits, 1), 'float32');
    const logSum = tf.sub(tf.logSumExp(logits, 1), tf.max(logits, 1));
    return tf.stack([best, logSum, bad], 1) as Tensor2D;
  });

/**
 * What choosing the likeliest token needs of each row, so that the logits need not be read back. Not differentiable.
 * @param logits [B, V], V below 2^24
 * @returns [B, 3]: the column of the largest logit, the lowest among equals; the logarithm of the sum of exp(logit -
 *   largest), so that minus this is the token's log-prob; the first column that is NaN or infinite, or -1
 */
export const greedyRows = (logits: Tensor2D): Tensor2D => {
  checkTensor('greedyRows', 'logits', logits, [-1, -1]);
  if (!useShaders()) return greedyRowsPlain(logits);
  const [rows, width] = logits.shape;
  return run({
    label: 'greedyRows',
    code,
    constants: { THREADS: onSoftwareGpu() ? 64 : 256 },
    inputs: [logits],
    outputs: [{ shape: [rows, 3], dtype: 'float32' }],
    uniforms: [rows, width],
    workgroups: grid(rows),
  })[0] as Tensor2D;
};
