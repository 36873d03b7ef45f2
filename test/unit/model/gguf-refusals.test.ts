import { describe, expect, it } from 'vitest';
import { GgufError } from '../../../src/model/gguf/error';
import { readGguf } from '../../../src/model/gguf/read-gguf';
import { loadTokenizer } from '../../../src/tokenizer/load';
import type { GgufParts, Tensor, Value } from './gguf-file';
import { f32, f32s, i32s, smallModel, text, texts, u32, writeGguf } from './gguf-file';
import { golden } from './gguf-golden';

const refusal = async (bytes: Uint8Array): Promise<string> => {
  try {
    await readGguf(bytes, 'model.gguf');
  } catch (error) {
    expect(error).toBeInstanceOf(GgufError);
    const { fileName, reason, remedy, message } = error as GgufError;
    expect(fileName).toBe('model.gguf');
    expect(reason).not.toMatch(/\.$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
    expect(message).toMatch(/^model\.gguf[,:]/);
    return message;
  }
  return 'accepted';
};

type Model = ReturnType<typeof smallModel>;
/** A small sound model after a change. */
const spoilt = (change: (model: Model) => Partial<GgufParts> | undefined): Uint8Array => {
  const model = smallModel();
  const parts = change(model) ?? {};
  return writeGguf({ ...model, ...parts });
};
const setting = (...entries: [string, Value | undefined][]) =>
  spoilt((model) => {
    const changed = new Map(entries);
    const kept = model.metadata.filter(([key]) => !changed.has(key));
    for (const [key, value] of entries) if (value) kept.push([key, value]);
    return { metadata: kept };
  });
const tensor = (name: string, change: Partial<Tensor>) =>
  spoilt(({ tensors }) => {
    Object.assign(tensors.find((t) => t.name === name)!, change);
    return undefined;
  });
const added = (more: Tensor, bytes = 0) =>
  spoilt(({ tensors, data }) => ({
    tensors: [...tensors, more],
    data: new Uint8Array([...data, ...new Uint8Array(bytes)]),
  }));

describe('a sound file', () => {
  it.each([1, 2, 3])('is read in version %i', async (version) => {
    const { configJson, weights, metadata } = await readGguf(writeGguf({ ...smallModel(), version }), 'f');
    expect(configJson).toMatchObject({ model_type: 'llama', hidden_size: 2, vocab_size: 4 });
    expect(weights.size).toBe(11);
    expect(metadata.get('tokenizer.ggml.tokens')).toEqual(['a', 'b', 'ab', '</s>']);
    for (const weight of weights.values()) expect(new Set(weight.data)).toEqual(new Set([1]));
  });

  it('is read from a view that does not start at its buffer', async () => {
    const bytes = writeGguf(smallModel());
    const shifted = new Uint8Array(bytes.length + 7).subarray(7);
    shifted.set(bytes);
    const { weights } = await readGguf(shifted, 'f');
    expect([...weights.get('model.norm.weight')!.data]).toEqual([1, 1]);
  });

  it('is read with another alignment', async () => {
    const { metadata, tensors, data } = smallModel();
    const wide = tensors.map((t, i) => ({ ...t, offset: 64 * i }));
    const spread = new Uint8Array(2 * data.length);
    tensors.forEach((_, i) => {
      spread.set(data.subarray(32 * i, 32 * i + 32), 64 * i);
    });
    const bytes = writeGguf({
      metadata: [...metadata, ['general.alignment', u32(64)]],
      tensors: wide,
      data: spread,
      alignment: 64,
    });
    const { weights } = await readGguf(bytes, 'f');
    for (const weight of weights.values()) expect(new Set(weight.data)).toEqual(new Set([1]));
  });

  it('keeps its last token where the parser takes up the next two million bytes', async () => {
    const last = 'zzzzzzzzzzzzzzzz';
    const filled = (fill: number) => {
      const model = smallModel();
      const metadata = model.metadata.filter(([key]) => key !== 'tokenizer.ggml.tokens');
      const tokens = ['a', 'b', 'ab', last];
      const filler = Array.from({ length: 9 }, () => 'x'.repeat(fill));
      const order: [string, Value][] = [
        ['filler', texts(filler)],
        ['tokenizer.ggml.tokens', texts(tokens)],
      ];
      return writeGguf({ ...model, metadata: [...order, ...metadata] });
    };
    const at = (bytes: Uint8Array) => Buffer.from(bytes).indexOf(last);
    const missing = 2_000_000 - 8 - at(filled(200_000));
    const fill = 200_000 + Math.floor(missing / 9);
    const bytes = filled(fill);
    expect(at(bytes)).toBeLessThan(2_000_000);
    expect(at(bytes) + last.length).toBeGreaterThan(2_000_000);
    const { metadata } = await readGguf(bytes, 'f');
    expect(metadata.get('tokenizer.ggml.tokens')).toEqual(['a', 'b', 'ab', last]);
  });
});

describe('files that are no GGUF', () => {
  const sound = writeGguf(smallModel());
  const cut = (length: number) => sound.subarray(0, length);
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(), /byte 0: the file does not begin with "GGUF"/],
    ['another kind', new TextEncoder().encode('{"a": 1, "b": [1, 2, 3]}'), /does not begin with "GGUF"/],
    ['the magic alone', cut(4), /byte 4: the file ends after 4 bytes/],
    ['version 4', writeGguf({ version: 4 }), /the version is 4/],
    ['big-endian', writeGguf({ ...smallModel(), bigEndian: true }), /is big-endian\. Convert it/],
    ['a cut in the metadata', cut(60), /cannot fit into the \d+ bytes that follow; the file is cut short/],
    ['a cut in a list', cut(480), /metadata "tokenizer\.ggml\.token_type": .* but the file ends after 480/],
    ['a cut in the data', cut(sound.length - 40), /takes \d+ bytes from byte 320 of the data.*cut short/],
  ])('%s', async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });
});

describe('counts and lengths that the file does not pay for', () => {
  const withKey = (key: string, value: (view: DataView) => void, length: number) => {
    const bytes = writeGguf({ metadata: [[key, u32(0)]] });
    const file = new Uint8Array(bytes.length + length);
    file.set(bytes);
    value(new DataView(file.buffer));
    return file;
  };
  it.each<[string, Uint8Array, RegExp]>([
    [
      '2^64 - 1 tensors',
      spoilt(() => ({ tensorCount: 2n ** 64n - 1n })),
      /tensor count: 18446744073709552000 of them/,
    ],
    [
      'a million tensors',
      spoilt(() => ({ tensorCount: 1_000_000n })),
      /the tensor count: 1000000 of them cannot fit/,
    ],
    ['2^40 keys', spoilt(() => ({ keyCount: 2n ** 40n })), /the metadata count: 1099511627776 of them/],
    [
      'a key of 2^60 bytes',
      withKey('k', (view) => view.setBigUint64(24, 2n ** 60n, true), 0),
      /metadata key 0: 1152921504606847000 bytes should follow byte 32/,
    ],
    [
      'a list of 2^50 numbers',
      withKey(
        'k',
        (view) => {
          view.setUint32(33, 9, true);
          view.setUint32(37, 4, true);
          view.setBigUint64(41, 2n ** 50n, true);
        },
        64,
      ),
      /metadata "k": 4503599627370496 bytes should follow/,
    ],
    [
      'a list of 2^20 bytes that are not there',
      withKey(
        'k',
        (view) => {
          view.setUint32(33, 9, true);
          view.setUint32(37, 7, true);
          view.setBigUint64(41, 900_000n, true);
        },
        64,
      ),
      /metadata "k": 900000 bytes should follow/,
    ],
    [
      'a list of lists',
      withKey(
        'k',
        (view) => {
          view.setUint32(33, 9, true);
          view.setUint32(37, 9, true);
        },
        64,
      ),
      /metadata "k": a list of lists is not supported/,
    ],
    [
      'a value of type 13',
      withKey('k', (view) => view.setUint32(33, 13, true), 64),
      /"k": values of type 13/,
    ],
    [
      'a text of half a million bytes',
      setting(['general.name', text('x'.repeat(500_000))]),
      /"general\.name": a text of 500000 bytes is longer than 400000/,
    ],
  ])('%s', async (_, bytes, message) => {
    const before = performance.now();
    expect(await refusal(bytes)).toMatch(message);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('tensors that do not fit', () => {
  const norm = 'output_norm.weight';
  it.each<[string, Uint8Array, RegExp]>([
    [
      'a name twice',
      tensor(norm, { name: 'token_embd.weight' }),
      /tensor 1: the name "token_embd\.weight" is there twice/,
    ],
    [
      'an offset off the grid',
      tensor(norm, { offset: 36 }),
      /tensor "output_norm\.weight": its offset 36 is no multiple of the alignment 32/,
    ],
    ['an overlap', tensor(norm, { offset: 0 }), /its bytes overlap those of another tensor/],
    [
      'an offset past the end',
      tensor(norm, { offset: 32_000 }),
      /from byte 32000 of the data, which has only 352/,
    ],
    [
      'an offset of 2^63',
      tensor(norm, { offset: 2n ** 63n }),
      /its offset is 9223372036854775808, beyond any file/,
    ],
    ['a dimension of 2^31', tensor(norm, { dims: [2 ** 31] }), /takes 8589934592 bytes/],
    [
      'dimensions whose product is 2^124',
      tensor(norm, { dims: [2 ** 31, 2 ** 31, 2 ** 31, 2 ** 31] }),
      /takes 8\.50\S+ bytes/,
    ],
    [
      'a dimension of 2^60',
      tensor(norm, { dims: [2n ** 60n] }),
      /cannot be parsed: Tensor "output_norm\.weight" dimension 0/,
    ],
    ['an empty dimension', tensor(norm, { dims: [0, 2] }), /its shape \[2, 0\]/],
    ['no dimension', tensor(norm, { dims: [] }), /it has 0 dimensions, not 1 to 4/],
    ['five dimensions', tensor(norm, { dims: [1, 1, 1, 1, 2] }), /it has 5 dimensions/],
    [
      'Q3_K',
      tensor(norm, { typeId: 11 }),
      /tensor "output_norm\.weight": Q3_K is not supported; F32, F16, Q4_0.*Use a file in one of those, for example/,
    ],
    ['IQ4_XS', tensor(norm, { typeId: 23 }), /IQ4_XS is not supported/],
    ['type 99', tensor(norm, { typeId: 99 }), /type 99 is not supported/],
    [
      'a row that is no block',
      tensor(norm, { typeId: 2 }),
      /rows of 2 elements do not divide into Q4_0's blocks of 32/,
    ],
    [
      'an alignment of 0',
      setting(['general.alignment', u32(0)]),
      /general\.alignment must be a positive integer, got 0/,
    ],
    ['an alignment of 24', setting(['general.alignment', u32(24)]), /24 is no power of two/],
    ['an alignment that is a text', setting(['general.alignment', text('32')]), /general\.alignment/],
    [
      'an unknown tensor',
      added({ name: 'blk.0.ffn_gate_inp.weight', dims: [2], typeId: 0, offset: 352 }, 32),
      /"blk\.0\.ffn_gate_inp\.weight": the architecture "llama" has no such tensor/,
    ],
    [
      'a layer written otherwise',
      added({ name: 'blk.00.attn_norm.weight', dims: [2], typeId: 0, offset: 352 }, 32),
      /"blk\.00\.attn_norm\.weight": the architecture "llama" has no such tensor/,
    ],
    [
      'a tensor of Object.prototype',
      added({ name: 'constructor.weight', dims: [2], typeId: 0, offset: 352 }, 32),
      /has no such tensor/,
    ],
    [
      'query rows that are not the heads’',
      tensor('blk.0.attn_q.weight', { dims: [2, 1] }),
      /"blk\.0\.attn_q\.weight": it has 1 rows, but the heads take 2/,
    ],
    [
      'no embedding',
      tensor('token_embd.weight', { name: 'output.weight' }),
      /"token_embd\.weight": this matrix is missing/,
    ],
    [
      'fewer rows than tokens',
      tensor('token_embd.weight', { dims: [2, 3] }),
      /it has 3 rows, but the tokenizer has 4 tokens/,
    ],
    [
      'more rows than tokens',
      tensor('token_embd.weight', { dims: [1, 5] }),
      /it has 5 rows, but the tokenizer has 4 tokens/,
    ],
  ])('%s', async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });
});

describe('metadata that does not fit', () => {
  const yarn = text('yarn');
  const list = (key: string) => `tokenizer.ggml.${key}`;
  it.each<[string, Uint8Array, RegExp]>([
    [
      'another architecture',
      setting(['general.architecture', text('gemma3')]),
      /"gemma3" is not supported; llama, qwen2, qwen3, gpt2 are\. Use a Llama/,
    ],
    [
      'no architecture',
      setting(['general.architecture', undefined]),
      /"general\.architecture": it is missing/,
    ],
    [
      'a key twice',
      spoilt(({ metadata }) => ({ metadata: [...metadata, metadata[0]!] })),
      /the name "general\.architecture" is there twice/,
    ],
    ['a key named __proto__', setting(['__proto__', texts(['a'])]), /"__proto__": this key is not allowed/],
    ['a key the parser uses', setting(['kv_count', u32(1)]), /"kv_count": this key is not allowed/],
    [
      'a count that is a text',
      setting(['llama.block_count', text('1')]),
      /"llama\.block_count": it is "1", not a whole number/,
    ],
    ['no layers given', setting(['llama.block_count', undefined]), /"llama\.block_count": it is missing/],
    ['no heads', setting(['llama.attention.head_count', u32(0)]), /head_count": it is 0/],
    [
      'heads per layer',
      setting(['llama.attention.head_count_kv', i32s([1])]),
      /it is a list of 1, not a whole number/,
    ],
    [
      'heads that do not divide',
      setting(['llama.attention.head_count', u32(3)]),
      /3 heads do not divide the embedding of 2/,
    ],
    [
      'values of another size',
      setting(['llama.attention.value_length', u32(4)]),
      /it is not the key length, which is 2/,
    ],
    ['half a rotation', setting(['llama.rope.dimension_count', u32(1)]), /1 of 2 dimensions are rotated/],
    ['experts', setting(['llama.expert_count', u32(8)]), /"llama\.expert_count": 8 is not supported/],
    [
      'a window',
      setting(['llama.attention.sliding_window', u32(8)]),
      /a window of 8 tokens is not supported/,
    ],
    ['a soft cap', setting(['llama.final_logit_softcapping', f32(30)]), /30 is not supported/],
    [
      'longrope',
      setting(['llama.rope.scaling.type', text('longrope')]),
      /"longrope" is not supported; linear and yarn are/,
    ],
    [
      'a yarn of its own',
      setting(['llama.rope.scaling.type', yarn], ['llama.rope.scaling.attn_factor', f32(2)]),
      /attn_factor": 2 is not supported/,
    ],
    [
      'a scaling by 0',
      setting(['llama.rope.scaling.type', yarn], ['llama.rope.scaling.factor', f32(0)]),
      /0 is not above 0/,
    ],
    [
      'another tokenizer',
      setting([list('model'), text('t5')]),
      /"t5" is not supported; gpt2 \(byte-level BPE\) and llama/,
    ],
    [
      'another way to split',
      setting([list('pre'), text('deepseek-llm')]),
      /"deepseek-llm" is not supported; default, gpt-2/,
    ],
    ['no tokens', setting([list('tokens'), undefined]), /tokens": it is missing/],
    ['types for other tokens', setting([list('token_type'), i32s([1])]), /it has 1 entries for 4 tokens/],
    ['no merges', setting([list('merges'), undefined]), /merges": it is missing/],
    ['a merge of one part', setting([list('merges'), texts(['ab'])]), /merge 0, "ab", needs the token ""/],
    [
      'a merge to no token',
      setting([list('merges'), texts(['b a'])]),
      /merge 0, "b a", needs the token "ba"/,
    ],
    [
      'an end that is no token',
      setting([list('eos_token_id'), u32(4)]),
      /eos_token_id": 4 is no token; ids are 0 to 3/,
    ],
    ['no scores', setting([list('model'), text('llama')]), /scores": it is missing/],
    [
      'scores for other tokens',
      setting([list('model'), text('llama')], [list('scores'), f32s([0])]),
      /it has 1 entries for 4/,
    ],
    [
      'a score that is no number',
      setting([list('model'), text('llama')], [list('scores'), f32s([0, 0, Number.NaN, 0])]),
      /it is a list of 4, not a list of numbers/,
    ],
    [
      'a token too long to cut',
      setting(
        [list('model'), text('llama')],
        [list('scores'), f32s([0, 0, 0, 0])],
        [list('tokens'), texts(['a', 'b', 'c', 'd'.repeat(300)])],
      ),
      /has more than 256 characters/,
    ],
    [
      'a template that is a number',
      setting(['tokenizer.chat_template', u32(1)]),
      /chat_template": it is 1, not a text/,
    ],
  ])('%s', async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });
});

describe('rotary scaling', () => {
  const scalingOf = async (bytes: Uint8Array) => (await readGguf(bytes, 'f')).configJson['rope_scaling'];
  it('is linear, plain or yarn as the file says', async () => {
    const type = 'llama.rope.scaling.type';
    const factor: [string, Value] = ['llama.rope.scaling.factor', f32(4)];
    expect(await scalingOf(setting([type, text('none')]))).toBeNull();
    expect(await scalingOf(setting([type, text('linear')], factor))).toEqual({
      rope_type: 'linear',
      factor: 4,
    });
    expect(await scalingOf(setting(['llama.rope.scale_linear', f32(2)]))).toEqual({
      rope_type: 'linear',
      factor: 2,
    });
    const slow: [string, Value] = ['llama.rope.scaling.yarn_beta_slow', f32(2)];
    expect(await scalingOf(setting([type, text('yarn')], factor, slow))).toEqual({
      rope_type: 'yarn',
      factor: 4,
      beta_slow: 2,
    });
  });

  it('is refused where factors are not those of Llama 3', async () => {
    const bytes = golden('llama3.gguf').slice();
    const { weights } = await readGguf(bytes, 'f');
    expect(weights.has('rope_freqs.weight')).toBe(false);
    // The factors are the only eight floats of the file that begin 1, 1 and end 8.
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (let i = 0; i + 32 <= bytes.length; i += 32) {
      if (
        view.getFloat32(i, true) === 1 &&
        view.getFloat32(i + 4, true) === 1 &&
        view.getFloat32(i + 28, true) === 8
      )
        at = i;
    }
    expect(at).toBeGreaterThan(0);
    view.setFloat32(at + 8, 3, true);
    expect(await refusal(bytes)).toMatch(/"rope_freqs\.weight": its factors are not those of Llama 3/);
  });
});

describe('ends', () => {
  it('lists the end of a turn beside the end of a text', async () => {
    const { configJson, tokenizerConfig, tokenizerJson } = await readGguf(
      setting(['tokenizer.ggml.eot_token_id', u32(2)], ['tokenizer.ggml.padding_token_id', u32(3)]),
      'f',
    );
    expect(configJson).toMatchObject({ eos_token_id: [3, 2], bos_token_id: null, pad_token_id: 3 });
    const tokenizer = loadTokenizer(tokenizerJson, tokenizerConfig, configJson);
    expect([tokenizer.eos, tokenizer.pad, tokenizer.bos]).toEqual([3, 3, undefined]);
  });

  it('keeps special tokens whole in a file that does not say what kind tokens are', async () => {
    const { tokenizerJson, tokenizerConfig } = await readGguf(
      setting(['tokenizer.ggml.token_type', undefined]),
      'f',
    );
    expect(loadTokenizer(tokenizerJson, tokenizerConfig).encode('ab</s>a')).toEqual([2, 3, 0]);
  });
});
