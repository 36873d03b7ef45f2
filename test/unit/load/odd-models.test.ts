import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelFromFiles } from '../../../src/load/model-from-files';
import { modelFromGguf } from '../../../src/load/model-from-gguf';
import { toCheckpoint } from '../../../src/model/checkpoint';
import { modelConfigToJson, parseModelConfig } from '../../../src/model/config';
import { readSafetensors } from '../../../src/model/safetensors';
import { writeSafetensors } from '../../../src/model/write-safetensors';
import { charTokenizer } from '../../support/char-tokenizer';
import type { Value } from '../model/gguf-file';
import { f32s, i32s, smallModel, text, texts, u32, writeGguf } from '../model/gguf-file';

/** Models with what is odd but changes no number that is used, and beside each what does change one. */

type Json = Record<string, unknown>;
type Tensors = Map<string, { shape: number[]; data: Float32Array }>;

const { tokenizerJson, tokenizerConfig } = charTokenizer();
const summary = { id: 'x', name: 'x', description: '', parameters: 0, builtIn: false };
const bytesOf = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
const golden = (folder: string, file: string) =>
  new Uint8Array(readFileSync(join(process.cwd(), 'test/golden/families', folder, file)));

const configOf = (name: string) => JSON.parse(new TextDecoder().decode(golden(name, 'config.json'))) as Json;
const tensorsOf = (name: string): Tensors => {
  const files = readdirSync(join(process.cwd(), 'test/golden/families', name)).filter((f) =>
    f.endsWith('.safetensors'),
  );
  return new Map(
    files.flatMap((f) =>
      [...readSafetensors(golden(name, f), f, () => true).tensors].map(
        ([n, { shape, data }]) => [n, { shape, data }] as const,
      ),
    ),
  );
};

/** As our writer writes, but it refuses numbers that are not finite: 12345 is written in their place, and put right by hand. */
const written = (
  tensors: Iterable<[string, { shape: number[]; data: Float32Array }]>,
  type: 'F32' | 'F16' | 'BF16' = 'F32',
) => {
  let bad: number | undefined;
  const sound = [...tensors].map(([name, { shape, data }]) => {
    const instead = data.map((x) => {
      if (Number.isFinite(x)) return x;
      bad = x;
      return 12345;
    });
    return [name, { shape, data: instead }] as const;
  });
  const bytes = writeSafetensors(sound, [], 'model.safetensors', type);
  if (bad === undefined) return bytes;
  const view = new DataView(bytes.buffer);
  const marker = { F32: 0x4640e400, F16: 0x7207, BF16: 0x4641 }[type];
  let found = 0;
  for (let at = 8 + Number(view.getBigUint64(0, true)); at < bytes.length; at += type === 'F32' ? 4 : 2) {
    if ((type === 'F32' ? view.getUint32(at, true) : view.getUint16(at, true)) !== marker) continue;
    if (type === 'F32') view.setFloat32(at, bad, true);
    else view.setUint16(at, type === 'F16' ? 0x7e00 : 0x7fc0, true);
    found++;
  }
  expect(found).toBe(1);
  return bytes;
};

interface Change {
  config?: Json;
  tensors?: (tensors: Tensors) => Iterable<[string, { shape: number[]; data: Float32Array }]>;
  tokenizer?: Json;
  tokenizerConfig?: Json;
  generation?: Json;
}

const load = (name: string, { config, tensors, tokenizer, generation, ...rest }: Change = {}) => {
  const own = tensorsOf(name);
  return modelFromFiles(
    summary,
    new Map([
      ['config.json', bytesOf({ ...configOf(name), ...config })],
      ['model.safetensors', written(tensors ? tensors(own) : own)],
      ['tokenizer.json', bytesOf({ ...(tokenizerJson as Json), ...tokenizer })],
      ['tokenizer_config.json', bytesOf({ ...(tokenizerConfig as Json), ...rest.tokenizerConfig })],
      ...(generation ? [['generation_config.json', bytesOf(generation)] as const] : []),
    ]),
  );
};

const sameWeights = async (name: string, change: Change) => {
  const [plain, odd] = [await load(name), await load(name, change)];
  expect([...odd.weights.keys()].sort()).toEqual([...plain.weights.keys()].sort());
  for (const [key, { data }] of plain.weights) expect(odd.weights.get(key)!.data).toEqual(data);
  return odd;
};

const tied = 'qwen2';
const untied = 'mistral';
const table = 'model.embed_tokens.weight';

describe('ids that nothing is done with', () => {
  it.each<[string, Change]>([
    ['a pad id of -1', { config: { pad_token_id: -1 } }],
    ['a pad id past the embedding', { config: { pad_token_id: 151_643 } }],
    ['a pad id of another type', { config: { pad_token_id: '<pad>' } }],
    ['a bos id of -1', { config: { bos_token_id: -1 } }],
    ['an end of -1 beside another', { config: { eos_token_id: [-1, 2] } }],
    [
      'an end past the embedding',
      { config: { eos_token_id: 40_000 }, generation: { eos_token_id: [2, 40_000] } },
    ],
    ['a pad token that is in no vocabulary', { tokenizerConfig: { pad_token: '[PAD]' } }],
  ])('%s', async (_, change) => {
    const { config, tokenizer } = await sameWeights(tied, change);
    expect(config.eosTokenIds).toEqual([2]);
    for (const id of [config.padTokenId, config.bosTokenId])
      expect(id === undefined || (id >= 0 && id < config.vocabSize)).toBe(true);
    expect(tokenizer.eos).toBe(2);
  });

  const rows = parseModelConfig(configOf(tied)).vocabSize;
  const withToken = (content: string, extra: Json = {}): Change => {
    const json = tokenizerJson as { added_tokens?: Json[] };
    const token = {
      id: rows + 2,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    };
    return { tokenizer: { added_tokens: [...(json.added_tokens ?? []), token] }, tokenizerConfig: extra };
  };

  it('a pad token past the embedding, until a text holds it', async () => {
    const { tokenizer } = await sameWeights(tied, withToken('[PAD]', { pad_token: '[PAD]' }));
    expect(tokenizer.encode('7')).toHaveLength(1);
    expect(() => tokenizer.encode('7[PAD]')).toThrow(
      new RegExp(`"\\[PAD\\]" \\(id ${rows + 2}\\).*no weights.*0 to ${rows - 1}`),
    );
  });

  it('but an end past the embedding is put after every text', async () => {
    const change = withToken('<|end|>', { eos_token: '<|end|>' });
    await expect(load(tied, change)).rejects.toThrow(/ends or begins texts with "<\|end\|>".*vocab_size is/);
  });

  it('but text whose own tokens have no row cannot be written', async () => {
    const vocab = (tokenizerJson as { model: { vocab: Json } }).model.vocab;
    const model = { ...(tokenizerJson as { model: Json }).model, vocab: { ...vocab, Z: rows + 1 } };
    await expect(load(tied, { tokenizer: { model } })).rejects.toThrow(`ids up to ${rows + 1}`);
  });
});

describe('where the output head is', () => {
  it('a tied table that is stored as the head only', async () => {
    await sameWeights(tied, {
      config: { tie_word_embeddings: true },
      tensors: (all) => [...all].map(([name, t]) => [name === table ? 'lm_head.weight' : name, t]),
    });
  });

  it('a tied table that is stored as both', async () => {
    const { config } = await load(tied, { tensors: (all) => [...all, ['lm_head.weight', all.get(table)!]] });
    expect(config.tieWordEmbeddings).toBe(true);
  });

  it('another head than the table, whatever config.json says: it is used, and exported as it is', async () => {
    const model = await load(tied, {
      config: { tie_word_embeddings: true },
      tensors: (all) => {
        const { shape, data } = all.get(table)!;
        return [...all, ['lm_head.weight', { shape, data: data.map((x) => 2 * x) }]];
      },
    });
    expect(model.config.tieWordEmbeddings).toBe(false);
    expect(modelConfigToJson(model.config)['tie_word_embeddings']).toBe(false);
    expect(toCheckpoint(model.config, model.weights).has('lm_head.weight')).toBe(true);
  });

  it('no head where the table is none', async () => {
    const headless: Change = { tensors: (all) => [...all].filter(([name]) => name !== 'lm_head.weight') };
    await expect(load(untied, headless)).rejects.toThrow(
      /bare model, without the output head lm_head\.weight.*"tie_word_embeddings": true/,
    );
  });
});

describe('names and classes', () => {
  const bare: Change['tensors'] = (all) =>
    [...all].map(([name, t]) => [name.replace(/^(model|transformer)\./, ''), t]);
  it.each<[string, string, Change]>([
    ['a bare Qwen2', tied, { config: { architectures: ['Qwen2Model'] }, tensors: bare }],
    ['a bare GPT-2', 'gpt2-erf', { config: { architectures: ['GPT2Model'] }, tensors: bare }],
    [
      'one saved under FSDP',
      untied,
      {
        config: { architectures: ['FSDPMistralForCausalLM'] },
        tensors: (all) => [...all].map(([name, t]) => [`_fsdp_wrapped_module.${name}`, t]),
      },
    ],
    [
      'a compiled one',
      untied,
      {
        tensors: (all) =>
          [...all].map(([name, t]) => [`_orig_mod.${name.replace(/layers\.\d/, '$&._orig_mod')}`, t]),
      },
    ],
    ['one of DataParallel', tied, { tensors: (all) => [...all].map(([name, t]) => [`module.${name}`, t]) }],
  ])('%s', async (_, name, change) => {
    await sameWeights(name, change);
  });

  it('but a class with another head is refused, and a tensor under two names', async () => {
    await expect(
      load(tied, { config: { architectures: ['Qwen2ForSequenceClassification'] } }),
    ).rejects.toThrow(/Qwen2ForSequenceClassification/);
    const twice: Change = { tensors: (all) => [...all, [`_orig_mod.${table}`, all.get(table)!]] };
    await expect(load(tied, twice)).rejects.toThrow(/embed_tokens\.weight" twice, once as/);
  });
});

describe('numbers that are none', () => {
  const setTo = (value: number, name: string): Change => ({
    tensors: (all) => {
      const { shape, data } = all.get(name)!;
      return [...all, [name, { shape, data: data.map((x, i) => (i === 19 ? value : x)) }] as const].reduce(
        (map, [key, t]) => map.set(key, t),
        new Map<string, { shape: number[]; data: Float32Array }>(),
      );
    },
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%s is named on loading',
    async (value) => {
      const name = 'model.layers.1.mlp.up_proj.weight';
      const width = tensorsOf(tied).get(name)!.shape[1]!;
      await expect(load(tied, setTo(value, name))).rejects.toThrow(
        `model.safetensors, tensor "${name}": element [${Math.floor(19 / width)}, ${19 % width}] is ${value}`,
      );
    },
  );

  it('is found in half precision, and in the matrices of GPT-2', async () => {
    for (const type of ['F16', 'BF16'] as const) {
      const bare = new Map([...tensorsOf('gpt2')].map(([n, t]) => [n.replace(/^transformer\./, ''), t]));
      const all = setTo(Number.NaN, 'h.0.attn.c_attn.weight').tensors!(bare);
      const files = new Map([
        ['config.json', bytesOf(configOf('gpt2'))],
        ['model.safetensors', written(all, type)],
        ['tokenizer.json', bytesOf(tokenizerJson)],
        ['tokenizer_config.json', bytesOf(tokenizerConfig)],
      ]);
      await expect(modelFromFiles(summary, files)).rejects.toThrow(
        /h\.0\.attn\.c_attn\.weight": element \[0, 19\] is NaN/,
      );
    }
  });
});

describe('a GGUF file', () => {
  const key = (name: string) => `tokenizer.ggml.${name}`;
  const open = (tokens: string[], more: [string, Value][] = [], data?: (floats: Float32Array) => void) => {
    const model = smallModel();
    const given = new Map<string, Value>([
      [key('tokens'), texts(tokens)],
      [key('token_type'), i32s(tokens.map((_, i) => (i === tokens.length - 1 ? 3 : 1)))],
      [key('eos_token_id'), u32(tokens.length - 1)],
      ...more,
    ]);
    // The table is the first tensor and has as many rows as there are tokens; the others move up.
    const extra = 8 * Math.ceil((2 * tokens.length) / 8) - 8;
    const tensors = model.tensors.map((t, i) => ({
      ...t,
      ...(i === 0 ? { dims: [2, tokens.length] } : { offset: Number(t.offset) + 4 * extra }),
    }));
    const floats = new Float32Array(model.data.length / 4 + extra).fill(1);
    data?.(floats);
    const metadata = [...model.metadata.filter(([name]) => !given.has(name)), ...given];
    return modelFromGguf(
      summary,
      writeGguf({ metadata, tensors, data: new Uint8Array(floats.buffer) }),
      'm.gguf',
    );
  };

  it.each([['gpt2'], ['llama']])('may hold tokens that are empty or come twice (%s)', async (kind) => {
    const tokens = ['a', '', 'b', 'a', 'ab', '', '[EMPTY_1]', '</s>'];
    const scores: [string, Value][] =
      kind === 'llama'
        ? [
            [key('scores'), f32s(tokens.map((_, i) => -i))],
            [key('add_space_prefix'), { type: 'bool', value: false }],
          ]
        : [];
    const { tokenizer, config } = await open(tokens, [[key('model'), text(kind)], ...scores]);
    expect(config.vocabSize).toBe(8);
    expect(tokenizer.eos).toBe(7);
    expect(tokenizer.encode('aba')).toEqual([4, 3]); // the last of two has the text
    expect(tokenizer.decode([0, 1, 2, 5, 3])).toBe('aba');
    expect(tokenizer.token(0)).toBe('a');
    expect(tokenizer.token(1)).toBe('[1]');
    expect(tokenizer.token(6)).toBe('[EMPTY_1]');
  });

  it('may name pad and bos as -1, or a pad past its end', async () => {
    const none = u32(0xffff_ffff);
    for (const pad of [none, u32(99)]) {
      const { tokenizer, config } = await open(
        ['a', 'b', 'ab', '</s>'],
        [
          [key('padding_token_id'), pad],
          [key('bos_token_id'), none],
        ],
      );
      expect([config.padTokenId, config.bosTokenId, tokenizer.bos]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  it('is refused with a number that is none', async () => {
    const bad = open(['a', 'b', 'ab', '</s>'], [], (floats) => {
      floats[3] = Number.NEGATIVE_INFINITY;
    });
    await expect(bad).rejects.toThrow(/m\.gguf, tensor "token_embd\.weight": element \[1, 1\] is -Infinity/);
  });
});
