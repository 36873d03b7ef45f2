import { expect, it } from 'vitest';
import { openRows } from '../../../src/data/rows/open-rows';
import type { BadRow, GoodRow } from '../../../src/data/rows/row-source';
import { failure, gzip, readFile, textFile, values } from './files';

/** Each character as the byte of its number. */
const latin = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const utf8 = (text: string) => new TextEncoder().encode(text);
const join = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));

it('marks rows that are not UTF-8, and keeps U+FFFD that the file itself holds', async () => {
  const bytes = join(
    utf8('\ufeffp,c\nü \ufffd,ok\n'),
    latin('caf\u00e9,no\n'),
    utf8('日本,ok\n'),
    latin('x,\u00e4'),
  );
  const rows = await readFile({ name: 'a.csv', bytes });
  expect(rows.map((row) => (row as GoodRow).value ?? (row as BadRow).problem)).toEqual([
    { p: 'ü \ufffd', c: 'ok' },
    expect.stringMatching(/^is not valid UTF-8 text; .*name its encoding/),
    { p: '日本', c: 'ok' },
    expect.stringMatching(/^is not valid UTF-8/),
  ]);
  expect(rows[1]).toMatchObject({ where: 'a.csv, row 2 (line 3)', excerpt: 'caf\ufffd | no' });
  const header = latin('caf\u00e9,b\n1,2\n');
  expect((await failure('a.csv', header)).message).toMatch(
    /line 1: is not valid UTF-8 text.*name its encoding/,
  );
  const json = latin('[{"a":"\u00e9"}]');
  expect((await failure('a.json', json)).message).toMatch(/is not valid UTF-8 text.*name its encoding/);
});

it.each(['cp1252', 'Windows-1252', 'latin1'])(
  'decodes every kind of file as %s when told so',
  async (encoding) => {
    const open = async (name: string, bytes: Uint8Array) =>
      (await openRows({ name, bytes }, { encoding })).head[0]!.value;
    expect(await open('a.csv', latin('caf\u00e9;\u0080\nna\u00efve;1\n'))).toEqual({
      café: 'naïve',
      '€': '1',
    });
    expect(await open('a.json', latin('[{"a":"\u00e9"}]'))).toEqual({ a: 'é' });
    expect(await open('a.jsonl.gz', await gzip(latin('{"a":"\u00e9"}\n')))).toEqual({ a: 'é' });
  },
);

it('refuses bytes that the named encoding does not have', async () => {
  const file = { name: 'a.csv', bytes: latin('a,b\n\u0081,2\n') };
  await expect(openRows(file, { encoding: 'shift_jis' })).rejects.toThrow(
    /a\.csv, bytes 1 to 8: is not valid shift_jis text; name another encoding/,
  );
});

it('decodes characters that chunks cut apart', async () => {
  const lines = Array.from({ length: 40000 }, (_, i) => `${'x'.repeat(i % 5)}日🙂é,${i}`);
  const all = await values('a.csv', `p,c\n${lines.join('\n')}`);
  expect(all.findIndex((row, i) => `${row['p']},${row['c']}` !== lines[i])).toBe(-1);
  expect(all.length).toBe(lines.length);
});

it.each([
  ['UTF-16LE', [0xff, 0xfe]],
  ['UTF-16BE', [0xfe, 0xff]],
])('reads %s by its byte order mark, whatever the setting says', async (_, mark) => {
  const text = 'a\tb\r\nü🙂\t2\r\n';
  const units = [...Array(text.length).keys()].map((i) => text.charCodeAt(i));
  const bytes = units.flatMap((u) => (mark[0] === 0xff ? [u & 255, u >> 8] : [u >> 8, u & 255]));
  for (const encoding of ['utf-8', 'latin1']) {
    const file = { name: 'a.tsv', bytes: new Uint8Array([...mark, ...bytes]) };
    const { head } = await openRows(file, { encoding });
    expect(head.map(({ value }) => value)).toEqual([{ a: 'ü🙂', b: '2' }]);
  }
  const marked = textFile('a.csv', '\ufeffa,b\nü,2\n');
  expect((await openRows(marked, { encoding: 'latin1' })).head[0]!.value).toEqual({ a: 'ü', b: '2' });
});
