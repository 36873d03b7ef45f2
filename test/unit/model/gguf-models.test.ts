import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { unpackRows } from '../../../src/kernels/packed-format';
import type { GgufModel } from '../../../src/model/gguf/read-gguf';
import { readGguf } from '../../../src/model/gguf/read-gguf';
import { loadTokenizer } from '../../../src/tokenizer/load';
import type { Tokenizer } from '../../../src/tokenizer/tokenizer';
import { golden, goldenJson } from './gguf-golden';

interface Golden {
  config: Record<string, unknown> & { rope_parameters?: Record<string, unknown> };
  weights: Record<string, [string, number[], string]>;
  texts: [string, number[], string][];
}

const sha256 = (data: Float32Array) => createHash('sha256').update(new Uint8Array(data.buffer)).digest('hex');
const names = ['llama-sentencepiece', 'llama3', 'smollm', 'qwen2', 'qwen3', 'gpt2', 'tekken'];

describe.each(names)('%s.gguf', (name) => {
  const expected = goldenJson<Golden>(`${name}.json`);
  let model: GgufModel;
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    model = await readGguf(golden(`${name}.gguf`), `${name}.gguf`);
    tokenizer = loadTokenizer(model.tokenizerJson, model.tokenizerConfig, model.configJson);
  });

  it('has the configuration it was made from', () => {
    const { rope_parameters, ...rest } = expected.config;
    expect(model.configJson).toMatchObject(rest);
    if (!rope_parameters) return;
    const { rope_theta, rope_type, ...scaling } = rope_parameters;
    expect(model.configJson['rope_theta']).toBe(rope_theta);
    expect(model.configJson['rope_scaling']).toEqual(
      rope_type === 'default' ? null : { rope_type, ...scaling },
    );
  });

  it('has the weights that transformers decodes, bit for bit, by name and in order', () => {
    expect([...model.weights.keys()].sort()).toEqual(Object.keys(expected.weights).sort());
    for (const [key, [, shape, hash]] of Object.entries(expected.weights)) {
      const tensor = model.weights.get(key)!;
      expect([key, tensor.shape, sha256(tensor.data)]).toEqual([key, shape, hash]);
    }
  });

  it('packs the matrices whose type can be packed', () => {
    let count = 0;
    for (const [key, [type, shape]] of Object.entries(expected.weights)) {
      const { packed, data } = model.weights.get(key)!;
      expect([key, packed !== undefined]).toEqual([
        key,
        shape.length === 2 && !['F32', 'BF16'].includes(type),
      ]);
      if (!packed) continue;
      count++;
      const tolerance = type.endsWith('_K') ? { rtol: 2e-3, atol: 2e-4 } : { rtol: 0, atol: 0 };
      expect(unpackRows(packed())).toBeAllclose(data, tolerance);
    }
    expect(count).toBeGreaterThanOrEqual(7);
  });

  it('splits text as transformers and llama.cpp do', () => {
    for (const [text, ids] of expected.texts) expect([text, tokenizer.encode(text)]).toEqual([text, ids]);
  });

  it('puts tokens together again', () => {
    for (const [text, ids, decoded] of expected.texts) {
      expect([text, tokenizer.decode(ids)]).toEqual([text, decoded]);
    }
  });

  it('names special tokens and the chat template', () => {
    expect(model.chatTemplate).toContain('<|user|>');
    expect(model.tokenizerConfig).toMatchObject({ chat_template: model.chatTemplate, model_max_length: 64 });
    const [bos, eos] = name === 'llama-sentencepiece' ? [1, 2] : [0, 1];
    expect([tokenizer.bos, tokenizer.eos]).toEqual([bos, eos]);
    expect(model.configJson).toMatchObject({ bos_token_id: bos, eos_token_id: eos });
    expect(tokenizer.vocabSize).toBe(model.configJson['vocab_size']);
    expect(tokenizer.decode([eos, eos])).toBe('');
  });
});

describe('beginnings', () => {
  it.each([
    ['llama-sentencepiece', '<s>'], // SentencePiece's begin so unless the file says otherwise
    ['llama3', '<|begin|>'], // so do Llama 3's
    ['smollm', undefined],
    ['gpt2', undefined],
  ])('%s begins texts with %s', async (name, bos) => {
    const { tokenizerConfig, tokenizerJson } = await readGguf(golden(`${name}.gguf`), name);
    expect(tokenizerConfig).toMatchObject({ add_bos_token: bos !== undefined });
    const { post_processor } = tokenizerJson as { post_processor: { special_tokens?: object } | null };
    expect(Object.keys(post_processor?.special_tokens ?? {})).toEqual(bos === undefined ? [] : [bos]);
  });
});
