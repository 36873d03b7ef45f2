import code from '../../shaders/tree-attention.wgsl?raw';
import keyGradCode from '../../shaders/tree-attention-grad-key.wgsl?raw';
import queryGradCode from '../../shaders/tree-attention-grad-query.wgsl?raw';
import type { Tensor1D, Tensor2D, TensorInfo } from '../tf';
import { gpu, hostFloats, hostInts, makeHostInfo, tf, toTensor } from '../tf';
import type { PackedBatch } from '../tree/packed-batch';
import { attentionTiles } from './attention-tile';
import { checkTensor } from './check';
import { dispatch, f32, grid } from './dispatch';
import { fitToHeadSize } from './fit-to-head-size';
import { groupParts } from './group-parts';
import { defineOp, useHost, useShaders } from './op';
import { simdRows } from './simd-rows';
import { attendGradOnHost, attendOnHost, type HostShape } from './tree-attention-host';
import { attendGradWithSimd, attendWithSimd } from './tree-attention-simd';
import { tiledAttentionOp } from './tree-attention-tiled';

/** Who sees whom: token i sees token j exactly when treeStart[i] <= j <= i and i < visibleUntil[j]. Both int32 [N]. */
export interface TreeMask {
  visibleUntil: Tensor1D;
  treeStart: Tensor1D;
  /** Pairs of tokens within trees, by which the work is estimated; all when left out. */
  pairs?: number;
}

export interface AttentionHeads {
  /** H, a multiple of kvHeads. */
  heads: number;
  /** K; query head h reads key-value head floor(h / (H/K)). */
  kvHeads: number;
}

/** Uploads the mask of a batch; the caller disposes it (or runs inside tf.tidy). */
export const uploadMask = (batch: Pick<PackedBatch, 'visibleUntil' | 'treeStart'>): TreeMask => ({
  visibleUntil: tf.tensor1d(batch.visibleUntil, 'int32'),
  treeStart: tf.tensor1d(batch.treeStart, 'int32'),
  pairs: batch.treeStart.reduce((sum, start, i) => sum + i - start + 1, 0),
});

type Input = 'q' | 'k' | 'v' | 'visibleUntil' | 'treeStart';
const inputs = ['q', 'k', 'v', 'visibleUntil', 'treeStart'] as const;

interface Attrs extends AttentionHeads {
  pairs: number;
}

interface Kernel {
  label: string;
  code: string;
  /** q first. */
  inputs: readonly TensorInfo[];
  outputs: readonly TensorInfo[];
}

const infoOf = (shape: number[]): TensorInfo => gpu().makeTensorInfo(shape, 'float32');

/**
 * One of the three kernels, in parts where it would run too long.
 * @param threads one per query or key and head
 * @param dots products of length D per pair and query head
 */
const attendInParts = (
  { label, code: text, inputs: read, outputs }: Kernel,
  { heads, kvHeads, pairs }: Attrs,
  threads: number,
  dots: number,
) => {
  const [tokens, width] = read[0]!.shape as [number, number]; // of q
  for (const { first, count, work } of groupParts(Math.ceil(threads / 64), 2 * dots * pairs * width)) {
    dispatch({
      label,
      code: fitToHeadSize(text, width / heads),
      inputs: read,
      outputs,
      uniforms: [tokens, heads, kvHeads, f32(1 / Math.sqrt(width / heads)), first],
      workgroups: grid(count),
      work,
    });
  }
};

export const attentionOp = defineOp<Input, Attrs>({
  name: 'TreeAttention',
  inputs,
  forward: ({ q, k, v, visibleUntil, treeStart }, attrs) => {
    const [tokens, width] = q.shape as [number, number];
    const outputs = [infoOf([tokens, width]), infoOf([tokens, attrs.heads, 3])];
    const inputs = [q, k, v, visibleUntil, treeStart];
    attendInParts({ label: 'treeAttention', code, inputs, outputs }, attrs, tokens * attrs.heads, 2);
    return outputs;
  },
  saveOutputs: [0, 1],
  backward: ([dy], { inputs: { q, k, v, visibleUntil }, outputs: [out, stats] }, attrs, wanted) => {
    const tokens = q.shape[0]!;
    // Outside the thunks: tfjs tidies a thunk, which would dispose what the next one needs.
    // It writes delta into `stats`, whose third part is there for it.
    const dQ = toTensor(infoOf(q.shape));
    attendInParts(
      {
        label: 'treeAttention query gradient',
        code: queryGradCode,
        inputs: [q, k, v, visibleUntil, out!, dy!],
        outputs: [dQ, stats!],
      },
      attrs,
      tokens * attrs.heads,
      3,
    );
    if (!wanted.has('k') && !wanted.has('v')) return { q: () => dQ };
    const [dK, dV] = [toTensor(infoOf(k.shape)), toTensor(infoOf(k.shape))];
    attendInParts(
      {
        label: 'treeAttention key gradient',
        code: keyGradCode,
        inputs: [q, k, v, visibleUntil, stats!, dy!],
        outputs: [dK, dV],
      },
      attrs,
      tokens * attrs.kvHeads,
      4,
    );
    return { q: () => dQ, k: () => dK, v: () => dV };
  },
});

const hostShape = (
  q: TensorInfo,
  mask: { visibleUntil: TensorInfo; treeStart: TensorInfo },
  { heads, kvHeads }: AttentionHeads,
): HostShape => ({
  tokens: q.shape[0]!,
  heads,
  kvHeads,
  size: q.shape[1]! / heads,
  visibleUntil: hostInts(mask.visibleUntil),
  treeStart: hostInts(mask.treeStart),
});

const attentionHost = defineOp<Input, AttentionHeads>({
  name: 'TreeAttentionHost',
  backends: ['wasm', 'cpu'],
  inputs,
  forward: ({ q, k, v, ...mask }, attrs) => {
    const out = makeHostInfo(q.shape);
    const lse = makeHostInfo([q.shape[0]!, attrs.heads]);
    const simd = simdRows(q.shape[1]! / attrs.heads);
    const attend = simd ? attendWithSimd.bind(undefined, simd) : attendOnHost;
    attend(
      hostShape(q, mask, attrs),
      hostFloats(q),
      hostFloats(k),
      hostFloats(v),
      hostFloats(out),
      hostFloats(lse),
    );
    return [out, lse];
  },
  saveOutputs: [0, 1],
  backward: ([dy], { inputs: { q, k, v, ...mask }, outputs: [out, lse] }, attrs) => {
    const grads = [makeHostInfo(q.shape), makeHostInfo(k.shape), makeHostInfo(k.shape)] as const;
    const simd = simdRows(q.shape[1]! / attrs.heads);
    const attendGrad = simd ? attendGradWithSimd.bind(undefined, simd) : attendGradOnHost;
    attendGrad(
      hostShape(q, mask, attrs),
      hostFloats(q),
      hostFloats(k),
      hostFloats(v),
      hostFloats(out!),
      hostFloats(lse!),
      hostFloats(dy!),
      hostFloats(grads[0]),
      hostFloats(grads[1]),
      hostFloats(grads[2]),
    );
    const [dQ, dK, dV] = grads.map(toTensor);
    return { q: () => dQ!, k: () => dK!, v: () => dV! };
  },
});

/** The same in tfjs ops, with the whole N x N matrix per head: the oracle. */
export const treeAttentionPlain = (
  q: Tensor2D,
  k: Tensor2D,
  v: Tensor2D,
  mask: TreeMask,
  { heads, kvHeads }: AttentionHeads,
): Tensor2D =>
  tf.tidy(() => {
    const [n, width] = q.shape;
    const size = width / heads;
    const i = tf.expandDims(tf.range(0, n, 1, 'int32'), 1); // [N, 1]
    const j = tf.expandDims(tf.range(0, n, 1, 'int32'), 0); // [1, N]
    const visible = tf.logicalAnd(
      tf.logicalAnd(tf.lessEqual(tf.expandDims(mask.treeStart, 1), j), tf.lessEqual(j, i)),
      tf.less(i, tf.expandDims(mask.visibleUntil, 0)),
    );
    const hide = tf.mul(tf.sub(tf.cast(visible, 'float32'), 1), 1e30); // 0 or -1e30
    const outputs: Tensor2D[] = [];
    for (let h = 0; h < heads; h++) {
      const kv = Math.floor(h / (heads / kvHeads));
      const [a, b, c] = [
        tf.slice(q, [0, h * size], [n, size]),
        tf.slice(k, [0, kv * size], [n, size]),
        tf.slice(v, [0, kv * size], [n, size]),
      ];
      const scores = tf.mul(tf.matMul(a, b, false, true), 1 / Math.sqrt(size)); // [N, N]
      outputs.push(tf.matMul(tf.softmax(tf.add(scores, hide)), c) as Tensor2D);
    }
    return outputs.length === 1 ? outputs[0]! : tf.concat(outputs, 1);
  });

/**
 * Attention within the trees of a packed forest: softmax(q k^T / sqrt(D)) v, where token i sees token j exactly when
 * treeStart[i] <= j <= i and i < visibleUntil[j]. Grouped query heads when kvHeads < heads. Neither pass makes an
 * N x N matrix; the gradient recomputes the weights from the saved log-sum-exp and sums in a fixed order.
 *
 * After Dao, 2023, arXiv 2307.08691 (FlashAttention-2).
 * @param q [N, H*D], D even
 * @param k [N, K*D]
 * @param v [N, K*D]
 * @returns [N, H*D]
 */
export const treeAttention = (
  q: Tensor2D,
  k: Tensor2D,
  v: Tensor2D,
  mask: TreeMask,
  { heads, kvHeads }: AttentionHeads,
): Tensor2D => {
  checkTensor('treeAttention', 'q', q, [-1, -1]);
  const [tokens, width] = q.shape;
  const size = width / heads;
  if (!Number.isInteger(size) || size % 2 !== 0) {
    throw new Error(
      `treeAttention: q has ${width} columns, which do not make ${heads} heads of an even size.`,
    );
  }
  if (!Number.isInteger(heads / kvHeads)) {
    throw new Error(`treeAttention: heads (${heads}) must be a multiple of kvHeads (${kvHeads}).`);
  }
  checkTensor('treeAttention', 'k', k, [tokens, kvHeads * size]);
  checkTensor('treeAttention', 'v', v, [tokens, kvHeads * size]);
  checkTensor('treeAttention', 'mask.visibleUntil', mask.visibleUntil, [tokens], 'int32');
  checkTensor('treeAttention', 'mask.treeStart', mask.treeStart, [tokens], 'int32');
  const { visibleUntil, treeStart } = mask;
  const all = { q, k, v, visibleUntil, treeStart };
  if (useShaders()) {
    const { pairs = (tokens * (tokens + 1)) / 2 } = mask;
    const tiles = attentionTiles(size);
    if (tiles) return tiledAttentionOp(all, { heads, kvHeads, pairs, tiles })[0] as Tensor2D;
    return attentionOp(all, { heads, kvHeads, pairs })[0] as Tensor2D;
  }
  if (useHost()) return attentionHost(all, { heads, kvHeads })[0] as Tensor2D;
  return treeAttentionPlain(q, k, v, mask, { heads, kvHeads });
};
