import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unpackRows } from '../../../src/kernels/packed-format';
import { modelFromFiles } from '../../../src/load/model-from-files';
import { toCheckpoint } from '../../../src/model/checkpoint';
import { isEnd } from '../../../src/tokenizer/tokenizer';
import { charTokenizer } from '../../support/char-tokenizer';

const bytesOf = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
const { tokenizerJson, tokenizerConfig } = charTokenizer();
const summary = { id: 'x', name: 'x', description: '', parameters: 0, builtIn: false };

/** A fixture's folder with a tokenizer of 32 ids, and changes: a file's content, or undefined to leave it out. */
const folder = (name: string, change: Record<string, unknown> = {}): Map<string, Uint8Array> => {
  const own = join(process.cwd(), 'test/golden/families', name);
  const files = new Map<string, Uint8Array>([
    ...readdirSync(own).map((file) => [file, new Uint8Array(readFileSync(join(own, file)))] as const),
    ['tokenizer.json', bytesOf(tokenizerJson)] as const,
    ['tokenizer_config.json', bytesOf(tokenizerConfig)],
  ]);
  for (const [file, content] of Object.entries(change)) {
    if (content === undefined) files.delete(file);
    else files.set(file, content instanceof Uint8Array ? content : bytesOf(content));
  }
  return files;
};
const load = (files: Map<string, Uint8Array>) => modelFromFiles(summary, files);
const refusal = async (files: Map<string, Uint8Array>) =>
  load(files).then(
    () => 'accepted',
    (error: Error) => `${error.name}: ${error.message}`,
  );
const json = (files: Map<string, Uint8Array>, name: string) =>
  JSON.parse(new TextDecoder().decode(files.get(name))) as Record<string, Record<string, string>>;

describe('a folder of files', () => {
  it('makes a model, whatever the folder is called', async () => {
    const files = folder('qwen3');
    const plain = await load(files);
    expect(plain.config.family).toBe('qwen3');
    expect(plain.summary.parameters).toBe([...plain.weights.values()].reduce((n, w) => n + w.data.length, 0));
    expect(Object.keys(plain.files).sort()).toEqual([
      'config.json',
      'fixture.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const nested = new Map([...files].map(([name, bytes]) => [`./My Model/${name}`, bytes]));
    nested.set('My Model/onnx/config.json', bytesOf({}));
    const other = await load(nested);
    expect(other.hash).toBe(plain.hash);
    expect([...other.weights.keys()]).toEqual([...plain.weights.keys()]);
  });

  it('may be sharded', async () => {
    const { weights, hash, files } = await load(folder('mistral'));
    expect(weights.size).toBe(21);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(files).not.toHaveProperty('model.safetensors.index.json');
  });

  it('may hold GPT-2 without the prefix of its names, with its masks and transposed matrices', async () => {
    const change = { 'tokenizer_config.json': { ...tokenizerConfig } };
    const { weights } = await load(folder('gpt2', change));
    const attention = weights.get('transformer.h.1.attn.c_attn.weight')!;
    expect(attention.shape).toEqual([48, 16]);
    const packed = attention.packed!();
    expect(packed).toMatchObject({ format: 'f16', shape: [48, 16] });
    expect(unpackRows(packed)).toEqual(attention.data); // the file is in half precision
    expect([...weights.keys()].filter((name) => /\.attn\.bias$/.test(name))).toEqual([]);
  });

  it('gives GPT-2 back to its checkpoints as they hold it', async () => {
    const { config, weights } = await load(folder('gpt2-erf'));
    const name = 'transformer.h.0.mlp.c_fc.weight';
    const stored = toCheckpoint(config, weights).get(name)!;
    expect(stored.shape).toEqual([16, 40]);
    const [ours, theirs] = [weights.get(name)!.data, stored.data];
    expect(theirs[3 * 40 + 7]).toBe(ours[7 * 16 + 3]);
    expect(toCheckpoint(config, weights).get('transformer.wte.weight')!.shape).toEqual([44, 16]);
  });

  it('says what ends a response, from all files that do', async () => {
    const { config, tokenizer } = await load(
      folder('qwen3', { 'generation_config.json': { eos_token_id: [5, 2, 7] } }),
    );
    expect(config.eosTokenIds).toEqual([2, 5, 7]);
    expect([tokenizer.eos, tokenizer.ends]).toEqual([2, [2, 5, 7]]);
    expect([2, 5, 6, 7, undefined].map((id) => isEnd(tokenizer, id))).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
    const bare = folder('qwen3', {
      'tokenizer_config.json': undefined,
      'config.json': { ...json(folder('qwen3'), 'config.json'), eos_token_id: null },
      'generation_config.json': { eos_token_id: [6] },
    });
    const model = await load(bare);
    expect([model.tokenizer.eos, model.config.eosTokenIds]).toEqual([6, [6]]);
  });

  it.each([
    [{ 'chat_template.jinja': new TextEncoder().encode('file') }, 'file'],
    [{ 'tokenizer_config.json': { ...tokenizerConfig, chat_template: 'text' } }, 'text'],
    [
      {
        'tokenizer_config.json': {
          ...tokenizerConfig,
          chat_template: [
            { name: 'tool_use', template: 'a' },
            { name: 'default', template: 'b' },
          ],
        },
      },
      'b',
    ],
    [{}, undefined],
  ])('has the chat template of %j', async (change, expected) => {
    expect((await load(folder('qwen3', change))).chatTemplate).toBe(expected);
  });

  const index = () => json(folder('mistral'), 'model.safetensors.index.json');
  const first = 'model-00001-of-00002.safetensors';
  const moved = (name: string, file: string | undefined) => {
    const { weight_map, ...rest } = index();
    const map: Record<string, string | undefined> = { ...weight_map, [name]: file };
    return { 'model.safetensors.index.json': { ...rest, weight_map: map } };
  };
  const cases: [string, Map<string, Uint8Array>, RegExp][] = [
    [
      'no config.json',
      folder('qwen3', { 'config.json': undefined }),
      /^ModelFilesError: config\.json is missing/,
    ],
    [
      'an adapter',
      new Map([['adapter_config.json', bytesOf({})]]),
      /the files are an adapter \(adapter_config\.json\)/,
    ],
    [
      'two models',
      new Map([...folder('qwen3')].flatMap(([n, b]) => [[`a/${n}`, b] as const, [`b/${n}`, b] as const])),
      /There are 2 models here \(a\/, b\/\)\. Choose the folder of one/,
    ],
    ['no weights', folder('qwen3', { 'model.safetensors': undefined }), /There is no model\.safetensors/],
    [
      'pickled weights',
      folder('qwen3', { 'model.safetensors': undefined, 'pytorch_model.bin': bytesOf(0) }),
      /The weights are in pytorch_model\.bin.*Convert the model to safetensors/,
    ],
    [
      'shards without their index',
      folder('mistral', { 'model.safetensors.index.json': undefined }),
      /There are 2 \.safetensors files .* and no model\.safetensors\.index\.json/,
    ],
    [
      'a missing shard',
      folder('mistral', { [first]: undefined }),
      /1 of the 2 files that model\.safetensors\.index\.json names are missing: model-00001-of-00002/,
    ],
    [
      'a tensor in another shard',
      folder('mistral', moved('lm_head.weight', 'model-00002-of-00002.safetensors')),
      /model-00001-of-00002\.safetensors holds the tensor "lm_head\.weight", which .* places in model-00002/,
    ],
    [
      'a tensor that the index does not name',
      folder('mistral', moved('lm_head.weight', undefined)),
      /holds the tensor "lm_head\.weight", which model\.safetensors\.index\.json does not name/,
    ],
    [
      'a tensor that no shard holds',
      folder('mistral', moved('extra.weight', first)),
      /1 tensors are not in the files .*: extra\.weight \(model-00001-of-00002\.safetensors\)/,
    ],
    [
      'a shard elsewhere',
      folder('mistral', moved('lm_head.weight', '../x.safetensors')),
      /weight_map\["lm_head\.weight"\]: "\.\.\/x\.safetensors" is not the name of a \.safetensors file/,
    ],
    [
      'weights of another model',
      folder('qwen3', { 'config.json': json(folder('qwen2'), 'config.json') }),
      /^ParametersError: The weights do not fit config\.json/,
    ],
    [
      'a SentencePiece model alone',
      folder('qwen3', { 'tokenizer.json': undefined, 'tokenizer.model': bytesOf(0) }),
      /tokenizer\.json is missing, and tokenizer\.model is not read/,
    ],
    [
      'no tokenizer',
      folder('qwen3', { 'tokenizer.json': undefined }),
      /tokenizer\.json is missing\. A model/,
    ],
    [
      'a tokenizer with ids that the embedding lacks',
      folder('qwen3', {
        'tokenizer.json': charTokenizer([...'abcdefghijklmnopqrstuvwxyz0123456789+-*/= ']).tokenizerJson,
      }),
      /The tokenizer has ids up to \d+, but the model's vocab_size is 40/,
    ],
    [
      'broken JSON',
      folder('qwen3', { 'tokenizer.json': new TextEncoder().encode('{"a":') }),
      /^ModelFilesError: tokenizer\.json is not JSON/,
    ],
    [
      'an end that is no token',
      folder('qwen3', { 'generation_config.json': { eos_token_id: 'end' } }),
      /generation_config\.json, eos_token_id: "end" is not a token's number/,
    ],
    [
      'a chat template of another type',
      folder('qwen3', { 'tokenizer_config.json': { ...tokenizerConfig, chat_template: 3 } }),
      /chat_template: must be a text or a list/,
    ],
  ];
  it.each(cases)('is refused with %s', async (_what, files, message) => {
    expect(await refusal(files)).toMatch(message);
  });
});
