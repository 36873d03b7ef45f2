import gradCode from '../../shaders/squares-grad.wgsl?raw';
import rowsCode from '../../shaders/squares-rows.wgsl?raw';
import type { Tensor1D } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import { checkSide } from './check-side';
import { dispatch, grid } from './dispatch';
import { linear, linearPlain } from './linear';
import { threads, threadsPerRow } from './log-prob-passes';
import { defineOp, useHost, useShaders } from './op';
import type { Side } from './streamed-rows';
import { streamedRows } from './streamed-rows';

const onGpu = streamedRows({
  name: 'LinearSquares',
  fold: (logits, _reference, { rows, width }, into) => {
    const [stats, value] = dispatch({
      label: 'squares rows',
      code: rowsCode,
      constants: { W: threadsPerRow(), CONTINUE: Number(into !== undefined) },
      inputs: [logits],
      outputs: into
        ? [into.stats, into.value]
        : [
            { shape: [rows, 3], dtype: 'float32' },
            { shape: [rows], dtype: 'float32' },
          ],
      uniforms: [rows, width],
      workgroups: grid(rows),
    });
    return { stats: stats!, value: value! };
  },
  gradient: (logits, _reference, { rows, width }, { stats, dy }) => {
    const each = threads(rows * width);
    dispatch({
      label: 'squares gradient',
      code: gradCode,
      inputs: [stats, dy],
      outputs: [logits],
      uniforms: [rows, width, each.groups],
      workgroups: each.workgroups,
    });
  },
});

/** max, sum of e^(x - max) and sum of e^(2 (x - max)) of one row, in double precision. */
const sumsOfRow = (logits: Float32Array, at: number, V: number) => {
  let top = -Infinity;
  for (let v = 0; v < V; v++) top = Math.max(top, logits[at + v]!);
  let [sum, squared] = [0, 0];
  for (let v = 0; v < V; v++) {
    const e = Math.exp(logits[at + v]! - top);
    sum += e;
    squared += e * e;
  }
  return { top, sum, squared };
};

/** The same from logits as loops over the tensors' own memory. */
const onHost = defineOp<'logits'>({
  name: 'SquaresHost',
  backends: ['wasm', 'cpu'],
  inputs: ['logits'],
  forward: ({ logits }) => {
    const [R, V] = logits.shape as [number, number];
    const info = makeHostInfo([R]);
    const [out, x] = [hostFloats(info), hostFloats(logits)];
    for (let r = 0; r < R; r++) {
      const { sum, squared } = sumsOfRow(x, r * V, V);
      out[r] = Math.log(squared) - 2 * Math.log(sum);
    }
    return [info];
  },
  backward: ([dy], { inputs: { logits } }) => ({
    logits: () => {
      const [R, V] = logits.shape as [number, number];
      const info = makeHostInfo([R, V]);
      const [out, x, d] = [hostFloats(info), hostFloats(logits), hostFloats(dy!)];
      for (let r = 0; r < R; r++) {
        const { top, sum, squared } = sumsOfRow(x, r * V, V);
        for (let v = 0; v < V; v++) {
          const e = Math.exp(x[r * V + v]! - top);
          out[r * V + v] = 2 * d[r]! * ((e * e) / squared - e / sum);
        }
      }
      return toTensor(info);
    },
  }),
});

/** The twin in tfjs operations, with the logits in full; differentiated by tfjs. */
export const linearSquaresPlain = ({ hidden, head }: Side): Tensor1D => {
  const logits = linearPlain(hidden, head); // [R, V]
  return tf.sub(tf.logSumExp(tf.mul(logits, 2), 1), tf.mul(tf.logSumExp(logits, 1), 2));
};

/**
 * log of the sum of squared next-token probabilities at each row, over the whole vocabulary: 0 where one token is certain,
 * -log V where all are alike. On our GPU the logits are not stored, see `linearKl`. Differentiable in the hidden states and the
 * head (unless packed).
 * @param side hidden [R, d], head [V, d]
 * @returns [R]
 * @throws Error when shapes or dtypes do not fit, or there is no row.
 */
export const linearSquares = (side: Side): Tensor1D => {
  checkSide('linearSquares', 'policy', side);
  if (useShaders()) return onGpu(side);
  if (!useHost()) return linearSquaresPlain(side);
  return onHost({ logits: linear(side.hidden, side.head) }, {})[0] as Tensor1D;
};
