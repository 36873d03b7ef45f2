/**
 * Text from the model, many sequences at once. All prompts run in one forward pass, packed like training data; then
 * each step of the loop adds one token to every sequence, against a cache of keys and values.
 *
 * Logits are read back and the token is drawn on the CPU, so that a seed means the same on every backend: each step
 * waits for B x V numbers. At temperature 0 a GPU picks the token itself, and three numbers per sequence are read.
 */
import { greedyRows } from '../kernels/greedy-rows';
import { treeAttention, uploadMask } from '../kernels/tree-attention';
import type { Sample, SampleOptions, SampleRequest } from '../search/pipeline';
import type { Tensor2D } from '../tf';
import { maxBinding, onOwnGpu, readFloats, tf } from '../tf';
import { bucketSize } from '../tree/buckets';
import type { Rng } from '../util/rng';
import { brokenLogit, chooseToken } from './choose-token';
import type { ModelConfig } from './config';
import { runModel } from './decoder';
import type { Attend, TokenInput } from './families/family';
import { headModule } from './head';
import type { KeyValueCache } from './key-value-cache';
import { attendToCache, cacheBytes, disposeCache, fillCache } from './key-value-cache';
import type { Network } from './network';
import type { Project } from './project';
import { projectForDecoding } from './project';

export interface GenerateHooks {
  /** Stops with the signal's reason, between two tokens. */
  signal?: AbortSignal;
  /** Awaited after every token of the batch. `live` sequences go on; `done` of `total` have ended. */
  onToken?: (progress: { live: number; done: number; total: number }) => void | Promise<void>;
}

/**
 * Sequences that run together at most, whatever fits in memory. On a GPU a token of many takes little longer than one of few; on
 * the CPU more than 128 gain nothing and leave its caches.
 */
const maxSequences = () => (onOwnGpu() ? 1024 : 128);
const MAX_CACHE_BYTES = 512 * 2 ** 20;
const MAX_LOGIT_BYTES = 64 * 2 ** 20; // of one step; a binding of 128 MB is all that every GPU offers
const MAX_PROMPT_TOKENS = 16_384;

interface Sequence {
  prompt: readonly number[];
  /** Where its sample goes. */
  request: number;
  rng: Rng;
  /** Most tokens it may add. */
  limit: number;
  sample: Sample;
}

interface Model {
  network: Network;
  config: ModelConfig;
  project: Project;
}

/**
 * Samples `options.count` continuations of each request. Each continuation draws from a generator of its own, forked
 * from `rng` by the indices of request and sample, so results depend neither on how sequences are batched nor on when
 * others end; `rng` itself advances once per call. A path that would pass the model's positions is cut there.
 * @returns one list of samples per request, in order.
 * @throws Error naming the request or option that cannot be used; the signal's reason when aborted.
 */
export const generate = async (
  network: Network,
  requests: readonly SampleRequest[],
  options: SampleOptions,
  rng: Rng,
  hooks: GenerateHooks = {},
): Promise<Sample[][]> => {
  const { config } = network;
  checkOptions(options);
  for (const [i, request] of requests.entries()) checkRequest(request, i, config);
  const seed = rng.bits();
  const sequences = requests.flatMap(({ tokens }, request) =>
    Array.from({ length: options.count }, (_, sample): Sequence => {
      const limit = Math.min(options.maxTokens, config.maxPositions - tokens.length);
      const own = rng.fork(`${seed}/${request}/${sample}`);
      return {
        prompt: tokens,
        request,
        rng: own,
        limit,
        sample: { tokens: [], logProbs: [], finished: false },
      };
    }),
  );
  const { project, dispose } = projectForDecoding(network);
  const model = { network, config, project };
  try {
    let done = 0;
    for (const batch of batches(sequences, config)) {
      const ended = done;
      await generateBatch(model, batch, options, hooks.signal, async (live) => {
        await hooks.onToken?.({ live, done: ended + batch.length - live, total: sequences.length });
      });
      done += batch.length;
    }
  } finally {
    dispose();
  }
  const samples: Sample[][] = requests.map(() => []);
  for (const { request, sample } of sequences) samples[request]!.push(sample);
  return samples;
};

/** Runs sequences to their ends. */
const generateBatch = async (
  model: Model,
  sequences: readonly Sequence[],
  options: SampleOptions,
  signal: AbortSignal | undefined,
  onToken: (live: number) => Promise<void>,
) => {
  const ends = new Set([...model.config.eosTokenIds, ...(options.stopTokens ?? [])]);
  const isLive = ({ sample, limit }: Sequence) => !sample.finished && sample.tokens.length < limit;
  const extend = (sequence: Sequence, { token, logProb }: Chosen) => {
    sequence.sample.tokens.push(token);
    sequence.sample.logProbs.push(logProb);
    sequence.sample.finished = ends.has(token);
  };
  const read = options.temperature === 0 && onOwnGpu() ? readGreedy : readLogits(options);
  const breathe = breather();

  signal?.throwIfAborted();
  const prefilled = prefill(model, sequences);
  let { cache } = prefilled;
  try {
    const first = await read(prefilled.logits);
    for (const [b, sequence] of sequences.entries()) {
      extend(sequence, first(prefilled.promptOf[b]!, sequence.rng));
    }
    let active = sequences; // the sequences that have rows in the cache, in its order
    for (;;) {
      const live = active.filter(isLive);
      await onToken(live.length);
      await breathe();
      signal?.throwIfAborted();
      if (live.length === 0) return;
      if (live.length <= active.length / 2) {
        cache = compact(cache, active, isLive);
        active = live;
      }
      const next = await read(decodeStep(model, cache, active, isLive));
      for (const [b, sequence] of active.entries()) {
        if (isLive(sequence)) extend(sequence, next(b, sequence.rng));
      }
    }
  } finally {
    disposeCache(cache);
  }
};

/** Runs each different prompt once and fills the cache with a copy per sequence. */
const prefill = (
  model: Model,
  sequences: readonly Sequence[],
): { logits: Tensor2D; cache: KeyValueCache; promptOf: number[] } => {
  const prompts = [...new Set(sequences.map(({ prompt }) => prompt))];
  const starts: number[] = [];
  let size = 0;
  for (const { length } of prompts) {
    starts.push(size);
    size += length;
  }
  const promptOf = sequences.map(({ prompt }) => prompts.indexOf(prompt));
  const keys: Tensor2D[] = [];
  const values: Tensor2D[] = [];
  const { network, config, project } = model;
  const { heads, kvHeads } = config;
  try {
    const logits = tf.tidy(() => {
      const packed = packPrompts(prompts);
      const mask = uploadMask(packed);
      const attend: Attend = (layer, q, k, v) => {
        keys[layer] = tf.keep(k);
        values[layer] = tf.keep(v);
        return treeAttention(q, k, v, mask, { heads, kvHeads });
      };
      const hidden = runModel(network, inputOf(packed.tokens, packed.position), attend, project); // [N, d]
      const last = prompts.map(({ length }, p) => starts[p]! + length - 1);
      return project(tf.gather(hidden, tf.tensor1d(last, 'int32')), headModule(config)); // [P, V]
    });
    const ranges = promptOf.map((p) => ({ row: starts[p]!, length: prompts[p]!.length }));
    return { logits, cache: fillCache(keys, values, ranges, capacityOf(sequences)), promptOf };
  } finally {
    tf.dispose([keys, values]);
  }
};

/** One more token for every sequence of the cache: logits [B, V]. Those that have ended are carried along unread. */
const decodeStep = (
  { network, config, project }: Model,
  cache: KeyValueCache,
  active: readonly Sequence[],
  isLive: (sequence: Sequence) => boolean,
): Tensor2D =>
  tf.tidy(() => {
    const at = Int32Array.from(active, ({ prompt, sample }) => prompt.length + sample.tokens.length - 1);
    const index = tf.tensor1d(
      at.map((t, b) => b * cache.capacity + t),
      'int32',
    );
    const length = tf.tensor1d(
      at.map((t, b) => (isLive(active[b]!) ? t + 1 : 0)),
      'int32',
    );
    const tokens = Int32Array.from(active, ({ sample }) => sample.tokens.at(-1)!); // [B]
    const attend = attendToCache(config, cache, index, length);
    return project(runModel(network, inputOf(tokens, at), attend, project), headModule(config));
  });

const inputOf = (tokens: Int32Array, position: Int32Array): TokenInput => ({
  tokens: tf.tensor1d(tokens, 'int32'),
  position: tf.tensor1d(position, 'int32'),
  longest: position.reduce((max, p) => Math.max(max, p), 0) + 1,
});

/** The cache of the live sequences alone; the old one is disposed. */
const compact = (
  cache: KeyValueCache,
  active: readonly Sequence[],
  isLive: (sequence: Sequence) => boolean,
): KeyValueCache => {
  const rows = active.flatMap((sequence, b) => {
    const length = sequence.prompt.length + sequence.sample.tokens.length - 1;
    return isLive(sequence) ? [{ row: b * cache.capacity, length }] : [];
  });
  const smaller = fillCache(cache.keys, cache.values, rows, cache.capacity);
  disposeCache(cache);
  return smaller;
};

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

/** Rounded up so that the GPU pool sees few sizes. */
const roomFor = (tokens: number): number => Math.ceil(tokens / 16) * 16;

/** Tokens that the longest sequence may come to, rounded up. */
const capacityOf = (sequences: readonly Sequence[]): number =>
  roomFor(sequences.reduce((max, { prompt, limit }) => Math.max(max, prompt.length + limit), 0));

/** Cuts sequences into batches that fit: by number and logits, by bytes of cache, by tokens of prompts, and into bindings. */
function* batches(sequences: readonly Sequence[], config: ModelConfig): Generator<Sequence[]> {
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

/** A token and its log-prob at temperature 1. */
interface Chosen {
  token: number;
  logProb: number;
}

/** Chooses a row's token, once the logits [B, V] have been read, or what was made of them; they are disposed. */
type Read = (logits: Tensor2D) => Promise<(row: number, rng: Rng) => Chosen>;

const readAndDispose = async (tensor: Tensor2D): Promise<Float32Array> => {
  try {
    return await readFloats(tensor);
  } finally {
    tensor.dispose();
  }
};

const readLogits =
  (options: SampleOptions): Read =>
  async (logits) => {
    const width = logits.shape[1];
    const all = await readAndDispose(logits);
    return (row, rng) => chooseToken(all.subarray(row * width, (row + 1) * width), options, rng);
  };

const readGreedy: Read = async (logits) => {
  const rows = greedyRows(logits);
  logits.dispose();
  const found = await readAndDispose(rows);
  return (row) => {
    const [token, logSum, bad] = found.subarray(3 * row, 3 * row + 3) as unknown as [number, number, number];
    if (bad >= 0) throw brokenLogit(bad, 'not a finite number');
    return { token, logProb: -logSum };
  };
};

/** Lets waiting messages (an abort, say) in every 50 ms: on the CPU backends nothing else gives way. */
const breather = (): (() => Promise<void>) => {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 50) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    last = performance.now();
  };
};

const checkRequest = ({ tokens }: SampleRequest, i: number, { vocabSize, maxPositions }: ModelConfig) => {
  if (tokens.length === 0) {
    throw new Error(`Request ${i} has no tokens: give a prompt of at least one, for example the BOS token.`);
  }
  const wrong = tokens.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (wrong !== undefined) {
    throw new Error(
      `Request ${i} has token ${wrong}, but the model's vocabulary is 0 to ${vocabSize - 1}. Use the tokenizer that belongs to the model.`,
    );
  }
  if (tokens.length >= maxPositions) {
    throw new Error(
      `Request ${i} has ${tokens.length} tokens, which leaves no room in the model's ${maxPositions} positions (max_position_embeddings). Shorten the prompt.`,
    );
  }
};

const checkOptions = ({ temperature, topK, topP, count, maxTokens }: SampleOptions) => {
  const require = (good: boolean, name: string, value: unknown, rule: string) => {
    if (!good) throw new Error(`The sampling option ${name} is ${value}: it must be ${rule}.`);
  };
  const positive = (n: number) => Number.isSafeInteger(n) && n >= 1;
  require(Number.isFinite(temperature) && temperature >= 0, 'temperature', temperature, 'a number from 0 up');
  require(topK === undefined || positive(topK), 'topK', topK, 'a whole number from 1 up, or left out');
  require(topP === undefined || (topP > 0 && topP <= 1), 'topP', topP, 'above 0 and at most 1, or left out');
  require(positive(count), 'count', count, 'a whole number from 1 up');
  require(positive(maxTokens), 'maxTokens', maxTokens, 'a whole number from 1 up');
};
