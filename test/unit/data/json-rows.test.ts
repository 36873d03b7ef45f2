import { describe, expect, it } from 'vitest';
import type { BadRow } from '../../../src/data/rows/row-source';
import { failure, readFile, textFile, values } from './files';

describe('rows in JSON', () => {
  it('come out of what the hub’s viewer answers, and those that it has cut are dropped', async () => {
    const answer = {
      features: [{ feature_idx: 0, name: 'a' }],
      rows: [
        { row_idx: 7, row: { a: 1, row: 'x' }, truncated_cells: [] },
        { row_idx: 8, row: { a: 2 }, truncated_cells: ['a'] },
      ],
      num_rows_total: 90,
    };
    expect(await readFile(textFile('first-rows.json', JSON.stringify(answer)))).toEqual([
      { where: 'first-rows.json, "rows" item 1', value: { a: 1, row: 'x' } },
      { where: 'first-rows.json, "rows" item 2', problem: expect.stringMatching(/cut short/), excerpt: 'a' },
    ]);
    const lines = answer.rows.map((row) => JSON.stringify(row)).join('\n');
    expect((await values('rows.jsonl', lines))[0]).toEqual({ a: 1, row: 'x' });
    expect(await values('a.json', '{"rows":[{"row":{"a":3}}]}')).toEqual([{ a: 3 }]);
    // A column that is only called so wraps nothing.
    expect(await values('a.json', '[{"row":{"a":1},"label":2}]')).toEqual([{ row: { a: 1 }, label: 2 }]);
  });

  it('may hold NaN and infinities; a text that says so stays a text', async () => {
    const line = String.raw`{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN \" Infinity","d":-1}`;
    const wanted = { a: Number.NaN, b: [-Infinity, Infinity], c: 'NaN " Infinity', d: -1 };
    expect(await values('a.jsonl', line)).toEqual([wanted]);
    expect(await values('a.json', `{"data":\n[${line}]}`)).toEqual([wanted]);
    expect(await values('x.json', `${line}\n${line}`)).toEqual([wanted, wanted]);
  });

  it('say where they are broken, NaN or not', async () => {
    const rows = await readFile(textFile('a.jsonl', '{"a":1}\n{"a":NaN,"b" 3}\n{"a":-}'));
    expect((rows[1] as BadRow).problem).toMatch(/character 14/);
    expect((rows[2] as BadRow).problem).toMatch(/not valid JSON/);
    expect((await failure('a.json', '[{"a":NaN,\n "b":NaN, 3}]')).message).toMatch(/line 2, column 11/);
  });
});
