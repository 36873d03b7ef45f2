import { describe, expect, it } from 'vitest';
import { chooseParts, missingShards } from '../../../src/data/rows/choose-parts';
import { openParts } from '../../../src/data/rows/open-parts';
import type { GoodRow } from '../../../src/data/rows/row-source';
import { readGiven } from '../../../src/load/given-dataset';
import { collect, gzip, textFile } from './files';

const text = (content: string) => new TextEncoder().encode(content);

describe('files of one dataset', () => {
  it('are taken in the order of their numbers, and what is no data is named', () => {
    const shards = [
      'd/train-10.jsonl',
      'd/README.md',
      'd/train-9.jsonl.gz',
      'd/dataset_infos.json',
      'd/.cache',
    ];
    expect(chooseParts(shards)).toEqual({
      parts: ['d/train-9.jsonl.gz', 'd/train-10.jsonl'],
      leftOut: ['d/README.md', 'd/dataset_infos.json', 'd/.cache'],
    });
    // One file is what the person means, whatever it is called.
    expect(chooseParts(['pairs'])).toEqual({ parts: ['pairs'], leftOut: [] });
    expect(() => chooseParts(['d/a.bin', 'd/b.txt'])).toThrow(/^d: none of the 2 files is one of examples/);
  });

  it.each([
    [['d/train.csv', 'd/test.csv'], 'test (1), train (1)'],
    [
      ['d/data/train-0-of-2.parquet', 'd/data/train-1-of-2.parquet', 'd/data/validation-0-of-1.parquet'],
      'train (2), validation (1)',
    ],
    [['d/train/a.jsonl', 'd/eval/a.jsonl'], 'validation (1), train (1)'],
    [['d/a.jsonl', 'd/a_test.jsonl'], 'test (1), other files (1)'],
  ])('of a folder with several splits are refused: %j', (paths, listed) => {
    expect(() => chooseParts(paths)).toThrow(`d: holds several parts of a dataset: ${listed}`);
  });

  it('are missed when some of a split’s shards are not there', () => {
    const shards = (...numbers: number[]) => numbers.map((n) => `d/train-0000${n}-of-00003.parquet`);
    expect(missingShards([...shards(0, 1, 2), 'd/other.csv'])).toEqual([]);
    expect(missingShards(shards(2, 0))).toEqual([
      'Of the 3 files d/train-*-of-00003.parquet only 2 are here.',
    ]);
  });

  it('are all taken when each was named, or the folder alone is called like a split', () => {
    expect(chooseParts(['train.csv', 'test.csv']).parts).toEqual(['test.csv', 'train.csv']);
    expect(chooseParts(['test/b.csv', 'test/a.csv']).parts).toEqual(['test/a.csv', 'test/b.csv']);
  });

  it('give their rows one after the other, each kind in its own way', async () => {
    const source = await openParts('three', [
      textFile('a.csv', 'p,c\nx,1\n'),
      { name: 'b.jsonl.gz', bytes: await gzip(text('{"p":"y","d":2}\noops\n')) },
      textFile('c.json', '[{"p":"z"}]'),
    ]);
    expect(source).toMatchObject({ name: 'three', columns: ['p', 'c', 'd'], count: undefined });
    for (let time = 0; time < 2; time++) {
      const rows = await collect(source.rows());
      expect(rows.map((row) => (row as GoodRow).value?.['p'])).toEqual(['x', 'y', undefined, 'z']);
      expect(rows.map(({ where }) => where)).toEqual([
        'a.csv, row 1 (line 2)',
        'b.jsonl.gz, line 1',
        'b.jsonl.gz, line 2',
        'c.json, item 1',
      ]);
    }
    await expect(openParts('two', [textFile('a.csv', 'p\nx\n'), textFile('b.csv', '')])).rejects.toThrow(
      /^b\.csv: is empty/,
    );
  });

  it('are called by their folder, and by their paths where their names are alike', async () => {
    const file = (name: string, p: string) => ({ name, data: text(`p\n${p}\n`) });
    const { label, source } = await readGiven([file('set/x/a.csv', '1'), file('set/y/a.csv', '2')]);
    expect(label).toBe('set (2 files)');
    expect(source.head.map(({ where }) => where)).toEqual([
      'set/x/a.csv, row 1 (line 2)',
      'set/y/a.csv, row 1 (line 2)',
    ]);
    const named = await readGiven([file('b.csv', '1'), file('a.csv', '2'), file('notes.txt', '')]);
    expect(named).toMatchObject({
      label: 'a.csv and 1 more',
      notices: [expect.stringMatching(/notes\.txt/)],
    });
  });
});
