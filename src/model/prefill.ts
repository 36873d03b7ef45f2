import { treeAttention, uploadMask } from '../kernels/tree-attention';
import type { Tensor2D } from '../tf';
import { onOwnGpu, tf } from '../tf';
import { bucketSize } from '../tree/buckets';
import type { ModelConfig } from './config';
import { runModel } from './decoder';
import type { Attend, TokenInput } from './families/family';
import { headModule } from './head';
import type { KeyValueCache } from './key-value-cache';
import { fillCache } from './key-value-cache';
import type { Network } from './network';
import type { Project } from './project';
import type { Sequence } from './sequences';
import { capacityOf } from './sequences';

/** A network made ready for decoding. */
export interface DecodingModel {
  network: Network;
  config: ModelConfig;
  project: Project;
}

export const inputOf = (tokens: Int32Array, position: Int32Array): TokenInput => ({
  tokens: tf.tensor1d(tokens, 'int32'),
  position: tf.tensor1d(position, 'int32'),
  longest: position.reduce((max, p) => Math.max(max, p), 0) + 1,
});

/** Prompts one after another under the rule of a packed forest: each sees itself only. */
const packPrompts = (prompts: readonly (readonly number[])[]) => {
  const used = prompts.reduce((sum, { length }) => sum + length, 0);
  const size = onOwnGpu() ? bucketSize(used) : used;
  const tokens = new Int32Array(size);
  const position = new Int32Array(size);
  const treeStart = Int32Array.from({ length: size }, (_, i) => i); // padding sees only itself
  const visibleUntil = treeStart.map((i) => i + 1);
  let start = 0;
  for (const prompt of prompts) {
    const end = start + prompt.length;
    tokens.set(prompt, start);
    for (let i = start; i < end; i++) position[i] = i - start;
    treeStart.fill(start, start, end);
    visibleUntil.fill(end, start, end);
    start = end;
  }
  return { tokens, position, treeStart, visibleUntil };
};

/**
 * Logits after each prompt, in one forward pass over all of them: [P, V].
 * @param see is shown keys and values of each layer [N, width]
 */
export const logitsAfter = (
  { network, config, project }: DecodingModel,
  prompts: readonly (readonly number[])[],
  see: (layer: number, keys: Tensor2D, values: Tensor2D) => void = () => {},
): Tensor2D =>
  tf.tidy(() => {
    const { heads, kvHeads } = config;
    const packed = packPrompts(prompts);
    const mask = uploadMask(packed);
    const attend: Attend = (layer, q, k, v) => {
      see(layer, k, v);
      return treeAttention(q, k, v, mask, { heads, kvHeads });
    };
    const hidden = runModel(network, inputOf(packed.tokens, packed.position), attend, project); // [N, d]
    const last = startsOf(prompts).map((start, p) => start + prompts[p]!.length - 1);
    return project(tf.gather(hidden, tf.tensor1d(last, 'int32')), headModule(config)); // [P, V]
  });

/** The first row of each prompt. */
const startsOf = (prompts: readonly (readonly number[])[]): number[] => {
  let size = 0;
  return prompts.map(({ length }) => {
    size += length;
    return size - length;
  });
};

/** Runs each different prompt once and fills the cache with a copy per sequence. */
export const prefill = (
  model: DecodingModel,
  sequences: readonly Sequence[],
): { logits: Tensor2D; cache: KeyValueCache; promptOf: number[] } => {
  const prompts = [...new Set(sequences.map(({ prompt }) => prompt))];
  const starts = startsOf(prompts);
  const promptOf = sequences.map(({ prompt }) => prompts.indexOf(prompt));
  const keys: Tensor2D[] = [];
  const values: Tensor2D[] = [];
  try {
    const logits = logitsAfter(model, prompts, (layer, k, v) => {
      keys[layer] = tf.keep(k);
      values[layer] = tf.keep(v);
    });
    const ranges = promptOf.map((p) => ({ row: starts[p]!, length: prompts[p]!.length }));
    return { logits, cache: fillCache(keys, values, ranges, capacityOf(sequences)), promptOf };
  } finally {
    tf.dispose([keys, values]);
  }
};
