import gradCode from '../../shaders/kl-grad.wgsl?raw';
import rowsCode from '../../shaders/kl-rows.wgsl?raw';
import type { Tensor1D, Tensor2D } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import { checkSide } from './check-side';
import { dispatch, grid } from './dispatch';
import { linear, linearPlain } from './linear';
import { threads, threadsPerRow } from './log-prob-passes';
import { defineOp, useHost, useShaders } from './op';
import type { RowStatistic, Side } from './streamed-rows';
import { streamedRows } from './streamed-rows';

/** Which distribution the divergence is an expectation under: the first. */
export type Direction = 'policy||reference' | 'reference||policy';

const statistic = (direction: Direction): RowStatistic => {
  const first = direction === 'policy||reference';
  return {
    name: `LinearKl(${direction})`,
    fold: (logits, reference, { rows, width }, into) => {
      const [stats, value] = dispatch({
        label: 'kl rows',
        code: rowsCode,
        constants: { W: threadsPerRow(), CONTINUE: Number(into !== undefined) },
        inputs: first ? [logits, reference!] : [reference!, logits],
        outputs: into
          ? [into.stats, into.value]
          : [
              { shape: [rows, 5], dtype: 'float32' },
              { shape: [rows], dtype: 'float32' },
            ],
        uniforms: [rows, width],
        workgroups: grid(rows),
      });
      return { stats: stats!, value: value! };
    },
    gradient: (logits, reference, { rows, width }, { stats, value, dy }) => {
      const each = threads(rows * width);
      dispatch({
        label: 'kl gradient',
        code: gradCode,
        constants: { FIRST: Number(first) },
        inputs: [reference!, stats, value, dy],
        outputs: [logits],
        uniforms: [rows, width, each.groups],
        workgroups: each.workgroups,
      });
    },
  };
};

const onGpu: Record<Direction, ReturnType<typeof streamedRows>> = {
  'policy||reference': streamedRows(statistic('policy||reference')),
  'reference||policy': streamedRows(statistic('reference||policy')),
};

/** log softmax of one row, in double precision. */
const logSoftmaxRow = (logits: Float32Array, at: number, out: Float64Array) => {
  let top = -Infinity;
  for (let v = 0; v < out.length; v++) top = Math.max(top, logits[at + v]!);
  let sum = 0;
  for (let v = 0; v < out.length; v++) sum += Math.exp(logits[at + v]! - top);
  const logSum = Math.log(sum);
  for (let v = 0; v < out.length; v++) out[v] = logits[at + v]! - top - logSum;
};

/** The divergence from logits as loops over the tensors' own memory. */
const onHost = defineOp<'logits' | 'reference', { direction: Direction }>({
  name: 'KlHost',
  backends: ['wasm', 'cpu'],
  inputs: ['logits', 'reference'],
  forward: ({ logits, reference }, { direction }) => {
    const [R, V] = logits.shape as [number, number];
    const info = makeHostInfo([R]);
    const [out, own, other] = [hostFloats(info), hostFloats(logits), hostFloats(reference)];
    const [logP, logQ] = [new Float64Array(V), new Float64Array(V)];
    for (let r = 0; r < R; r++) {
      const [a, b] = direction === 'policy||reference' ? [own, other] : [other, own];
      logSoftmaxRow(a, r * V, logP);
      logSoftmaxRow(b, r * V, logQ);
      let sum = 0;
      for (let v = 0; v < V; v++) sum += Math.exp(logP[v]!) * (logP[v]! - logQ[v]!);
      out[r] = Math.max(0, sum);
    }
    return [info];
  },
  backward: ([dy], { inputs: { logits, reference } }, { direction }) => ({
    logits: () => {
      const [R, V] = logits.shape as [number, number];
      const info = makeHostInfo([R, V]);
      const [out, own, other, d] = [
        hostFloats(info),
        hostFloats(logits),
        hostFloats(reference),
        hostFloats(dy!),
      ];
      const [logOwn, logOther] = [new Float64Array(V), new Float64Array(V)];
      for (let r = 0; r < R; r++) {
        logSoftmaxRow(own, r * V, logOwn);
        logSoftmaxRow(other, r * V, logOther);
        let kl = 0;
        if (direction === 'policy||reference') {
          for (let v = 0; v < V; v++) kl += Math.exp(logOwn[v]!) * (logOwn[v]! - logOther[v]!);
        }
        for (let v = 0; v < V; v++) {
          const p = Math.exp(logOwn[v]!);
          out[r * V + v] =
            d[r]! *
            (direction === 'policy||reference'
              ? p * (logOwn[v]! - logOther[v]! - kl)
              : p - Math.exp(logOther[v]!));
        }
      }
      return toTensor(info);
    },
    reference: () => tf.zerosLike(reference),
  }),
});

/** The twin in tfjs operations, with both logits in full; differentiated by tfjs. */
export const linearKlPlain = (policy: Side, reference: Side, direction: Direction): Tensor1D => {
  const own = tf.logSoftmax(linearPlain(policy.hidden, policy.head)); // [R, V]
  const other = tf.logSoftmax(linearPlain(reference.hidden, reference.head)); // [R, V]
  const [logP, logQ] = direction === 'policy||reference' ? [own, other] : [other, own];
  return tf.sum(tf.mul(tf.exp(logP), tf.sub(logP, logQ)), 1);
};

/**
 * Exact KL divergence of the next-token distributions of policy and reference at each row, over the whole vocabulary. On our
 * GPU the logits of neither are stored: they exist one chunk of the vocabulary at a time, and are computed again for the gradient.
 * Differentiable in the policy's hidden states and head (unless packed); the reference is constant:
 * dKL(p||q)/dlogit = p (log(p / q) - KL), dKL(q||p)/dlogit = p - q. Sums run in a fixed order; no value is below 0.
 * @param policy hidden [R, d], head [V, d]
 * @param reference hidden [R, d], head [V, d], which may be the policy's own tensors
 * @returns [R]
 * @throws Error when shapes or dtypes do not fit, or there is no row.
 */
export const linearKl = (policy: Side, reference: Side, direction: Direction): Tensor1D => {
  checkSide('linearKl', 'policy', policy);
  checkSide('linearKl', 'reference', reference, [policy.hidden.shape[0], policy.head.shape[0]!]);
  if (useShaders()) return onGpu[direction](policy, reference);
  if (!useHost()) return linearKlPlain(policy, reference, direction);
  const logits = (side: Side): Tensor2D => linear(side.hidden, side.head);
  return onHost({ logits: logits(policy), reference: logits(reference) }, { direction })[0] as Tensor1D;
};
