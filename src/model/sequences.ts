import type { Sample } from '../search/pipeline';
import { maxBinding, onOwnGpu } from '../tf';
import { bucketSize } from '../tree/buckets';
import type { Rng } from '../util/rng';
import type { ModelConfig } from './config';
import { cacheBytes } from './key-value-cache';

/**
 * Sequences that run together at most, whatever fits in memory. On a GPU a token of many takes little longer than one of few; on
 * the CPU more than 128 gain nothing and leave its caches.
 */
const maxSequences = () => (onOwnGpu() ? 1024 : 128);
const MAX_CACHE_BYTES = 512 * 2 ** 20;
const MAX_LOGIT_BYTES = 64 * 2 ** 20; // of one step; a binding of 128 MB is all that every GPU offers
const MAX_PROMPT_TOKENS = 16_384;

/** A text under way. */
export interface Sequence {
  prompt: readonly number[];
  /** Where its sample goes. */
  request: number;
  rng: Rng;
  /** Most tokens it may add. */
  limit: number;
  /** Steps that its sample has ended, where the temperature asks. */
  steps: number;
  /** Tokens that are given next. */
  given: number[];
  sample: Sample;
}

/** Rounded up so that the GPU pool sees few sizes. */
const roomFor = (tokens: number): number => Math.ceil(tokens / 16) * 16;

/** Tokens that the longest sequence may come to, rounded up. */
export const capacityOf = (sequences: readonly Sequence[]): number =>
  roomFor(sequences.reduce((max, { prompt, limit }) => Math.max(max, prompt.length + limit), 0));

/** Cuts sequences into batches that fit: by number and logits, by bytes of cache, by tokens of prompts, and into bindings. */
export function* batches(sequences: readonly Sequence[], config: ModelConfig): Generator<Sequence[]> {
  const { layers, intermediateSize, heads, headDim } = config;
  const widest = Math.max(intermediateSize, heads * headDim);
  const binding = onOwnGpu() ? maxBinding() : Number.POSITIVE_INFINITY;
  let batch: Sequence[] = [];
  let prompts = new Set<readonly number[]>();
  let promptTokens = 0;
  let longest = 0;
  for (const sequence of sequences) {
    const { prompt, limit } = sequence;
    const tokens = promptTokens + (prompts.has(prompt) ? 0 : prompt.length);
    longest = Math.max(longest, prompt.length + limit);
    const bytes = cacheBytes(config, roomFor(longest)) * (batch.length + 1);
    const most = Math.min(maxSequences(), Math.floor(MAX_LOGIT_BYTES / (4 * config.vocabSize)));
    const full =
      batch.length >= most ||
      bytes > MAX_CACHE_BYTES ||
      bytes / (2 * layers) > binding || // keys or values of a layer
      tokens > MAX_PROMPT_TOKENS ||
      4 * bucketSize(tokens) * widest > binding;
    if (full && batch.length > 0) {
      yield batch;
      batch = [];
      prompts = new Set();
      promptTokens = 0;
      longest = prompt.length + limit;
    }
    promptTokens += prompts.has(prompt) ? 0 : prompt.length;
    prompts.add(prompt);
    batch.push(sequence);
  }
  if (batch.length > 0) yield batch;
}
