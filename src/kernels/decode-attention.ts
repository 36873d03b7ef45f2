import code from '../../shaders/decode-attention.wgsl?raw';
import sharedCode from '../../shaders/decode-attention-shared.wgsl?raw';
import writeCode from '../../shaders/write-cache.wgsl?raw';
import type { Tensor1D, Tensor2D } from '../tf';
import { hostFloats, hostInts, makeHostInfo, onSoftwareGpu, tf, toTensor, wasmMemory } from '../tf';
import { checkTensor } from './check';
import { f32, grid, run } from './dispatch';
import { fitToHeadSize } from './fit-to-head-size';
import { useHost, useShaders } from './op';
import { type SimdRows, simdRows } from './simd-rows';

export interface DecodeShape {
  heads: number;
  kvHeads: number;
}

/** Where tensors lie in this program's memory, but out of reach of our own WebAssembly. */
const decodeOnHost = (
  q: Tensor2D,
  kCache: Tensor2D,
  vCache: Tensor2D,
  length: Tensor1D,
  { heads, kvHeads }: DecodeShape,
): Tensor2D => {
  const [sequences, width] = q.shape;
  const size = width / heads;
  const capacity = kCache.shape[0] / sequences;
  const row = kvHeads * size;
  const output = makeHostInfo([sequences, width]);
  const [query, k, v, lengths, out] = [
    hostFloats(q),
    hostFloats(kCache),
    hostFloats(vCache),
    hostInts(length),
    hostFloats(output),
  ];
  const scale = 1 / Math.sqrt(size);
  const group = heads / kvHeads;
  const weights = new Float64Array(capacity);
  const own = new Float64Array(size);
  for (let b = 0; b < sequences; b++) {
    const count = Math.min(lengths[b]!, capacity);
    for (let h = 0; h < heads; h++) {
      const at = b * width + h * size;
      const first = b * capacity * row + Math.floor(h / group) * size;
      for (let c = 0; c < size; c++) own[c] = query[at + c]! * scale;
      let top = -Infinity;
      for (let t = 0, key = first; t < count; t++, key += row) {
        let a = 0;
        let d = 0;
        for (let c = 0; c < size; c += 2) {
          a += own[c]! * k[key + c]!;
          d += own[c + 1]! * k[key + c + 1]!;
        }
        weights[t] = a + d;
        if (a + d > top) top = a + d;
      }
      let total = 0;
      for (let t = 0; t < count; t++) {
        const weight = Math.exp(weights[t]! - top);
        weights[t] = weight;
        total += weight;
      }
      const inverse = total > 0 ? 1 / total : 0;
      for (let c = 0; c < size; c += 2) {
        let a = 0;
        let d = 0;
        for (let t = 0, value = first + c; t < count; t++, value += row) {
          a += weights[t]! * v[value]!;
          d += weights[t]! * v[value + 1]!;
        }
        out[at + c] = a * inverse;
        out[at + c + 1] = d * inverse;
      }
    }
  }
  return toTensor(output) as Tensor2D;
};

/** The same with the inner loops in WebAssembly SIMD, on the memory of tfjs's wasm backend itself. */
const decodeWithSimd = (
  simd: SimdRows,
  q: Tensor2D,
  kCache: Tensor2D,
  vCache: Tensor2D,
  length: Tensor1D,
  { heads, kvHeads }: DecodeShape,
): Tensor2D => {
  const [sequences, width] = q.shape;
  const size = width / heads;
  const capacity = kCache.shape[0] / sequences;
  const stride = kvHeads * size * 4;
  const output = makeHostInfo([sequences, width]);
  const scratch = [toTensor(makeHostInfo([capacity], 'int32')), toTensor(makeHostInfo([capacity]))] as const;
  const rows = hostInts(scratch[0]);
  const weights = hostFloats(scratch[1]);
  const out = hostFloats(output);
  const lengths = hostInts(length);
  const [qAt, kAt, vAt] = [
    hostFloats(q).byteOffset,
    hostFloats(kCache).byteOffset,
    hostFloats(vCache).byteOffset,
  ];
  for (let t = 0; t < capacity; t++) rows[t] = t * stride;
  const scale = 1 / Math.sqrt(size);
  const group = heads / kvHeads;
  for (let b = 0; b < sequences; b++) {
    const count = Math.min(lengths[b]!, capacity);
    for (let h = 0; h < heads; h++) {
      const at = b * width + h * size;
      const first = b * capacity * stride + Math.floor(h / group) * size * 4;
      simd.dots(qAt + at * 4, rows.byteOffset, count, kAt + first, weights.byteOffset);
      let top = -Infinity;
      for (let t = 0; t < count; t++) if (weights[t]! > top) top = weights[t]!;
      let total = 0;
      for (let t = 0; t < count; t++) {
        const weight = Math.exp((weights[t]! - top) * scale);
        weights[t] = weight;
        total += weight;
      }
      simd.mix(weights.byteOffset, rows.byteOffset, count, vAt + first, out.byteOffset + at * 4);
      if (total > 0) for (let c = at; c < at + size; c++) out[c] = out[c]! / total;
    }
  }
  for (const t of scratch) t.dispose();
  return toTensor(output) as Tensor2D;
};

/** `decodeAttention` in tfjs ops. */
export const decodeAttentionPlain = (
  q: Tensor2D,
  kCache: Tensor2D,
  vCache: Tensor2D,
  length: Tensor1D,
  { heads, kvHeads }: DecodeShape,
): Tensor2D =>
  tf.tidy(() => {
    const [b, width] = q.shape;
    const size = width / heads;
    const capacity = kCache.shape[0] / b;
    const valid = tf.less(tf.expandDims(tf.range(0, capacity, 1, 'int32'), 0), tf.expandDims(length, 1)); // [B, T]
    const hide = tf.expandDims(tf.mul(tf.sub(tf.cast(valid, 'float32'), 1), 1e30), 1); // [B, 1, T]
    const some = tf.cast(tf.greater(length, 0), 'float32'); // an empty cache gives zeros
    const split = (cache: Tensor2D) => tf.reshape(cache, [b, capacity, kvHeads, size]);
    const [k, v] = [split(kCache), split(vCache)];
    const outputs = Array.from({ length: heads }, (_, h) => {
      const kv = Math.floor(h / (heads / kvHeads));
      const part = (t: typeof k) => tf.squeeze(tf.slice(t, [0, 0, kv, 0], [b, capacity, 1, size]), [2]);
      const query = tf.expandDims(tf.slice(q, [0, h * size], [b, size]), 1); // [B, 1, D]
      const scores = tf.mul(tf.matMul(query, part(k), false, true), 1 / Math.sqrt(size)); // [B, 1, T]
      const mixed = tf.matMul(tf.softmax(tf.add(scores, hide)), part(v)); // [B, 1, D]
      return tf.mul(tf.reshape(mixed, [b, size]), tf.expandDims(some, 1));
    });
    return (outputs.length === 1 ? outputs[0] : tf.concat(outputs, 1)) as Tensor2D;
  });

/** Vectors of a head up to which threads can share it. */
const SHARED_PARTS = 64;

/**
 * On our GPU device.
 * @param together a workgroup per (sequence, head) instead of a thread: for real GPUs, which a few heads would leave idle
 */
export const decodeWithShader = (
  q: Tensor2D,
  kCache: Tensor2D,
  vCache: Tensor2D,
  length: Tensor1D,
  { heads, kvHeads }: DecodeShape,
  together: boolean,
): Tensor2D => {
  const [sequences, width] = q.shape;
  const size = width / heads;
  const shared = together && size / (size % 4 === 0 ? 4 : 2) <= SHARED_PARTS;
  return run({
    label: 'decodeAttention',
    code: fitToHeadSize(shared ? sharedCode : code, size),
    inputs: [q, kCache, vCache, length],
    outputs: [{ shape: [sequences, width], dtype: 'float32' }],
    uniforms: [sequences, kCache.shape[0] / sequences, heads, kvHeads, f32(1 / Math.sqrt(size))],
    workgroups: grid(shared ? sequences * heads : Math.ceil((sequences * heads) / 64)),
  })[0] as Tensor2D;
};

/**
 * Attention of one new token per sequence against its key-value cache. Forward only.
 *
 * Runs well on the wasm backend at the sizes of generation (64 to 256 sequences): it reads the caches where they lie.
 * @param q [B, H*D], D even
 * @param kCache [B*T, K*D]; row b*T + t is token t of sequence b
 * @param vCache [B*T, K*D]
 * @param length int32 [B]: valid rows of each sequence's cache; a length of 0 gives zeros
 * @returns [B, H*D]
 */
export const decodeAttention = (
  q: Tensor2D,
  kCache: Tensor2D,
  vCache: Tensor2D,
  length: Tensor1D,
  { heads, kvHeads }: DecodeShape,
): Tensor2D => {
  checkTensor('decodeAttention', 'q', q, [-1, -1]);
  const [sequences, width] = q.shape;
  const size = width / heads;
  if (!Number.isInteger(size) || size % 2 !== 0 || !Number.isInteger(heads / kvHeads)) {
    throw new Error(
      `decodeAttention: ${width} columns do not make ${heads} heads of an even size over ${kvHeads} key-value heads.`,
    );
  }
  checkTensor('decodeAttention', 'kCache', kCache, [-1, kvHeads * size]);
  checkTensor('decodeAttention', 'vCache', vCache, kCache.shape);
  checkTensor('decodeAttention', 'length', length, [sequences], 'int32');
  const capacity = kCache.shape[0] / sequences;
  if (!Number.isInteger(capacity)) {
    throw new Error(
      `decodeAttention: kCache has ${kCache.shape[0]} rows, not a multiple of ${sequences} sequences.`,
    );
  }
  if (useShaders()) return decodeWithShader(q, kCache, vCache, length, { heads, kvHeads }, !onSoftwareGpu());
  const memory = useHost() ? wasmMemory() : undefined;
  const simd = memory && simdRows(size, memory);
  if (simd) return decodeWithSimd(simd, q, kCache, vCache, length, { heads, kvHeads });
  if (useHost()) return decodeOnHost(q, kCache, vCache, length, { heads, kvHeads });
  return decodeAttentionPlain(q, kCache, vCache, length, { heads, kvHeads });
};

/** `writeCache` in tfjs ops: a new tensor, the old one is not disposed. */
export const writeCachePlain = (cache: Tensor2D, rows: Tensor2D, index: Tensor1D): Tensor2D =>
  tf.tensorScatterUpdate(cache, tf.expandDims(index, 1), rows) as Tensor2D;

/**
 * Puts rows into a cache: cache[index[i], :] = rows[i, :]. Returns the cache to use from now on, kept across tidy
 * scopes: the same tensor written in place on our GPU device and on the wasm and cpu backends, else a new one, and
 * then the old one is disposed. No index may occur twice; rows with an index outside the cache are left out when
 * writing in place.
 *
 * The cache must own its memory (see `copyTensor`) and must not go through tf.matMul, which on the wasm backend keeps
 * a packed copy of its second factor.
 * @param cache [B*T, W]
 * @param rows [n, W]
 * @param index int32 [n]
 */
export const writeCache = (cache: Tensor2D, rows: Tensor2D, index: Tensor1D): Tensor2D => {
  checkTensor('writeCache', 'cache', cache, [-1, -1]);
  const [capacity, width] = cache.shape;
  checkTensor('writeCache', 'rows', rows, [-1, width]);
  checkTensor('writeCache', 'index', index, [rows.shape[0]], 'int32');
  if (useShaders()) {
    run({
      label: 'writeCache',
      code: writeCode,
      inputs: [rows, index],
      outputs: [cache],
      uniforms: [rows.shape[0], width, capacity],
      workgroups: grid(Math.ceil(rows.size / 64)),
    });
    return cache;
  }
  if (useHost()) {
    const [to, from, at] = [hostFloats(cache), hostFloats(rows), hostInts(index)];
    for (let i = 0; i < at.length; i++) {
      const row = at[i]!;
      if (row >= 0 && row < capacity) to.set(from.subarray(i * width, (i + 1) * width), row * width);
    }
    return cache;
  }
  const next = tf.keep(writeCachePlain(cache, rows, index));
  cache.dispose();
  return next;
};
