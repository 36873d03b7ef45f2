import type { GroupShape } from './group-attention-host';
import { layOut, type SimdRows } from './simd-rows';

/** Byte offsets of a group's rows from its first, in arrays of queries, keys and values side by side. */
const offsets = ({ heads, span, size }: GroupShape): Int32Array =>
  Int32Array.from({ length: span }, (_, j) => j * 3 * heads * size * 4);

/** `attendGroups` with its inner loops in WebAssembly SIMD. */
export const attendGroupsWithSimd = (
  simd: SimdRows,
  shape: GroupShape,
  qkv: Float32Array,
  out: Float32Array,
  weights: Float32Array,
) => {
  const { rows, heads, span, size } = shape;
  const { memory } = simd;
  const width = heads * size;
  const at = layOut(memory, [span, qkv.length, out.length, weights.length]);
  const [rowsAt, qkvAt, outAt, weightsAt] = at as [number, number, number, number];
  new Int32Array(memory.buffer, rowsAt, span).set(offsets(shape));
  new Float32Array(memory.buffer, qkvAt, qkv.length).set(qkv);
  const own = new Float32Array(memory.buffer, weightsAt, weights.length);
  const scale = 1 / Math.sqrt(size);
  for (let n = 0; n < rows; n++) {
    const group = n - (n % span);
    for (let h = 0; h < heads; h++) {
      const q = qkvAt + (n * 3 * width + h * size) * 4;
      const k = qkvAt + (group * 3 * width + width + h * size) * 4;
      const first = (n * heads + h) * span;
      const here = weightsAt + first * 4;
      simd.dots(q, rowsAt, span, k, here);
      let top = Number.NEGATIVE_INFINITY;
      for (let j = first; j < first + span; j++) if (own[j]! > top) top = own[j]!;
      let total = 0;
      for (let j = first; j < first + span; j++) {
        const weight = Math.exp((own[j]! - top) * scale);
        own[j] = weight;
        total += weight;
      }
      for (let j = first; j < first + span; j++) own[j]! /= total;
      simd.mix(here, rowsAt, span, k + width * 4, outAt + (n * width + h * size) * 4);
    }
  }
  out.set(new Float32Array(memory.buffer, outAt, out.length));
  weights.set(own);
};

/** `attendGroupsGrad` with its inner loops in WebAssembly SIMD. */
export const attendGroupsGradWithSimd = (
  simd: SimdRows,
  shape: GroupShape,
  qkv: Float32Array,
  weights: Float32Array,
  dOut: Float32Array,
  dQkv: Float32Array,
) => {
  const { rows, heads, span, size } = shape;
  const { memory } = simd;
  const width = heads * size;
  const at = layOut(memory, [span, qkv.length, dOut.length, weights.length, dQkv.length, span]);
  const [rowsAt, qkvAt, dOutAt, weightsAt, dQkvAt, gainsAt] = at as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  new Int32Array(memory.buffer, rowsAt, span).set(offsets(shape));
  const floats = (address: number, length: number) => new Float32Array(memory.buffer, address, length);
  floats(qkvAt, qkv.length).set(qkv);
  floats(dOutAt, dOut.length).set(dOut);
  const own = floats(weightsAt, weights.length);
  own.set(weights);
  floats(dQkvAt, dQkv.length).fill(0);
  const gains = floats(gainsAt, span); // then those of the products
  const scale = 1 / Math.sqrt(size);
  for (let n = 0; n < rows; n++) {
    const group = n - (n % span);
    for (let h = 0; h < heads; h++) {
      const query = (n * 3 * width + h * size) * 4;
      const key = (group * 3 * width + width + h * size) * 4;
      const [value, dy] = [key + width * 4, dOutAt + (n * width + h * size) * 4];
      const first = (n * heads + h) * span;
      simd.dots(dy, rowsAt, span, qkvAt + value, gainsAt);
      let delta = 0;
      for (let j = 0; j < span; j++) delta += own[first + j]! * gains[j]!;
      for (let j = 0; j < span; j++) gains[j] = own[first + j]! * (gains[j]! - delta) * scale;
      simd.mix(gainsAt, rowsAt, span, qkvAt + key, dQkvAt + query);
      simd.spread(gainsAt, rowsAt, span, dQkvAt + key, qkvAt + query);
      simd.spread(weightsAt + first * 4, rowsAt, span, dQkvAt + value, dy);
    }
  }
  dQkv.set(floats(dQkvAt, dQkv.length));
};
