import { layOut, type SimdRows } from './simd-rows';
import type { HostShape } from './tree-attention-host';

/** Byte offsets of the key rows that token i sees, of `stride` bytes each; returns how many. */
const listKeys = ({ visibleUntil, treeStart }: HostShape, i: number, stride: number, rows: Int32Array) => {
  let count = 0;
  for (let j = treeStart[i]!; j <= i; j++) if (i < visibleUntil[j]!) rows[count++] = j * stride;
  return count;
};

/** `attendOnHost` with its inner loops in WebAssembly SIMD. */
export const attendWithSimd = (
  simd: SimdRows,
  shape: HostShape,
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  out: Float32Array,
  lse: Float32Array,
) => {
  const { tokens, heads, kvHeads, size } = shape;
  const { memory } = simd;
  const addresses = layOut(memory, [q.length, k.length, v.length, q.length, tokens, tokens]);
  const [qAt, kAt, vAt, outAt, rowsAt, weightsAt] = addresses as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const floats = (at: number, length: number) => new Float32Array(memory.buffer, at, length);
  floats(qAt, q.length).set(q);
  floats(kAt, k.length).set(k);
  floats(vAt, v.length).set(v);
  const rows = new Int32Array(memory.buffer, rowsAt, tokens);
  const weights = floats(weightsAt, tokens);
  const mixed = floats(outAt, q.length);
  const scale = 1 / Math.sqrt(size);
  const group = heads / kvHeads;
  for (let i = 0; i < tokens; i++) {
    const count = listKeys(shape, i, kvHeads * size * 4, rows);
    for (let h = 0; h < heads; h++) {
      const at = (i * heads + h) * size;
      const kv = Math.floor(h / group) * size * 4;
      simd.dots(qAt + at * 4, rowsAt, count, kAt + kv, weightsAt);
      let top = -Infinity;
      for (let n = 0; n < count; n++) if (weights[n]! > top) top = weights[n]!;
      let total = 0;
      for (let n = 0; n < count; n++) {
        const weight = Math.exp((weights[n]! - top) * scale);
        weights[n] = weight;
        total += weight;
      }
      simd.mix(weightsAt, rowsAt, count, vAt + kv, outAt + at * 4);
      for (let c = at; c < at + size; c++) out[c] = mixed[c]! / total;
      lse[i * heads + h] = top * scale + Math.log(total);
    }
  }
};

/** `attendGradOnHost` with its inner loops in WebAssembly SIMD. */
export const attendGradWithSimd = (
  simd: SimdRows,
  shape: HostShape,
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  out: Float32Array,
  lse: Float32Array,
  dOut: Float32Array,
  dQ: Float32Array,
  dK: Float32Array,
  dV: Float32Array,
) => {
  const { tokens, heads, kvHeads, size } = shape;
  const { memory } = simd;
  const [wide, narrow] = [q.length, k.length];
  const addresses = layOut(memory, [
    wide,
    narrow,
    narrow,
    wide,
    wide,
    narrow,
    narrow,
    tokens,
    tokens,
    tokens,
  ]);
  type Ten = [number, number, number, number, number, number, number, number, number, number];
  const [qAt, kAt, vAt, dOutAt, dQAt, dKAt, dVAt, rowsAt, weightsAt, gainsAt] = addresses as Ten;
  const floats = (at: number, length: number) => new Float32Array(memory.buffer, at, length);
  floats(qAt, wide).set(q);
  floats(kAt, narrow).set(k);
  floats(vAt, narrow).set(v);
  floats(dOutAt, wide).set(dOut);
  floats(dKAt, narrow).fill(0);
  floats(dVAt, narrow).fill(0);
  const rows = new Int32Array(memory.buffer, rowsAt, tokens);
  const weights = floats(weightsAt, tokens);
  const gains = floats(gainsAt, tokens); // then ds
  const scale = 1 / Math.sqrt(size);
  const group = heads / kvHeads;
  for (let i = 0; i < tokens; i++) {
    const count = listKeys(shape, i, kvHeads * size * 4, rows);
    for (let h = 0; h < heads; h++) {
      const at = (i * heads + h) * size;
      const kv = Math.floor(h / group) * size * 4;
      const norm = lse[i * heads + h]!;
      let delta = 0;
      for (let c = at; c < at + size; c++) delta += dOut[c]! * out[c]!;
      simd.dots(qAt + at * 4, rowsAt, count, kAt + kv, weightsAt);
      simd.dots(dOutAt + at * 4, rowsAt, count, vAt + kv, gainsAt);
      for (let n = 0; n < count; n++) {
        const weight = Math.exp(weights[n]! * scale - norm);
        weights[n] = weight;
        gains[n] = weight * (gains[n]! - delta) * scale;
      }
      simd.mix(gainsAt, rowsAt, count, kAt + kv, dQAt + at * 4);
      simd.spread(gainsAt, rowsAt, count, dKAt + kv, qAt + at * 4);
      simd.spread(weightsAt, rowsAt, count, dVAt + kv, dOutAt + at * 4);
    }
  }
  dQ.set(floats(dQAt, wide));
  dK.set(floats(dKAt, narrow));
  dV.set(floats(dVAt, narrow));
};
