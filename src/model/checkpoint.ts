/**
 * A checkpoint in Hugging Face layout: model.safetensors, or shards with model.safetensors.index.json (`weight_map`: file
 * by tensor). What the files say is believed only where it agrees.
 */
import { packRows } from '../kernels/packed-format';
import type { ModelConfig } from './config';
import { isRecord } from './config-fields';
import { familyOf } from './families/index';
import type { HostTensor, HostWeights } from './host-weights';
import { readSafetensors } from './safetensors';
import { unwrappedName } from './wrapped-names';

/** A checkpoint whose files do not make a whole. The message names file and tensor, and what to do. */
export class CheckpointError extends Error {
  override name = 'CheckpointError';
}

type Files = ReadonlyMap<string, Uint8Array>;

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

const shorten = (text: string) => (text.length > 100 ? `${text.slice(0, 97)}...` : text);
const listed = (names: readonly string[]): string => {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return `${names.slice(0, 5).map(shorten).join(', ')}${more}`;
};

/**
 * Reads the index of a sharded checkpoint.
 * @returns the file of each tensor
 * @throws CheckpointError naming the field that is wrong.
 */
const readIndex = (bytes: Uint8Array, fileName = INDEX): Map<string, string> => {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new CheckpointError(
      `${fileName} is not JSON (${error instanceof Error ? shorten(error.message) : 'unreadable'}). Download the file again.`,
    );
  }
  const map = isRecord(json) ? json['weight_map'] : undefined;
  if (!isRecord(map) || Object.keys(map).length === 0) {
    throw new CheckpointError(
      `${fileName}, weight_map: must name the file of each tensor, but is ${map === undefined ? 'missing' : shorten(JSON.stringify(map))}. Download the file again.`,
    );
  }
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[^/\\]+\.safetensors$/.test(file)) {
      throw new CheckpointError(
        `${fileName}, weight_map["${shorten(tensor)}"]: ${shorten(JSON.stringify(file) ?? 'nothing')} is not the name of a .safetensors file beside it. Download the file again.`,
      );
    }
  }
  return new Map(Object.entries(map) as [string, string][]);
};

const readShards = (files: Files, isIgnored: (name: string) => boolean): HostWeights => {
  const index = readIndex(files.get(INDEX)!);
  const shards = [...new Set(index.values())].sort();
  const absent = shards.filter((shard) => !files.has(shard));
  if (absent.length > 0) {
    throw new CheckpointError(
      `${absent.length} of the ${shards.length} files that ${INDEX} names are missing: ${listed(absent)}. Add them; a model needs all of its parts.`,
    );
  }
  const weights: HostWeights = new Map();
  for (const shard of shards) {
    const { tensors } = readSafetensors(files.get(shard)!, shard, isIgnored);
    for (const [name, tensor] of tensors) {
      const expected = index.get(name);
      if (expected !== shard) {
        throw new CheckpointError(
          `${shard} holds the tensor "${shorten(name)}", which ${INDEX} ${expected === undefined ? 'does not name' : `places in ${expected}`}. The files belong to different models, or versions of one.`,
        );
      }
      weights.set(name, tensor);
    }
  }
  const missing = [...index].filter(([name]) => !weights.has(name) && !isIgnored(name));
  if (missing.length > 0) {
    throw new CheckpointError(
      `${missing.length} tensors are not in the files where ${INDEX} places them: ${listed(missing.map(([name, file]) => `${name} (${file})`))}. The files belong to different models, or versions of one.`,
    );
  }
  return weights;
};

/** The names of the files that hold a checkpoint's weights. @throws CheckpointError when there are none, or no index. */
export const weightFiles = (files: ReadonlyMap<string, Uint8Array>): string[] => {
  if (files.has(SINGLE)) return [SINGLE];
  if (files.has(INDEX)) return [...new Set(readIndex(files.get(INDEX)!).values())].sort();
  const others = [...files.keys()].filter((n) => n.endsWith('.safetensors') && !n.startsWith('adapter_'));
  if (others.length === 1) return others;
  if (others.length > 1) {
    throw new CheckpointError(
      `There are ${others.length} .safetensors files (${listed(others)}) and no ${INDEX} that says how they belong together. Add it from the model's repository.`,
    );
  }
  const pickled = [...files.keys()].find((name) => /\.(bin|pt|pth|ckpt|h5|msgpack)$/.test(name));
  throw new CheckpointError(
    pickled === undefined
      ? `There is no ${SINGLE}. A model folder needs config.json, ${SINGLE} (or shards with ${INDEX}) and tokenizer.json.`
      : `The weights are in ${pickled}, which may run code when it is read and is not supported. Convert the model to safetensors, or choose a repository that has ${SINGLE}.`,
  );
};

/** Rows and columns exchanged, when it is read. */
const transposed = (tensor: HostTensor): HostTensor => {
  const [rows, columns] = tensor.shape as [number, number];
  return {
    shape: [columns, rows],
    get data() {
      const { data } = tensor;
      const turned = new Float32Array(data.length);
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) turned[c * rows + r] = data[r * columns + c]!;
      }
      return turned;
    },
    ...(tensor.check ? { check: tensor.check } : {}),
    // Half precision stays half precision; GGUF's blocks, which run along rows, are never transposed.
    ...(tensor.packed && rows > 0 && rows % 2 === 0
      ? {
          packed() {
            return packRows(this.data, [columns, rows], 'f16');
          },
        }
      : {}),
  };
};

/** GPT-2's linear modules, which its checkpoints hold [in, out]. */
const isTransposed = (config: ModelConfig, name: string): boolean => {
  const { transposedLinears, linears } = familyOf(config);
  return transposedLinears === true && linears.some((part) => name.endsWith(`.${part}.weight`));
};

const HEAD = 'lm_head.weight';

/**
 * A checkpoint's tensors as the program names and lays them out: whole names, matrices [out, in], no buffers. A tied table
 * that is stored only as the head is the embedding.
 */
const fromCheckpoint = (config: ModelConfig, tensors: HostWeights): HostWeights => {
  const { prefix, ignored, tokenTable } = familyOf(config);
  const weights: HostWeights = new Map();
  for (const [stored, tensor] of tensors) {
    const plain = unwrappedName(stored);
    if (ignored.test(plain)) continue;
    const name = plain.startsWith(prefix) || plain.startsWith('lm_head.') ? plain : `${prefix}${plain}`;
    if (weights.has(name)) {
      throw new CheckpointError(
        `The weights hold "${shorten(name)}" twice, once as "${shorten(stored)}". Export the model again.`,
      );
    }
    weights.set(name, isTransposed(config, name) && tensor.shape.length === 2 ? transposed(tensor) : tensor);
  }
  const [table, head] = [`${tokenTable}.weight`, weights.get(HEAD)];
  if (config.tieWordEmbeddings && head && !weights.has(table)) {
    weights.delete(HEAD);
    weights.set(table, head);
  }
  return weights;
};

/**
 * The configuration with a head of its own where the files say that it is tied and hold another one than the embedding:
 * transformers (5) does not tie them either then.
 */
export const withStoredHead = (config: ModelConfig, weights: HostWeights): ModelConfig => {
  const table = weights.get(`${familyOf(config).tokenTable}.weight`);
  const head = weights.get(HEAD);
  if (!config.tieWordEmbeddings || !table || !head) return config;
  const [a, b] = [table.data, head.data];
  const same = a.length === b.length && a.every((value, i) => value === b[i]);
  return same ? config : { ...config, tieWordEmbeddings: false };
};

/** The other way round: weights as a checkpoint of the family holds them, for an export. */
export const toCheckpoint = (config: ModelConfig, weights: HostWeights): HostWeights =>
  new Map(
    [...weights].map(([name, tensor]) => [name, isTransposed(config, name) ? transposed(tensor) : tensor]),
  );

/**
 * Reads the weights of a model's files. Nothing is decoded yet.
 * @param files by their names
 * @throws CheckpointError or SafetensorsError naming file, tensor and remedy.
 */
export const readCheckpoint = (config: ModelConfig, files: Files): HostWeights => {
  const { ignored } = familyOf(config);
  const isIgnored = (name: string) => ignored.test(unwrappedName(name));
  const [first] = weightFiles(files);
  const sharded = !files.has(SINGLE) && files.has(INDEX);
  return fromCheckpoint(
    config,
    sharded ? readShards(files, isIgnored) : readSafetensors(files.get(first!)!, first!, isIgnored).tensors,
  );
};
