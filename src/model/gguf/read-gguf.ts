import type { HostTensor, HostWeights } from '../host-weights';
import type { Heads } from './config-json';
import { configJson, headsOf } from './config-json';
import type { Fail } from './error';
import { failing, tensorPlace } from './error';
import type { Fields } from './fields';
import { fieldsOf } from './fields';
import type { Metadata } from './header';
import { readHeader } from './header';
import { architectureOf, nameTensors } from './names';
import type { Located } from './tensors';
import { hostTensor, locateTensors } from './tensors';
import { tokenizerFiles } from './tokenizer-files';
import { readVocabulary } from './vocabulary';

/** A GGUF file as the files of a Hugging Face checkpoint. */
export interface GgufModel {
  configJson: Record<string, unknown>;
  tokenizerJson: unknown;
  tokenizerConfig: unknown;
  chatTemplate: string | undefined;
  /** Token ids with a name in place of their text, and the id that has it; undefined for an empty one. */
  renamed: ReadonlyMap<number, number | undefined>;
  /**
   * By Hugging Face's names. Matrices are [out, in], those of GPT-2 too (its own files have them the other way round);
   * rows of Llama's queries and keys are in Hugging Face's order. Decoded from the file's bytes at each read.
   */
  weights: HostWeights;
  metadata: Metadata;
}

/**
 * Converters store Llama's query and key rows so that the two of a rotated pair are neighbours: row 2 i + s of a head
 * is row s D/2 + i here, s being 0 or 1.
 */
const rotatedRows = (dim: number) => (row: number) => {
  const [head, place] = [Math.floor(row / dim), row % dim];
  const half = dim / 2;
  return head * dim + 2 * (place % half) + Math.floor(place / half);
};

const rowOrder = (tensor: Located, architecture: string, heads: Heads, fail: Fail) => {
  const which = /^blk\.\d+\.attn_([qk])\./.exec(tensor.name)?.[1];
  if (architecture !== 'llama' || which === undefined) return undefined;
  const rows = (which === 'q' ? heads.query : heads.keyValue) * heads.dim;
  if (tensor.shape[0] !== rows || heads.dim % 2 !== 0) {
    fail(tensorPlace(tensor.name), `it has ${tensor.shape[0]} rows, but the heads take ${rows}`);
  }
  return rotatedRows(heads.dim);
};

/** Rows of the embedding; one for each token of the file, as llama.cpp wants it. */
const vocabSizeOf = (fields: Fields, located: readonly Located[], tokens: number): number => {
  const name = 'token_embd.weight';
  const embedding = located.find((tensor) => tensor.name === name);
  if (embedding?.shape.length !== 2) {
    return fields.fail(tensorPlace(name), 'this matrix is missing', 'Use the file of a language model.');
  }
  const rows = embedding.shape[0]!;
  if (rows !== tokens) {
    fields.fail(
      tensorPlace(name),
      `it has ${rows} rows, but the tokenizer has ${tokens} tokens; they belong to different models`,
      'Convert the model again, with its own tokenizer.',
    );
  }
  return rows;
};

/**
 * Reads a GGUF file of a Llama, Qwen2, Qwen3 or GPT-2 model with F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K and
 * Q6_K tensors. Tensors stay in `bytes`, which must not change, until their data or packed rows are asked for.
 * @param fileName for messages.
 * @throws GgufError naming file, place, reason and remedy for anything else; also later, when a tensor is decoded that has
 *   an impossible scale.
 */
export const readGguf = async (bytes: Uint8Array, fileName: string): Promise<GgufModel> => {
  const fail = failing(fileName);
  const header = await readHeader(bytes, fail);
  const fields = fieldsOf(header.metadata, fail);
  const family = architectureOf(fields);
  const heads = headsOf(fields, family);
  const located = locateTensors(header, bytes.length, fail);
  const vocabulary = readVocabulary(fields);

  const weights: HostWeights = new Map();
  const nameOf = nameTensors(family, fail);
  let ropeDivisors: HostTensor | undefined;
  for (const tensor of located) {
    if (tensor.name === 'rope_freqs.weight') {
      ropeDivisors = hostTensor(bytes, tensor, fail);
      continue;
    }
    const name = nameOf(tensor.name);
    if (name === undefined) continue;
    weights.set(name, hostTensor(bytes, tensor, fail, rowOrder(tensor, family.name, heads, fail)));
  }
  const names = new Set(located.map((tensor) => tensor.name));
  const config = configJson(fields, family, heads, {
    vocabSize: vocabSizeOf(fields, located, vocabulary.tokens.length),
    has: (name) => names.has(name),
    ropeDivisors,
  });
  const contextLength = fields.count(`${family.name}.context_length`);
  return {
    configJson: config,
    ...tokenizerFiles(fields, vocabulary, contextLength),
    chatTemplate: fields.text('tokenizer.chat_template'),
    renamed: vocabulary.renamed,
    weights,
    metadata: header.metadata,
  };
};
