import type { Elements } from './elements';
import type { GroupShape } from './group-attention-host';
import { layOut, type SimdRows } from './simd-rows';

type Four = [Float32Array, Float32Array, Float32Array, Float32Array];

/** Byte offsets of a group's rows from its first, in arrays of queries, keys and values side by side. */
const offsets = ({ heads, span, size }: GroupShape): Int32Array =>
  Int32Array.from({ length: span }, (_, j) => j * 3 * heads * size * 4);

/** Arrays as they lie in the loops' memory, or copies of them there. */
const placed = (memory: WebAssembly.Memory, arrays: readonly Float32Array[]): Float32Array[] => {
  if (arrays.every(({ buffer }) => buffer === memory.buffer)) return [...arrays];
  const at = layOut(
    memory,
    arrays.map(({ length }) => length),
  );
  return arrays.map((array, i) => {
    const copy = new Float32Array(memory.buffer, at[i], array.length);
    copy.set(array);
    return copy;
  });
};

/**
 * `attendGroups` with its inner loops in WebAssembly SIMD.
 * @param keys room for `span` numbers, with the arrays in one memory
 */
export const attendGroupsWithSimd = (
  simd: SimdRows,
  shape: GroupShape,
  softmax: Elements['softmax'],
  given: { qkv: Float32Array; out: Float32Array; weights: Float32Array; keys: Float32Array },
) => {
  const { rows, heads, span, size } = shape;
  const { memory } = simd;
  const width = heads * size;
  const [qkv, out, weights, keys] = placed(memory, [given.qkv, given.out, given.weights, given.keys]) as Four;
  new Int32Array(memory.buffer, keys.byteOffset, span).set(offsets(shape));
  const eachRow = (f: (weightsAt: number, query: number, key: number, to: number) => void) => {
    for (let n = 0; n < rows; n++) {
      const group = n - (n % span);
      for (let h = 0; h < heads; h++) {
        f(
          weights.byteOffset + (n * heads + h) * span * 4,
          qkv.byteOffset + (n * 3 * width + h * size) * 4,
          qkv.byteOffset + (group * 3 * width + width + h * size) * 4,
          out.byteOffset + (n * width + h * size) * 4,
        );
      }
    }
  };
  eachRow((weightsAt, query, key) => simd.dots(query, keys.byteOffset, span, key, weightsAt));
  softmax(weights, span, 1 / Math.sqrt(size));
  eachRow((weightsAt, _query, key, to) => simd.mix(weightsAt, keys.byteOffset, span, key + width * 4, to));
  if (out !== given.out) {
    given.out.set(out);
    given.weights.set(weights);
  }
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
