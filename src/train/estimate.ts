/**
 * What a run will take of memory and time, from shapes alone. The terms follow what the engine keeps: see the functions.
 * Held against the measured peak in test/gpu/estimate.test.ts.
 */
import type { Estimate } from '../../workers/protocol';
import { chunkColumns, keepsLogits } from '../kernels/linear-log-prob';
import type { ModelConfig } from '../model/config';
import type { HostTensor, HostWeights, WeightStorage } from '../model/host-weights';
import { linearModules } from '../model/linear-modules';
import { loraShapes } from '../model/lora';
import { parameterShapes } from '../model/parameters';
import type { RunDocument } from './run-document';

/** What the device says of itself. */
export interface DeviceFacts {
  backend: 'webgpu' | 'wasm' | 'cpu';
  /** Bytes of the largest buffer that a shader may bind; undefined where there is no such limit. */
  largestBuffer: number | undefined;
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
}

export interface EstimateInput {
  config: ModelConfig;
  weights: HostWeights;
  document: RunDocument;
  data: DataFacts;
  device: DeviceFacts;
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

/** Bytes of the model's own weights on the device, and of the largest of its buffers. */
const weightBytes = (config: ModelConfig, weights: HostWeights, storage: WeightStorage) => {
  let total = 0;
  let largest = 0;
  for (const [name, shape] of parameterShapes(config)) {
    const tensor = weights.get(name);
    const format = packedAs(shape, storage, tensor);
    const bytes = product(shape) * (format ? packedBytes[format] : F32);
    total += bytes;
    largest = Math.max(largest, bytes);
  }
  return { total, largest };
};

/** Numbers per token that a layer keeps for its gradient: inputs of products and norms, queries, keys, values, the MLP. */
const keptPerToken = ({ hiddenSize: d, heads, kvHeads, headDim, intermediateSize: f }: ModelConfig) =>
  4 * d + 3 * heads * headDim + 3 * kvHeads * headDim + heads + 3 * f;

/** The backward pass makes gradients of about the same sizes, which live until it ends. */
const BACKWARD = 2;

const numbersOf = (config: ModelConfig) => {
  let matrices = 0;
  for (const [name, shape] of parameterShapes(config)) {
    if (shape.length === 2 && !/embed|wte|wpe/.test(name)) matrices += product(shape);
  }
  // A tied head multiplies as well.
  return matrices + (config.tieWordEmbeddings ? config.vocabSize * config.hiddenSize : 0);
};

const trainedNumbers = ({ config, document }: EstimateInput): number => {
  if (!document.adapter) {
    return [...parameterShapes(config).values()].reduce((sum, shape) => sum + product(shape), 0);
  }
  const { rank, targetModules } = document.adapter;
  const shapes = loraShapes(linearModules(config), { rank, targetModules });
  return [...shapes.values()].reduce((sum, shape) => sum + product(shape), 0);
};

interface Sizes {
  parts: Estimate['parts'];
  totalBytes: number;
  largestBufferBytes: number;
  tokensPerStep: number;
}

const sizesOf = (input: EstimateInput): Sizes => {
  const { config, weights, document, data, device } = input;
  const tokens = Math.max(1, Math.round(document.batchSize * data.meanTokens), data.longest); // of a micro-batch
  const rows = Math.max(1, Math.round((tokens * data.meanScored) / Math.max(1, data.meanTokens)));
  const trained = trainedNumbers(input) * F32;
  const base = weightBytes(config, weights, document.adapter ? document.weights : 'f32');
  const kept = keptPerToken(config) * tokens * F32;
  const edges = config.layers * tokens * config.hiddenSize * F32;
  const activations = document.checkpointing
    ? 2 * edges + BACKWARD * kept
    : BACKWARD * kept * config.layers + edges;
  const { vocabSize: V, hiddenSize: d } = config;
  const logits = keepsLogits(rows, V)
    ? 2 * rows * V * F32
    : 2 * rows * chunkColumns(rows, V) * F32 + 2 * rows * d * F32;
  // On the GPU the optimiser has the weights, gradients and both moments in flat buffers beside the tensors themselves.
  const optimiser = trained * (device.backend === 'webgpu' ? 5 : 4);
  const parts: Estimate['parts'] = [
    { what: document.adapter ? 'model, not trained' : 'model', bytes: base.total },
    ...(document.adapter
      ? [{ what: 'adapter', bytes: trained }]
      : [{ what: 'reference, while it is scored', bytes: base.total }]),
    { what: 'optimiser and gradients', bytes: optimiser },
    { what: 'activations', bytes: activations },
    { what: 'vocabulary and loss', bytes: logits },
  ];
  return {
    parts: parts.sort((a, b) => b.bytes - a.bytes),
    totalBytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    largestBufferBytes: Math.max(
      base.largest,
      device.backend === 'webgpu' ? trained : 0,
      tokens * Math.max(d, config.intermediateSize) * F32,
      keepsLogits(rows, V) ? rows * V * F32 : 0,
    ),
    tokensPerStep: Math.round(document.batchSize * data.meanTokens) * document.accumulate,
  };
};

/** Passes over the weights per token: forward, gradient of the activations, of the weights, and what is computed again. */
const passes = ({ adapter, checkpointing }: RunDocument) => 2 + (adapter ? 0 : 1) + (checkpointing ? 1 : 0);

const gigabytes = (bytes: number) =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;

const problemOf = (sizes: Sizes, { largestBuffer, memory }: DeviceFacts): string => {
  if (largestBuffer !== undefined && sizes.largestBufferBytes > largestBuffer) {
    return `One piece of it takes ${gigabytes(sizes.largestBufferBytes)}, and this device allows buffers of ${gigabytes(largestBuffer)} at most.`;
  }
  if (memory !== undefined && sizes.totalBytes > memory) {
    return `It takes about ${gigabytes(sizes.totalBytes)}, more than the ${gigabytes(memory)} that can be counted on here.`;
  }
  return '';
};

type Change = { field: string; value: unknown; why: string; document: RunDocument };

/** Changes that could help, the least costly first. */
const changesOf = (document: RunDocument, adapter: RunDocument['adapter']): Change[] => {
  const { batchSize, accumulate, data } = document;
  const changes: Change[] = [];
  if (!document.checkpointing) {
    changes.push({
      field: 'checkpointing',
      value: true,
      why: 'computes each layer twice instead of keeping it',
      document: { ...document, checkpointing: true },
    });
  }
  if (batchSize > 1) {
    const half = Math.ceil(batchSize / 2);
    changes.push({
      field: 'batchSize',
      value: half,
      why: 'keeps fewer examples at a time',
      document: { ...document, batchSize: half, accumulate: accumulate * 2 },
    });
  }
  if (document.adapter && document.weights !== 'int4') {
    changes.push({
      field: 'weights',
      value: 'int4',
      why: 'packs the weights that are not trained into 4 bits, a little less exact',
      document: { ...document, weights: 'int4' },
    });
  }
  if (!document.adapter) {
    changes.push({
      field: 'adapter',
      value: adapter,
      why: 'trains a small adapter instead of all weights',
      document: { ...document, adapter },
    });
  }
  const longest = data.dataset?.settings.maxLength;
  if (data.dataset && longest && longest > 128) {
    const value = Math.max(128, Math.floor(longest / 2));
    changes.push({
      field: 'data.dataset.settings.maxLength',
      value,
      why: 'cuts long examples shorter',
      document: {
        ...document,
        data: {
          ...data,
          dataset: { ...data.dataset, settings: { ...data.dataset.settings, maxLength: value } },
        },
      },
    });
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

/**
 * Memory and time of a run. When it does not fit, the changes that would help, each with the memory it would then take.
 * @param adapter what a change to an adapter would set
 */
export const estimateRun = (input: EstimateInput, adapter: RunDocument['adapter']): Estimate => {
  const { device, document, config, data } = input;
  const sizes = sizesOf(input);
  const problem = problemOf(sizes, device);
  const remedies = changesOf(document, adapter).flatMap(({ field, value, why, document: changed }) => {
    const next = sizesOf({ ...input, document: changed, data: cutTo(data, changed) });
    return next.totalBytes < 0.95 * sizes.totalBytes
      ? [{ field, value, why, totalBytes: next.totalBytes }]
      : [];
  });
  const work = 2 * numbersOf(config) * passes(document) * sizes.tokensPerStep;
  return {
    ...sizes,
    longest: Math.round(data.longest),
    limitBytes: device.memory,
    secondsPerStep: device.flops ? work / device.flops : undefined,
    fits: problem === '',
    problem,
    remedies: problem === '' ? [] : remedies,
  };
};
