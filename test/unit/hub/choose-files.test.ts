import { describe, expect, it } from 'vitest';
import {
  chooseAdapterFiles,
  chooseDataFiles,
  chooseModelFiles,
  dataChoices,
} from '../../../src/hub/choose-files';
import { HubError } from '../../../src/hub/errors';
import { errorOf } from './hub-fixture';

const files = (...names: string[]) => names.map((name, i) => ({ name, bytes: (i + 1) * 1_000_000 }));
const base = ['config.json', 'tokenizer.json'];
const never = () => Promise.reject(new Error('The index was read.'));
const model = async (names: string[], wanted?: string, index: () => Promise<unknown> = never) =>
  (await chooseModelFiles('a/b', files(...names), wanted, index)).map(({ name }) => name);

describe('the files of a model', () => {
  it('are what is needed and no more', async () => {
    const extra = [
      'README.md',
      'pytorch_model.bin',
      'onnx/model.onnx',
      'vocab.json',
      'sub/tokenizer.json',
      'm.gguf',
    ];
    const texts = [
      'generation_config.json',
      'tokenizer_config.json',
      'chat_template.jinja',
      'special_tokens_map.json',
    ];
    expect((await model([...extra, ...base, ...texts, 'model.safetensors'])).sort()).toEqual(
      [...base, ...texts, 'model.safetensors'].sort(),
    );
  });
  it('are the shards that the index names', async () => {
    const index = async () => ({
      weight_map: { a: 's2.safetensors', b: 's1.safetensors', c: 's2.safetensors' },
    });
    const all = [
      ...base,
      'model.safetensors.index.json',
      's1.safetensors',
      's2.safetensors',
      's3.safetensors',
    ];
    expect(await model(all, undefined, index)).toEqual([
      ...base,
      'model.safetensors.index.json',
      's1.safetensors',
      's2.safetensors',
    ]);
    await expect(
      model(
        all.filter((name) => name !== 's1.safetensors'),
        undefined,
        index,
      ),
    ).rejects.toThrow(/names s1.safetensors, which it does not have/);
    await expect(model(all, undefined, async () => ({ weight_map: { a: 3 } }))).rejects.toThrow(
      /no weight_map/,
    );
  });
  it('are one GGUF alone, when it is the only one or named', async () => {
    expect(await model(['README.md', 'x-Q4_1.gguf'])).toEqual(['x-Q4_1.gguf']);
    expect(await model([...base, 'model.safetensors', 'x.gguf'], 'x.gguf')).toEqual(['x.gguf']);
    const error = (await errorOf(model(['a.gguf', 'b.gguf']))) as HubError;
    expect(error).toBeInstanceOf(HubError);
    expect(error.message).toBe('a/b has several GGUF files; name one of a.gguf (1.0 MB), b.gguf (2.0 MB).');
    expect(error.choices.map(({ name }) => name)).toEqual(['a.gguf', 'b.gguf']);
    await expect(model(['a.gguf'], 'c.gguf')).rejects.toThrow(
      /has no file c.gguf. It has: a.gguf \(1.0 MB\)/,
    );
    await expect(model(['x-00001-of-00002.gguf', 'x-00002-of-00002.gguf'])).rejects.toThrow(
      /one part of several/,
    );
    await expect(model(['x-00001-of-00002.gguf', 'y.gguf'], 'x-00001-of-00002.gguf')).rejects.toThrow(
      /one part of/,
    );
  });
  it('say what is missing before anything is fetched', async () => {
    await expect(model(['config.json', 'model.safetensors'])).rejects.toThrow(/no tokenizer.json/);
    await expect(model([...base, 'pytorch_model.bin'])).rejects.toThrow(
      /no weights .*only pytorch_model.bin/,
    );
    await expect(model([])).rejects.toThrow(/no weights that are read here/);
  });
});

describe('the files of an adapter and of a dataset', () => {
  it('are two, and one', () => {
    const both = files('adapter_model.safetensors', 'adapter_config.json', 'README.md', 'tokenizer.json');
    expect(chooseAdapterFiles('a/b', both).map(({ name }) => name)).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
    ]);
    expect(() => chooseAdapterFiles('a/b', files('adapter_config.json', 'adapter_model.bin'))).toThrow(
      /no adapter_model.safetensors/,
    );
    const data = files('README.md', 'dataset_infos.json', 'data/train.jsonl.gz', '.x.json');
    expect(chooseDataFiles('a/b', data, undefined).named).toBe('data/train.jsonl.gz');
    expect(() => chooseDataFiles('a/b', files('a.csv', 'b.parquet'), undefined)).toThrow(
      /several data files; name one of a.csv \(1.0 MB\), b.parquet/,
    );
    expect(chooseDataFiles('a/b', files('a.csv', 'b.parquet'), 'b.parquet').named).toBe('b.parquet');
    expect(() => chooseDataFiles('a/b', files('a.csv'), 'README.md')).toThrow(/has no data file README.md/);
    expect(() => chooseDataFiles('a/b', files('a.tar'), undefined)).toThrow(/no data file that is read here/);
  });

  it('are all shards of a split together, or one of them when it is named', () => {
    const shard = (split: string, i: number, of: number) =>
      `data/${split}-${String(i).padStart(5, '0')}-of-${String(of).padStart(5, '0')}.parquet`;
    const train = files(shard('train', 0, 2), shard('train', 1, 2), 'README.md');
    const names = ({ chosen }: { chosen: { name: string }[] }) => chosen.map(({ name }) => name);
    const together = 'data/train-*-of-00002.parquet';
    const all = chooseDataFiles('a/b', train, undefined);
    expect(all.named).toBe(together);
    expect(names(all)).toEqual([shard('train', 0, 2), shard('train', 1, 2)]);
    expect(names(chooseDataFiles('a/b', train, shard('train', 1, 2)))).toEqual([shard('train', 1, 2)]);
    const splits = [...train, ...files(shard('test', 0, 1))];
    expect(dataChoices(splits).map(({ name, bytes }) => [name, bytes])).toEqual([
      [together, 3_000_000],
      [shard('test', 0, 1), 1_000_000],
    ]);
    expect(() => chooseDataFiles('a/b', splits, undefined)).toThrow(
      /name one of data\/train-\*-of-00002\.parquet \(3/,
    );
    expect(names(chooseDataFiles('a/b', splits, together))).toHaveLength(2);
  });
});
