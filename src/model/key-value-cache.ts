import { decodeAttention, writeCache } from '../kernels/decode-attention';
import type { Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import type { ModelConfig } from './config';
import type { Attend } from './decoder';

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

/**
 * A cache filled from rows elsewhere: packed prompts, or another cache.
 * @param keys per layer [rows, K*D], not disposed
 * @param starts for each sequence the row of its first token in `keys` and `values`, and how many follow
 */
export const fillCache = (
  keys: readonly Tensor2D[],
  values: readonly Tensor2D[],
  starts: readonly { row: number; length: number }[],
  capacity: number,
): KeyValueCache => {
  const index = new Int32Array(starts.length * capacity); // what lies past a sequence's length is never read
  for (const [b, { row, length }] of starts.entries()) {
    for (let t = 0; t < length; t++) index[b * capacity + t] = row + t;
  }
  const rows = tf.tensor1d(index, 'int32');
  const gather = (from: Tensor2D) => tf.keep(tf.gather(from, rows));
  const cache = { keys: keys.map(gather), values: values.map(gather), sequences: starts.length, capacity };
  rows.dispose();
  return cache;
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
