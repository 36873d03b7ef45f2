import { z } from 'zod/mini';
import { datasetSettingsSchema, defaultDatasetSettings } from '../data/settings';
import type { Method } from '../methods/method';

/** Version of the document's shape. Older ones are refused with the field that says so, or migrated here. */
export const RUN_VERSION = 1;

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
    params: z.record(z.string(), z.number()),
  }),
  data: z.strictObject({
    task: z.string(),
    difficulty: z.string(),
    /** Preference trees to make (or solutions, for SFT) before training. */
    trees: integer(1, 100_000),
    /** Longest response, in tokens. */
    maxTokens: integer(4, 4096),
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
  /** In steps; 0 saves only at pauses and at the end. */
  checkpointEvery: integer(0, 1_000_000),
  seed: integer(0, 4_294_967_295),
  backend: z.enum(['auto', 'webgpu', 'wasm', 'cpu']),
});

export type RunDocument = z.infer<typeof runSchema>;

/** The adapter that a run trains unless it says otherwise. */
export const defaultAdapter = (): AdapterDocument => z.parse(adapterSchema, {});

/** A run document that cannot be used. One line per field, each naming the field and the remedy. */
export class RunDocumentError extends Error {
  override name = 'RunDocumentError';
  constructor(readonly problems: { field: string; message: string }[]) {
    super(problems.map((p) => `${p.field}: ${p.message}`).join('\n'));
  }
}

/** The defaults of a method on a built-in model: a complete run document. */
export const defaultRun = (
  method: Pick<Method, 'id' | 'params' | 'defaults'>,
  model = 'arith-nano',
): RunDocument => ({
  version: RUN_VERSION,
  model,
  weights: 'f32',
  adapter: null,
  checkpointing: false,
  method: {
    id: method.id,
    params: Object.fromEntries(Object.entries(method.params).map(([key, info]) => [key, info.default])),
  },
  data: { task: 'arithmetic', difficulty: 'medium', trees: 256, maxTokens: 96, dataset: null },
  optimizer: {
    learningRate: method.defaults.learningRate,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
    maxGradNorm: 1,
  },
  schedule: { kind: 'cosine', warmup: 0.1 },
  steps: 30,
  batchSize: method.defaults.batchSize,
  accumulate: 1,
  evaluation: { every: 10, problems: 200 },
  checkpointEvery: 10,
  seed: 1,
  backend: 'auto',
});

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);

const describeIssue = (issue: z.core.$ZodIssue, document: unknown): { field: string; message: string } => {
  const field = issue.path.join('.') || 'document';
  switch (issue.code) {
    case 'unrecognized_keys':
      return {
        field,
        message: `unknown field ${issue.keys.map((k) => `"${k}"`).join(', ')}; remove it or check the spelling`,
      };
    case 'too_small':
      return { field, message: `is too small; use at least ${String(issue.minimum)}` };
    case 'too_big':
      return { field, message: `is too large; use at most ${String(issue.maximum)}` };
    case 'invalid_type': {
      const wanted = issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`;
      const missing = issue.path.length > 0 && valueAt(document, issue.path) === undefined;
      return { field, message: `${missing ? 'is missing; it ' : ''}should be ${wanted}` };
    }
    case 'invalid_value':
      return { field, message: `should be one of ${issue.values.map(String).join(', ')}` };
    default:
      return { field, message: issue.message ?? 'is not valid' };
  }
};

/**
 * Checks an unknown value as a run document, including the method's own parameters against their ranges.
 * @param methods the catalogue, passed in so that this file needs no room above its own
 * @throws RunDocumentError naming every wrong field and what to do
 */
export const parseRun = (
  value: unknown,
  methods: readonly Pick<Method, 'id' | 'name' | 'params'>[],
): RunDocument => {
  if (typeof value === 'object' && value !== null && 'version' in value && value.version !== RUN_VERSION) {
    throw new RunDocumentError([
      {
        field: 'version',
        message: `is ${JSON.stringify(value.version)}, and this program reads version ${RUN_VERSION}; make the run again here, or open it with the release that wrote it`,
      },
    ]);
  }
  const result = z.safeParse(runSchema, value);
  if (!result.success)
    throw new RunDocumentError(result.error.issues.map((issue) => describeIssue(issue, value)));
  const run = result.data;
  const problems: { field: string; message: string }[] = [];
  if (run.adapter === null && run.weights !== 'f32') {
    problems.push({
      field: 'weights',
      message: `is "${run.weights}", and weights that are all trained have to be "f32"; use that, or give an adapter`,
    });
  }
  const method = methods.find((m) => m.id === run.method.id);
  if (!method) {
    problems.push({
      field: 'method.id',
      message: `"${run.method.id}" is not a method; use one of ${methods.map((m) => m.id).join(', ')}`,
    });
  } else {
    for (const key of Object.keys(run.method.params)) {
      if (!Object.hasOwn(method.params, key)) {
        const known = Object.keys(method.params).join(', ') || 'none';
        problems.push({
          field: `method.params.${key}`,
          message: `is not a parameter of ${method.name} (its parameters: ${known})`,
        });
      }
    }
    for (const [key, info] of Object.entries(method.params)) {
      const given = run.method.params[key];
      const field = `method.params.${key}`;
      if (given === undefined)
        problems.push({ field, message: `is missing; the default is ${info.default}` });
      else if (!Number.isFinite(given) || given < info.min || given > info.max)
        problems.push({ field, message: `is ${given}; use a number from ${info.min} to ${info.max}` });
      else if (info.integer && !Number.isInteger(given))
        problems.push({ field, message: `is ${given}; use a whole number` });
    }
  }
  if (problems.length > 0) throw new RunDocumentError(problems);
  return run;
};
