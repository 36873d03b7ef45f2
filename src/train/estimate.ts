/**
 * What a run will take of memory and time, from shapes alone. The terms follow what the engine keeps: see the functions.
 * Held against the measured peak in test/gpu/estimate.test.ts.
 */
import type { Estimate } from '../../workers/protocol';
import { keepsLogits } from '../kernels/linear-log-prob';
import { chunkColumns } from '../kernels/vocabulary-chunks';
import type { ModelConfig } from '../model/config';
import type { HostTensor, HostWeights, WeightStorage } from '../model/host-weights';
import { linearModules } from '../model/linear-modules';
import { loraShapes } from '../model/lora';
import { parameterShapes } from '../model/parameters';
import type { RunDocument } from './run-document';
import { timeAhead } from './time-ahead';

/** What the device says of itself. */
export interface DeviceFacts {
  backend: 'webgpu' | 'wasm' | 'cpu';
  /** Bytes of the largest buffer that a shader may bind; undefined where there is no such limit. */
  largestBuffer: number | undefined;
  /** Bytes of the largest buffer that it makes, for a table or a head, which is bound in parts; as above when left out. */
  largestTable?: number;
  /** Bytes that may be used in all, by rule of thumb: browsers do not tell. */
  memory: number | undefined;
  /** Multiplications and additions per second, measured; undefined when not. */
  flops: number | undefined;
}

/** How long the data are. */
export interface DataFacts {
  /** Tokens of one tree on average, shared parts once; scored tokens of it; tokens of the longest tree. */
  meanTokens: number;
  meanScored: number;
  longest: number;
  /** Trees to train on, where they have been counted. */
  trees?: number;
}

/** What is known of the method, and of how fast answers are written. */
export interface MethodFacts {
  /** See `TimeInput`. */
  passes: number;
  allSteps: number;
  frozen: number;
  latency: number;
  /** One of the frozen models is another than what the run begins with. */
  other: boolean;
  /** Sets of trained weights that are kept: of passes for later ones, of a reference that follows. */
  kept: number;
  /** A linear head is trained beside the weights. */
  head: boolean;
  /** It sits on a second copy of what is trained, through which every token goes as well. */
  trunk: boolean;
  /** log p(EOS) is scored at every state beside the token. */
  stop: boolean;
  /** Each prompt has as many answers of another one beside its own. */
  mismatched: boolean;
}

/** One pass with a reference. */
const plainMethod = (steps: number): MethodFacts => ({
  passes: 1,
  allSteps: steps,
  frozen: 1,
  latency: 0,
  other: false,
  kept: 0,
  head: false,
  trunk: false,
  stop: false,
  mismatched: false,
});

export interface EstimateInput {
  config: ModelConfig;
  weights: HostWeights;
  document: RunDocument;
  data: DataFacts;
  device: DeviceFacts;
  /** One pass with a reference when left out. */
  method?: MethodFacts;
}

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const F32 = 4;

/** Bytes per number of a packed matrix, its scales included. */
const packedBytes = { f16: 2, int8: 1 + 4 / 32, int4: 0.5 + 4 / 32 } as const;

/** The packed format of a weight, as `loadWeights` chooses it; undefined for f32. */
const packedAs = (
  shape: readonly number[],
  storage: WeightStorage,
  tensor: HostTensor | undefined,
): keyof typeof packedBytes | undefined => {
  if (shape.length !== 2 || storage === 'f32') return undefined;
  if (storage === 'file') return tensor?.packed && (tensor.packedFormat ?? 'f16');
  return shape[1]! % 32 === 0 ? storage : 'f16';
};

/** Tables of tokens and positions, and the head: the shaders bind these in parts. */
const isTable = (name: string) => /embed|wte|wpe|lm_head/.test(name);

/** Bytes of the model's own weights on the device, and of the largest of its buffers. */
const weightBytes = (config: ModelConfig, weights: HostWeights, storage: WeightStorage) => {
  let total = 0;
  let largest = 0; // of those that are bound whole
  let table = 0;
  for (const [name, shape] of parameterShapes(config)) {
    const tensor = weights.get(name);
    const format = packedAs(shape, storage, tensor);
    const bytes = product(shape) * (format ? packedBytes[format] : F32);
    total += bytes;
    if (isTable(name)) table = Math.max(table, bytes);
    else largest = Math.max(largest, bytes);
  }
  return { total, largest, table };
};

/** Numbers per token that a layer keeps for its gradient: inputs of products and norms, queries, keys, values, the MLP. */
const keptPerToken = ({ hiddenSize: d, heads, kvHeads, headDim, intermediateSize: f }: ModelConfig) =>
  4 * d + 3 * heads * headDim + 3 * kvHeads * headDim + heads + 3 * f;

/**
 * The backward pass makes gradients of about the same sizes, which live until it ends; measured peaks are a little above that
 * on small shapes and a little below on that of a real model.
 */
const BACKWARD = 2.3;

const numbersOf = (config: ModelConfig) => {
  let matrices = 0;
  for (const [name, shape] of parameterShapes(config)) {
    if (shape.length === 2 && !/embed|wte|wpe/.test(name)) matrices += product(shape);
  }
  // A tied head multiplies as well.
  return matrices + (config.tieWordEmbeddings ? config.vocabSize * config.hiddenSize : 0);
};

const numbersIn = (shapes: ReadonlyMap<string, readonly number[]>) =>
  [...shapes.values()].reduce((sum, shape) => sum + product(shape), 0);

/** All weights or the adapter's, heads left out. */
const trainedNumbers = ({ config, document }: EstimateInput): number => {
  if (!document.adapter) return numbersIn(parameterShapes(config));
  const { rank, targetModules } = document.adapter;
  return numbersIn(loraShapes(linearModules(config), { rank, targetModules }));
};

/** The data as a step has them: with the answers of other prompts where the method reads those. */
const dataOf = ({ data, method }: EstimateInput): DataFacts => {
  if (!method?.mismatched) return data;
  const more = 1 + data.meanScored / Math.max(1, data.meanTokens);
  return {
    ...data,
    meanTokens: data.meanTokens + data.meanScored,
    meanScored: 2 * data.meanScored,
    longest: data.longest * more,
  };
};

/** Models beside the policy: those that it is compared with, while they are scored, and weights of passes for later ones. */
const besidePolicy = (
  { document, method = plainMethod(document.steps) }: EstimateInput,
  base: number,
  trained: number,
): Estimate['parts'] => {
  const { adapter } = document;
  const other = method.other || adapter?.reference === 'adapter';
  // Beside an adapter the model itself is there anyway; another one is the same with another adapter.
  const beside = adapter ? (other ? trained : 0) : base;
  return [
    { what: 'reference, while it is scored', bytes: method.frozen > 0 ? beside : 0 },
    { what: 'weights kept for later passes', bytes: method.kept * trained },
  ].filter((part) => part.bytes > 0);
};

interface Sizes {
  parts: Estimate['parts'];
  totalBytes: number;
  largestBufferBytes: number;
  largestTableBytes: number;
  tokensPerStep: number;
}

const sizesOf = (input: EstimateInput): Sizes => {
  const { config, weights, document, device, method } = input;
  const data = dataOf(input);
  const tokens = Math.max(1, Math.round(document.batchSize * data.meanTokens), data.longest); // of a micro-batch
  const entries = Math.max(1, Math.round((tokens * data.meanScored) / Math.max(1, data.meanTokens)));
  const rows = method?.stop ? 2 * entries : entries;
  const own = trainedNumbers(input) * F32;
  const forwards = method?.trunk ? 2 : 1;
  const head = method?.head ? (config.hiddenSize + 1) * F32 + (forwards - 1) * own : 0;
  const trained = own + head;
  const base = weightBytes(config, weights, document.adapter ? document.weights : 'f32');
  const kept = forwards * keptPerToken(config) * tokens * F32;
  const edges = forwards * config.layers * tokens * config.hiddenSize * F32;
  const activations = document.checkpointing
    ? 2 * edges + BACKWARD * kept
    : BACKWARD * kept * config.layers + edges;
  const { vocabSize: V, hiddenSize: d } = config;
  // Only the shaders read the vocabulary in chunks.
  const whole = device.backend !== 'webgpu' || keepsLogits(rows, V);
  const logits = whole ? 2 * rows * V * F32 : 2 * rows * chunkColumns(rows, V) * F32 + 2 * rows * d * F32;
  // On the GPU the optimiser has the weights, gradients and both moments in flat buffers beside the tensors themselves.
  const optimiser = trained * (device.backend === 'webgpu' ? 5 : 4);
  const parts: Estimate['parts'] = [
    { what: document.adapter ? 'model, not trained' : 'model', bytes: base.total },
    ...(document.adapter ? [{ what: 'adapter', bytes: own }] : []),
    ...(head > 0 ? [{ what: method?.trunk ? 'head and its trunk' : 'head', bytes: head }] : []),
    ...besidePolicy(input, base.total, own),
    { what: 'optimiser and gradients', bytes: optimiser },
    { what: 'activations', bytes: activations },
    { what: 'vocabulary and loss', bytes: logits },
  ];
  return {
    parts: parts.sort((a, b) => b.bytes - a.bytes),
    totalBytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    largestBufferBytes: Math.max(
      base.largest,
      tokens * Math.max(d, config.intermediateSize) * F32,
      whole ? rows * V * F32 : 0,
    ),
    largestTableBytes: base.table,
    tokensPerStep: Math.round(document.batchSize * data.meanTokens) * document.accumulate,
  };
};

/** A step takes longer than its products: attention, norms, the optimiser. Measured 1.5 to 1.7, on wasm and a software GPU. */
const BESIDE_PRODUCTS = 1.6;

/** Passes over the weights per token: forward, gradient of the activations, of the weights, and what is computed again. */
const passes = ({ adapter, checkpointing }: RunDocument) => 2 + (adapter ? 0 : 1) + (checkpointing ? 1 : 0);

const gigabytes = (bytes: number) =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;

const problemOf = (
  sizes: Sizes,
  { largestBuffer, largestTable = largestBuffer, memory }: DeviceFacts,
): string => {
  const pieces = [
    [sizes.largestBufferBytes, largestBuffer],
    [sizes.largestTableBytes, largestTable],
  ] as const;
  for (const [bytes, most] of pieces) {
    if (most !== undefined && bytes > most) {
      return `One piece of it takes ${gigabytes(bytes)}, and this device allows buffers of ${gigabytes(most)} at most.`;
    }
  }
  if (memory !== undefined && sizes.totalBytes > memory) {
    return `It takes about ${gigabytes(sizes.totalBytes)}, more than the ${gigabytes(memory)} that can be counted on here.`;
  }
  return '';
};

/** Fields of the document with the values that a remedy gives them. */
type Change = { field: string; value: unknown; why: string }[];

/** The document with these fields changed. */
const changed = (document: RunDocument, changes: readonly Change[]): RunDocument => {
  const copy = structuredClone(document) as unknown as Record<string, unknown>;
  for (const { field, value } of changes.flat()) {
    const path = field.split('.');
    const last = path.pop()!;
    const holder = path.reduce((at, key) => at[key] as Record<string, unknown>, copy);
    holder[last] = value;
  }
  return copy as unknown as RunDocument;
};

const SHORTEST = 128;

/** Changes that could help, the least costly first; one of a kind takes the place of an earlier one. */
const changesOf = (document: RunDocument, data: DataFacts, adapter: RunDocument['adapter']): Change[] => {
  const { batchSize, accumulate } = document;
  const changes: Change[] = [];
  if (!document.checkpointing) {
    const why = 'computes each layer twice instead of keeping it';
    changes.push([{ field: 'checkpointing', value: true, why }]);
  }
  if (batchSize > 1) {
    const half = Math.ceil(batchSize / 2);
    const more = Math.min(4096, Math.ceil((batchSize * accumulate) / half));
    changes.push([
      { field: 'batchSize', value: half, why: 'keeps fewer examples at a time' },
      { field: 'accumulate', value: more, why: 'lets a step see as many examples as before' },
    ]);
  }
  if (document.adapter && document.weights !== 'int4') {
    const why = 'packs the weights that are not trained into 4 bits, a little less exact';
    changes.push([{ field: 'weights', value: 'int4', why }]);
  }
  if (!document.adapter) {
    const why = 'trains a small adapter instead of all weights';
    changes.push([{ field: 'adapter', value: adapter, why }]);
  }
  const { dataset } = document.data;
  const longest = Math.min(
    dataset?.settings.maxLength ?? Number.POSITIVE_INFINITY,
    Math.ceil(data.longest / 2),
  );
  if (dataset && longest > SHORTEST) {
    const value = Math.max(SHORTEST, Math.floor(longest / 2));
    changes.push([{ field: 'data.dataset.settings.maxLength', value, why: 'cuts long examples shorter' }]);
  }
  return changes;
};

/** Data that are cut to the document's length. */
const cutTo = (data: DataFacts, document: RunDocument): DataFacts => {
  const most = document.data.dataset?.settings.maxLength;
  if (!most) return data;
  const ratio = Math.min(1, (2 * most) / Math.max(1, data.longest));
  return {
    meanTokens: data.meanTokens * ratio,
    meanScored: data.meanScored * ratio,
    longest: data.longest * ratio,
  };
};

const ENOUGH = 0.95;

/**
 * The fewest changes that together make a run fit, in the order in which they were found; none when nothing would.
 * Each has the memory that is taken once it and those before it are made.
 */
const remediesOf = (input: EstimateInput, adapter: RunDocument['adapter']): Estimate['remedies'] => {
  const { device, document, data } = input;
  const after = (changes: readonly Change[]) => {
    const next = changed(document, changes);
    return sizesOf({ ...input, document: next, data: cutTo(data, next) });
  };
  const fits = (changes: readonly Change[]) => problemOf(after(changes), device) === '';
  let chosen: Change[] = [];
  while (!fits(chosen)) {
    const now = after(chosen);
    const next = changesOf(changed(document, chosen), data, adapter)
      .map((change) => [...chosen.filter(([first]) => first!.field !== change[0]!.field), change])
      .find((changes) => {
        const sizes = after(changes);
        const less = (name: 'totalBytes' | 'largestBufferBytes' | 'largestTableBytes') =>
          sizes[name] < ENOUGH * now[name];
        return less('totalBytes') || less('largestBufferBytes') || less('largestTableBytes');
      });
    if (!next) return [];
    chosen = next;
  }
  // 'weights' needs the adapter that may have been changed to, so what can be spared is looked for from the front.
  for (const change of [...chosen]) {
    const rest = chosen.filter((other) => other !== change);
    const stands = !rest.flat().some(({ field }) => field === 'weights') || changed(document, rest).adapter;
    if (stands && fits(rest)) chosen = rest;
  }
  return chosen.flatMap((change, i) =>
    change.map((part) => ({ ...part, totalBytes: after(chosen.slice(0, i + 1)).totalBytes })),
  );
};

/**
 * Memory and time of a run. When it does not fit, the changes that together would make it fit.
 * @param adapter what a change to an adapter would set
 */
export const estimateRun = (input: EstimateInput, adapter: RunDocument['adapter']): Estimate => {
  const { device, document, config, data } = input;
  const method = input.method ?? plainMethod(document.steps);
  const sizes = sizesOf(input);
  const problem = problemOf(sizes, device);
  const remedies = problem === '' ? [] : remediesOf(input, adapter);
  const forwards = method.trunk ? 2 : 1;
  const work = 2 * numbersOf(config) * passes(document) * forwards * sizes.tokensPerStep;
  const secondsPerStep = device.flops ? (BESIDE_PRODUCTS * work) / device.flops : undefined;
  return {
    ...sizes,
    longest: Math.round(data.longest),
    limitBytes: device.memory,
    secondsPerStep,
    passes: method.passes,
    allSteps: method.allSteps,
    ...timeAhead({
      document,
      ...method,
      trees: document.data.dataset ? data.trees : document.data.trees,
      treeTokens: dataOf(input).meanTokens,
      answerTokens: data.meanScored / 2,
      numbers: numbersOf(config),
      flops: device.flops,
      secondsPerStep,
    }),
    fits: problem === '',
    problem:
      problem !== '' && remedies.length === 0
        ? `${problem} No settings here would make it fit; choose a smaller model.`
        : problem,
    remedies,
  };
};
