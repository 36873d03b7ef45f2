/** What a run takes of memory, from shapes alone. The terms follow what the engine keeps: see the functions. */
import type { Estimate } from '../../workers/protocol';
import { keepsLogits } from '../kernels/linear-log-prob';
import { chunkColumns } from '../kernels/vocabulary-chunks';
import type { ModelConfig } from '../model/config';
import type { HostTensor, HostWeights, WeightStorage } from '../model/host-weights';
import { linearModules } from '../model/linear-modules';
import { loraShapes } from '../model/lora';
import { parameterShapes } from '../model/parameters';
import type { DataFacts, DeviceFacts, EstimateInput } from './run-facts';
import { plainMethod } from './run-facts';

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

/** Numbers that a token is multiplied with on its way through the model. */
export const numbersOf = (config: ModelConfig) => {
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
export const dataOf = ({ config, data, method }: EstimateInput): DataFacts => {
  if (!method?.mismatched) return data;
  const more = 1 + data.meanScored / Math.max(1, data.meanTokens);
  return {
    ...data,
    meanTokens: data.meanTokens + data.meanScored,
    meanScored: 2 * data.meanScored,
    // What is longer than the model takes is cut (run/mismatched.ts).
    longest: Math.min(data.longest * more, Math.max(data.longest, config.maxPositions)),
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

export interface Sizes {
  parts: Estimate['parts'];
  totalBytes: number;
  largestBufferBytes: number;
  largestTableBytes: number;
  tokensPerStep: number;
}

export const sizesOf = (input: EstimateInput): Sizes => {
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

const gigabytes = (bytes: number) =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;

/** Why it does not fit; empty when it does. */
export const problemOf = (
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
