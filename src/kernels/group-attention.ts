import code from '../../shaders/group-attention.wgsl?raw';
import gradCode from '../../shaders/group-attention-grad.wgsl?raw';
import type { Tensor, Tensor2D, TensorInfo } from '../tf';
import { gpu, hostFloats, makeHostInfo, tf, toTensor, wasmMemory } from '../tf';
import { checkTensor } from './check';
import { dispatch, f32, grid } from './dispatch';
import { elementLoops, elements } from './elements';
import { fitToHeadSize } from './fit-to-head-size';
import { attendGroups, attendGroupsGrad } from './group-attention-host';
import { attendGroupsGradWithSimd, attendGroupsWithSimd } from './group-attention-simd';
import { groupParts } from './group-parts';
import { defineOp, useHost, useShaders } from './op';
import { simdRows } from './simd-rows';

export interface GroupedHeads {
  heads: number;
  /** Rows of a group. */
  span: number;
}

/** @param dots products of length D per pair of rows and head */
const attendInParts = (
  label: string,
  text: string,
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
  { heads, span }: GroupedHeads,
  dots: number,
) => {
  const [rows, wide] = inputs[0]!.shape as [number, number];
  const size = wide / 3 / heads;
  const groups = Math.ceil((rows * heads) / 64);
  for (const { first, count, work } of groupParts(groups, 2 * dots * rows * span * heads * size)) {
    dispatch({
      label,
      code: fitToHeadSize(text, size),
      inputs,
      outputs,
      uniforms: [rows, heads, span, f32(1 / Math.sqrt(size)), first],
      workgroups: grid(count),
      work,
    });
  }
};

const infoOf = (shape: number[]): TensorInfo => gpu().makeTensorInfo(shape, 'float32');

const attentionOp = defineOp<'qkv', GroupedHeads>({
  name: 'GroupAttention',
  inputs: ['qkv'],
  forward: ({ qkv }, attrs) => {
    const [rows, wide] = qkv.shape as [number, number];
    const outputs = [infoOf([rows, wide / 3]), infoOf([rows, attrs.heads])];
    attendInParts('groupAttention', code, [qkv], outputs, attrs, 2);
    return outputs;
  },
  saveOutputs: [0, 1],
  backward: ([dy], { inputs: { qkv }, outputs: [out, lse] }, attrs) => ({
    qkv: () => {
      const dQkv = toTensor(infoOf(qkv.shape));
      attendInParts('groupAttention gradient', gradCode, [qkv, out!, lse!, dy!], [dQkv], attrs, 8);
      return dQkv;
    },
  }),
});

type Four = [Float32Array, Float32Array, Float32Array, Float32Array];

const attentionHost = defineOp<'qkv', GroupedHeads>({
  name: 'GroupAttentionHost',
  backends: ['wasm', 'cpu'],
  inputs: ['qkv'],
  forward: ({ qkv }, { heads, span }) => {
    const [rows, wide] = qkv.shape as [number, number];
    const outputs = [makeHostInfo([rows, wide / 3]), makeHostInfo([rows, heads * span])];
    const shape = { rows, heads, span, size: wide / 3 / heads };
    const memory = wasmMemory();
    const simd = simdRows(shape.size, memory);
    // In tfjs's own memory the list of keys needs a place there too.
    const list = memory && toTensor(makeHostInfo([span]));
    const [out, weights] = outputs.map(hostFloats) as [Float32Array, Float32Array];
    const keys = list ? hostFloats(list) : new Float32Array(span);
    if (simd) {
      const walks = memory ? elements() : elementLoops;
      attendGroupsWithSimd(simd, shape, walks.softmax, { qkv: hostFloats(qkv), out, weights, keys });
    } else attendGroups(shape, hostFloats(qkv), out, weights);
    list?.dispose();
    return outputs;
  },
  saveOutputs: [1],
  backward: ([dy], { inputs: { qkv }, outputs: [, weights] }, { heads, span }) => ({
    qkv: () => {
      const [rows, wide] = qkv.shape as [number, number];
      const dQkv = makeHostInfo(qkv.shape);
      const shape = { rows, heads, span, size: wide / 3 / heads };
      const given = [qkv, weights!, dy!, dQkv].map(hostFloats) as Four;
      const simd = simdRows(shape.size);
      if (simd) attendGroupsGradWithSimd(simd, shape, ...given);
      else attendGroupsGrad(shape, ...given);
      return toTensor(dQkv);
    },
  }),
});

/** The same in tfjs ops: a batch of products, one for each group and head. */
export const groupAttentionPlain = (qkv: Tensor2D, { heads, span }: GroupedHeads): Tensor2D =>
  tf.tidy(() => {
    const [rows, wide] = qkv.shape;
    const [width, groups] = [wide / 3, rows / span];
    const size = width / heads;
    const part = (i: number): Tensor =>
      tf.transpose(
        tf.reshape(tf.slice(qkv, [0, i * width], [rows, width]), [groups, span, heads, size]),
        [0, 2, 1, 3],
      );
    const [q, k, v] = [part(0), part(1), part(2)]; // [groups, heads, span, size]
    const weights = tf.softmax(tf.mul(tf.matMul(q!, k!, false, true), 1 / Math.sqrt(size)));
    return tf.reshape(tf.transpose(tf.matMul(weights, v!), [0, 2, 1, 3]), [rows, width]);
  });

/**
 * Attention without a causal rule within groups of rows of one length, such as the patches of an image: softmax(q k^T /
 * sqrt(D)) v, where every row sees its whole group.
 * @param qkv [N, 3 H D], queries, keys and values side by side, D even; N a multiple of span
 * @returns [N, H D]
 */
export const groupAttention = (qkv: Tensor2D, { heads, span }: GroupedHeads): Tensor2D => {
  checkTensor('groupAttention', 'qkv', qkv, [-1, -1]);
  const [rows, wide] = qkv.shape;
  const size = wide / 3 / heads;
  if (!Number.isInteger(size) || size % 2 !== 0) {
    throw new Error(
      `groupAttention: qkv has ${wide} columns, which do not make ${heads} heads of an even size three times.`,
    );
  }
  if (rows % span !== 0) {
    throw new Error(`groupAttention: qkv has ${rows} rows, which do not make groups of ${span}.`);
  }
  if (!useShaders() && !useHost()) return groupAttentionPlain(qkv, { heads, span });
  const [out, saved] = (useShaders() ? attentionOp : attentionHost)({ qkv }, { heads, span });
  saved!.dispose(); // the tape has a handle of its own
  return out as Tensor2D;
};
