import { z } from 'zod/mini';
import { datasetSettingsSchema, defaultDatasetSettings } from '../data/settings';
import type { ParamSpecs } from '../methods/params';
import { defaultParams, paramProblem } from '../methods/params';
import { worldCard, worldOfModel, worlds } from '../tasks/cards';
import { notAMethod } from '../util/not-a-method';
import type { MethodInfo } from './method-info';
import { migrateRun } from './run-migrations';

/** Version of the document's shape. Older ones are migrated, newer ones refused. */
/** Of `snapshots`, where a document says nothing. */
export const defaultSnapshots = 20;

export const RUN_VERSION = 2;

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

/** A run document that cannot be used. One line per field, each naming the field and the remedy. */
export class RunDocumentError extends Error {
  override name = 'RunDocumentError';
  constructor(readonly problems: { field: string; message: string }[]) {
    super(problems.map((p) => `${p.field}: ${p.message}`).join('\n'));
  }
}

/** The source that a method takes unless it is told otherwise: its paper's. */
const firstSource = ({ sources }: Pick<MethodInfo, 'sources'>) => {
  const [first] = sources;
  return first ? { id: first.id, params: defaultParams(first) } : null;
};

/** The model that a run has when nothing is said. */
const usualModel = 'arith-nano';

/** The world of a run whose model is given, or the method's own. */
const worldOf = (method: Pick<MethodInfo, 'defaults'>, model: string | undefined) => {
  const { world } = method.defaults;
  const card = model === undefined ? worldCard(world?.task ?? worlds[0]!.id) : worldOfModel(model);
  return { card: card ?? worlds[0]!, own: card && card.id === world?.task ? world : undefined };
};

/**
 * The defaults of a method: a complete run document.
 * @param model a built-in one, whose world is then taken; the method's own, or the usual one, when left out
 */
export const defaultRun = (
  method: Pick<MethodInfo, 'id' | 'params' | 'defaults' | 'sources'>,
  model?: string,
): RunDocument => {
  const { card, own } = worldOf(method, model);
  const name = model ?? own?.model ?? (own ? card.models[0]!.id : usualModel);
  const suited = card.models.find(({ id }) => id === name) ?? card.models[0]!;
  return {
    version: RUN_VERSION,
    model: name,
    weights: 'f32',
    adapter: null,
    checkpointing: false,
    method: { id: method.id, params: { ...defaultParams(method), ...own?.params } },
    data: {
      task: card.id,
      difficulty: own?.difficulty ?? suited.difficulty,
      trees: own?.trees ?? 256,
      maxTokens: own?.maxTokens ?? card.maxTokens,
      source: firstSource(method),
      wrappers: structuredClone({ ...method.defaults.wrappers }),
      dataset: null,
    },
    optimizer: {
      learningRate: method.defaults.learningRate,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      maxGradNorm: 1,
      ...own?.optimizer,
    },
    schedule: own?.schedule ?? { kind: 'cosine', warmup: 0.1 },
    steps: own?.steps ?? 30,
    batchSize: method.defaults.batchSize,
    accumulate: 1,
    evaluation: { every: 10, problems: 200, ...own?.evaluation },
    probe: { every: 0, pairs: 16 },
    checkpointEvery: own?.checkpointEvery ?? 10,
    seed: 1,
    backend: 'auto',
  };
};

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

type Problem = { field: string; message: string };

/** What is wrong with the values of parameters, each with its field. */
const paramProblems = (
  owner: string,
  specs: ParamSpecs,
  values: Readonly<Record<string, number | boolean | string>>,
  path: string,
): Problem[] => {
  const known = Object.keys(specs).join(', ') || 'none';
  const unknown = Object.keys(values)
    .filter((key) => !Object.hasOwn(specs, key))
    .map((key) => ({
      field: `${path}.${key}`,
      message: `is not a parameter of ${owner} (its parameters: ${known})`,
    }));
  const wrong = Object.entries(specs).flatMap(([key, spec]): Problem[] => {
    const message = paramProblem(spec, Object.hasOwn(values, key) ? values[key] : undefined);
    return message ? [{ field: `${path}.${key}`, message }] : [];
  });
  return [...unknown, ...wrong];
};

const sourceProblems = (
  method: Pick<MethodInfo, 'name' | 'sources'>,
  { id, params }: { id: string; params: Readonly<Record<string, number | boolean | string>> },
): Problem[] => {
  const source = method.sources.find((s) => s.id === id);
  if (source) return paramProblems(source.name, source.params, params, 'data.source.params');
  const known = method.sources.map((s) => s.id).join(', ');
  return [
    {
      field: 'data.source.id',
      message: `"${id}" makes nothing that ${method.name} trains on; use one of ${known}`,
    },
  ];
};

const wrapperProblems = (
  method: Pick<MethodInfo, 'name' | 'wrappers'>,
  chosen: RunDocument['data']['wrappers'],
): Problem[] =>
  Object.entries(chosen).flatMap(([id, params]) => {
    const wrapper = method.wrappers.find((w) => w.id === id);
    const field = `data.wrappers.${id}`;
    if (wrapper) return paramProblems(wrapper.name, wrapper.params, params, field);
    const known = method.wrappers.map((w) => w.id).join(', ') || 'none';
    return [{ field, message: `changes nothing that ${method.name} trains on; use one of ${known}` }];
  });

/**
 * Checks an unknown value as a run document, the method's and the source's parameters against their ranges included.
 * Documents of earlier versions are migrated. Exactly one of `data.source` and `data.dataset` is not null in the result: a
 * dataset takes the source's place, and without either the method's own source is taken.
 * @param methods the catalogue as data, passed in so that this file needs no room above its own
 * @throws RunDocumentError naming every wrong field and what to do
 */
export const parseRun = (
  value: unknown,
  methods: readonly Pick<MethodInfo, 'id' | 'name' | 'params' | 'sources' | 'wrappers'>[],
): RunDocument => {
  if (typeof value === 'object' && value !== null && 'version' in value) {
    const { version } = value;
    if (version !== RUN_VERSION && version !== 1) {
      throw new RunDocumentError([
        {
          field: 'version',
          message: `is ${JSON.stringify(version)}, and this program reads versions 1 and ${RUN_VERSION}; make the run again here, or open it with the release that wrote it`,
        },
      ]);
    }
  }
  const result = z.safeParse(runSchema, migrateRun(value, methods));
  if (!result.success)
    throw new RunDocumentError(result.error.issues.map((issue) => describeIssue(issue, value)));
  const run = result.data;
  const problems: Problem[] = [];
  if (run.adapter === null && run.weights !== 'f32') {
    problems.push({
      field: 'weights',
      message: `is "${run.weights}", and weights that are all trained have to be "f32"; use that, or give an adapter`,
    });
  }
  const method = methods.find((m) => m.id === run.method.id);
  if (method) {
    problems.push(...paramProblems(method.name, method.params, run.method.params, 'method.params'));
    run.data.source = run.data.dataset ? null : (run.data.source ?? firstSource(method));
    if (run.data.source) problems.push(...sourceProblems(method, run.data.source));
    problems.push(...wrapperProblems(method, run.data.wrappers));
  } else {
    problems.push({
      field: 'method.id',
      message: notAMethod(
        run.method.id,
        methods.map((m) => m.id),
      ),
    });
  }
  if (problems.length > 0) throw new RunDocumentError(problems);
  return run;
};
