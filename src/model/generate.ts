/**
 * Text from the model, many sequences at once. All prompts run in one forward pass, packed like training data; then
 * each step of the loop adds one token to every sequence, against a cache of keys and values.
 *
 * Logits are read back and the token is drawn on the CPU, so that a seed means the same on every backend: each step
 * waits for B x V numbers. At temperature 0 a GPU picks the token itself, and three numbers per sequence are read.
 */
import type { Sample, SampleOptions, SampleRequest } from '../search/pipeline';
import type { Tensor2D } from '../tf';
import { onOwnGpu, tf } from '../tf';
import type { Rng } from '../util/rng';
import { checkOptions, checkRequest } from './check-sampling';
import type { Chosen } from './choose-token';
import { runModel } from './decoder';
import { headModule } from './head';
import type { KeyValueCache } from './key-value-cache';
import { attendToCache, disposeCache, fillCache } from './key-value-cache';
import type { Network } from './network';
import type { DecodingModel } from './prefill';
import { inputOf, prefill } from './prefill';
import { projectForDecoding } from './project';
import { readGreedy, readLogits } from './read-tokens';
import type { Sequence } from './sequences';
import { batches } from './sequences';

export interface GenerateHooks {
  /** Stops with the signal's reason, between two tokens. */
  signal?: AbortSignal;
  /** Awaited after every token of the batch. `live` sequences go on; `done` of `total` have ended. */
  onToken?: (progress: { live: number; done: number; total: number }) => void | Promise<void>;
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
        steps: 0,
        given: [],
        sample: {
          tokens: [],
          logProbs: [],
          proposalLogProbs: [],
          finished: false,
          ...(options.reply && { given: [] }),
        },
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

/** The temperature of a sequence's next token: it may rise with every step that the sample has ended. */
const temperatureOf = ({ steps }: Sequence, { temperature, rising }: SampleOptions): number =>
  rising ? Math.min(temperature + rising.rise * steps, rising.most) : temperature;

/** Runs sequences to their ends. */
const generateBatch = async (
  model: DecodingModel,
  sequences: readonly Sequence[],
  options: SampleOptions,
  signal: AbortSignal | undefined,
  onToken: (live: number) => Promise<void>,
) => {
  const ends = new Set([...model.config.eosTokenIds, ...(options.stopTokens ?? [])]);
  const isLive = ({ sample, limit }: Sequence) => !sample.finished && sample.tokens.length < limit;
  const stepEnds = new Set(options.rising?.stepEnds);
  const push = ({ sample }: Sequence, { token, logProb, proposalLogProb }: Chosen, given: boolean) => {
    sample.tokens.push(token);
    sample.logProbs.push(logProb);
    sample.proposalLogProbs.push(proposalLogProb);
    sample.given?.push(given);
  };
  const pushGiven = (sequence: Sequence, token: number) =>
    push(sequence, { token, logProb: 0, proposalLogProb: 0 }, true);
  /** The next token: one that is given, or else one that is drawn. */
  const extend = (sequence: Sequence, draw: () => Chosen) => {
    const { sample, given, request } = sequence;
    const waiting = given.shift();
    if (waiting !== undefined) {
      pushGiven(sequence, waiting);
      return;
    }
    const chosen = draw();
    push(sequence, chosen, false);
    if (stepEnds.has(chosen.token)) sequence.steps++;
    if (!ends.has(chosen.token)) return;
    const reply = options.reply?.(request, sample.tokens) ?? { tokens: [], end: true };
    sample.finished = reply.end;
    // Last words are written down; the model need not read them.
    if (reply.end) for (const token of reply.tokens) pushGiven(sequence, token);
    else given.push(...reply.tokens);
  };
  const greedy = options.temperature === 0 && !options.rising;
  const read = greedy && onOwnGpu() ? readGreedy : readLogits(options);
  const breathe = breather();

  signal?.throwIfAborted();
  const prefilled = prefill(model, sequences);
  let { cache } = prefilled;
  try {
    const first = await read(prefilled.logits);
    for (const [b, sequence] of sequences.entries()) {
      extend(sequence, () => first(prefilled.promptOf[b]!, sequence.rng, temperatureOf(sequence, options)));
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
        if (!isLive(sequence)) continue;
        extend(sequence, () => next(b, sequence.rng, temperatureOf(sequence, options)));
      }
    }
  } finally {
    disposeCache(cache);
  }
};

/** One more token for every sequence of the cache: logits [B, V]. Those that have ended are carried along unread. */
const decodeStep = (
  { network, config, project }: DecodingModel,
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

/** Lets waiting messages (an abort, say) in every 50 ms: on the CPU backends nothing else gives way. */
const breather = (): (() => Promise<void>) => {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 50) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    last = performance.now();
  };
};
