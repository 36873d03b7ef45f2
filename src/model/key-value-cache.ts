import { decodeAttention, writeCache } from '../kernels/decode-attention';
import type { Tensor1D, Tensor2D } from '../tf';
import { hostFloats, makeHostInfo, onHost, tf, toTensor } from '../tf';
import type { ModelConfig } from './config';
import type { Attend } from './families/family';

/**
 * Keys and values of B sequences with room for T tokens each, one pair of tensors [B*T, K*D] per layer: row b*T + t is
 * token t of sequence b. The tensors live until `disposeCache`.
 */
export interface KeyValueCache {
  keys: Tensor2D[];
  values: Tensor2D[];
  sequences: number;
  capacity: number;
}

/** Bytes that one sequence with room for `capacity` tokens takes. */
export const cacheBytes = (config: ModelConfig, capacity: number): number =>
  2 * 4 * config.layers * config.kvHeads * config.headDim * capacity;

/** Where a sequence's rows lie in other tensors: its first row, and how many. */
export interface RowRange {
  row: number;
  length: number;
}

/** Rows b*capacity + t of the result are rows ranges[b].row + t of `from`; past a range's length they mean nothing. */
const takeRanges = (from: Tensor2D, ranges: readonly RowRange[], capacity: number): Tensor2D => {
  const width = from.shape[1];
  if (onHost()) {
    const taken = makeHostInfo([ranges.length * capacity, width]);
    const [source, to] = [hostFloats(from), hostFloats(taken)];
    for (const [b, { row, length }] of ranges.entries()) {
      to.set(source.subarray(row * width, (row + length) * width), b * capacity * width);
    }
    return toTensor(taken) as Tensor2D;
  }
  const index = new Int32Array(ranges.length * capacity);
  for (const [b, { row, length }] of ranges.entries()) {
    for (let t = 0; t < length; t++) index[b * capacity + t] = row + t;
  }
  return tf.tidy(() => tf.gather(from, tf.tensor1d(index, 'int32')));
};

/**
 * A cache filled from rows elsewhere: packed prompts, or another cache. One range per sequence.
 * @param keys per layer [rows, K*D], not disposed
 */
export const fillCache = (
  keys: readonly Tensor2D[],
  values: readonly Tensor2D[],
  ranges: readonly RowRange[],
  capacity: number,
): KeyValueCache => {
  const take = (from: Tensor2D) => tf.keep(takeRanges(from, ranges, capacity));
  return { keys: keys.map(take), values: values.map(take), sequences: ranges.length, capacity };
};

export const disposeCache = ({ keys, values }: KeyValueCache) => tf.dispose([keys, values]);

/** Attention of one new token per sequence: its key and value go to row `index`, and it sees `length` rows. */
export const attendToCache =
  (config: ModelConfig, cache: KeyValueCache, index: Tensor1D, length: Tensor1D): Attend =>
  (layer, q, k, v) => {
    const { heads, kvHeads } = config;
    cache.keys[layer] = writeCache(cache.keys[layer]!, k, index);
    cache.values[layer] = writeCache(cache.values[layer]!, v, index);
    return decodeAttention(q, cache.keys[layer], cache.values[layer], length, { heads, kvHeads });
  };
