import { z } from 'zod/mini';
import { datasetSettingsSchema, defaultDatasetSettings } from '../data/settings';

/** Version of the document's shape. Older ones are migrated, newer ones refused. */
export const RUN_VERSION = 2;

/** Of `snapshots`, where a document says nothing. */
export const defaultSnapshots = 20;

const integer = (min: number, max: number) => z.int().check(z.minimum(min), z.maximum(max));
const real = (min: number, max: number) => z.number().check(z.minimum(min), z.maximum(max));

const id = z.string().check(z.minLength(1), z.maxLength(300));

/** A low-rank adapter to train while the model's own weights stay as they are; names are PEFT's. */
const adapterSchema = z.strictObject({
  rank: z._default(integer(1, 256), 8),
  alpha: z._default(real(0.001, 100_000), 16),
  dropout: z._default(real(0, 0.9), 0),
  /** Scale by alpha / sqrt(rank) instead of alpha / rank. */
  rsLora: z._default(z.boolean(), false),
  /** Modules by their name or its last part, such as "q_proj"; or "all-linear". */
  targetModules: z._default(
    z.array(z.string().check(z.minLength(1), z.maxLength(200))).check(z.maxLength(1000)),
    ['all-linear'],
  ),
  /** A stored adapter to go on from, with its own rank, alpha and modules; null begins a new one. */
  from: z._default(z.nullable(id), null),
  /** What the run is compared with: the model alone, or the model with the adapter that the run begins with. */
  reference: z._default(z.enum(['base', 'adapter']), 'base'),
});

export type AdapterDocument = z.infer<typeof adapterSchema>;

/** A file of examples to train on, by the id it is stored under, and how it is read. */
const datasetSchema = z.strictObject({
  id,
  settings: z._default(datasetSettingsSchema, defaultDatasetSettings()),
});

/** The value of a parameter; what it may be is the method's or the source's to say. */
const paramValue = z.union([z.number(), z.boolean(), z.string().check(z.maxLength(200))]);

const paramsSchema = z.record(z.string(), paramValue);

/** A data maker by its id, with its parameters. */
const sourceSchema = z.strictObject({
  id: z.string().check(z.minLength(1), z.maxLength(60)),
  params: z._default(paramsSchema, {}),
});

/** How the weights that are not trained lie on the device. */
export const weightStorages = ['f32', 'f16', 'int8', 'int4', 'file'] as const;

/**
 * Everything that decides a run's numbers, in one JSON document. Fields that came later have defaults, so that an older
 * document means what it meant.
 */
export const runSchema = z.strictObject({
  version: z.literal(RUN_VERSION),
  /** A built-in model's id or the id of a stored model. */
  model: id,
  /** 'file' keeps packed and half weights as the file has them. Anything but f32 needs an adapter: it cannot be trained. */
  weights: z._default(z.enum(weightStorages), 'f32'),
  /** null trains all weights. */
  adapter: z._default(z.nullable(adapterSchema), null),
  /** Compute each layer again in the backward pass, for long sequences: a third more time, far less memory. */
  checkpointing: z._default(z.boolean(), false),
  method: z.strictObject({
    id: z.string().check(z.minLength(1), z.maxLength(60)),
    params: z._default(paramsSchema, {}),
  }),
  data: z.strictObject({
    task: z.string(),
    difficulty: z.string(),
    /** Preference trees to make (or solutions, for SFT) before training. */
    trees: integer(1, 100_000),
    /** Longest response, in tokens. */
    maxTokens: integer(4, 4096),
    /** What makes the trees; null where a dataset is given. */
    source: z._default(z.nullable(sourceSchema), null),
    /** What changes or selects what the source or the file gives, by id, each with its parameters. */
    wrappers: z._default(z.record(z.string(), paramsSchema), {}),
    /** Train on a file instead of what the model makes itself; task, difficulty and trees then count for nothing. */
    dataset: z._default(z.nullable(datasetSchema), null),
  }),
  optimizer: z.strictObject({
    learningRate: real(0, 1),
    beta1: real(0, 0.9999),
    beta2: real(0, 0.999999),
    epsilon: real(1e-12, 1e-2),
    weightDecay: real(0, 1),
    /** Largest global gradient norm; 0 turns clipping off. */
    maxGradNorm: real(0, 1e6),
  }),
  schedule: z.strictObject({
    kind: z.enum(['constant', 'linear', 'cosine']),
    /** Share of the steps over which the rate rises from 0. */
    warmup: real(0, 1),
  }),
  /** Optimiser steps. */
  steps: integer(1, 1_000_000),
  /** Trees per micro-batch, and micro-batches per optimiser step. */
  batchSize: integer(1, 4096),
  accumulate: integer(1, 4096),
  evaluation: z.strictObject({
    /** In steps; 0 evaluates only before and after. */
    every: integer(0, 1_000_000),
    /** Held-out problems, answered greedily. */
    problems: integer(0, 10_000),
  }),
  /** The same few pairs are scored again and again, for what the page shows of them; the run's numbers do not change. */
  probe: z._default(
    z.strictObject({
      /** In steps; 0 lets as many come over a pass as take about 5 % of its time, 5 to 40. */
      every: integer(0, 1_000_000),
      /** 0 takes none. */
      pairs: integer(0, 1024),
    }),
    { every: 0, pairs: 16 },
  ),
  /** In steps; 0 saves only at pauses and at the end. */
  checkpointEvery: integer(0, 1_000_000),
  /** Steps at which weights of up to 8 MB are kept to be looked at; 20 when left out. The run's numbers do not change. */
  snapshots: z.optional(integer(0, 100)),
  seed: integer(0, 4_294_967_295),
  backend: z.enum(['auto', 'webgpu', 'wasm', 'cpu']),
});

export type RunDocument = z.infer<typeof runSchema>;

/** The adapter that a run trains unless it says otherwise. */
export const defaultAdapter = (): AdapterDocument => z.parse(adapterSchema, {});
