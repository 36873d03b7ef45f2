import { describe, expect, it } from 'vitest';
import { DataError } from '../../../src/data/data-error';
import { openRows } from '../../../src/data/rows/open-rows';
import type { BadRow, GoodRow } from '../../../src/data/rows/row-source';
import { collect, failure, golden, goldenJson, gzip, readFile, textFile, values } from './files';

describe('JSONL', () => {
  it('reads objects line by line, with blank lines, CRLF and a byte order mark', async () => {
    const rows = await readFile(textFile('a.jsonl', '\ufeff{"a":1}\r\n\r\n  \n{"a":2,"b":"x"}'));
    expect(rows).toEqual([
      { where: 'a.jsonl, line 1', value: { a: 1 } },
      { where: 'a.jsonl, line 4', value: { a: 2, b: 'x' } },
    ]);
  });

  it('goes on after a bad line and says what is wrong with it', async () => {
    const deep = `${'['.repeat(70)}${']'.repeat(70)}`;
    const rows = await readFile(textFile('a.jsonl', `{"a":1}\n{"a":\n[1]\n{"a":${deep}}\n{"a":2}\n`));
    expect(rows.map((row) => row.where)).toEqual([1, 2, 3, 4, 5].map((n) => `a.jsonl, line ${n}`));
    expect(rows.map((row) => (row as BadRow).problem)).toEqual([
      undefined,
      expect.stringMatching(/is not valid JSON/),
      expect.stringMatching(/not an object/),
      expect.stringMatching(/more than 64 deep at character 69/),
      undefined,
    ]);
  });

  it('marks a line that is not UTF-8 and one without end', async () => {
    const bytes = new Uint8Array(17 * 1024 * 1024).fill(97);
    bytes.set(new TextEncoder().encode('{"a":1}\n{"a":"'));
    bytes[15] = 0xff;
    bytes[16] = 10;
    bytes.set(new TextEncoder().encode('\n{"a":2}\n'), bytes.length - 9);
    const rows = await readFile({ name: 'a.jsonl', bytes });
    expect(rows.map((row) => (row as BadRow).problem ?? '')).toEqual([
      '',
      expect.stringMatching(/^is not valid UTF-8 text; .*name its encoding/),
      expect.stringMatching(/longer than 16 MiB/),
      '',
    ]);
    expect((rows[3] as GoodRow).where).toBe('a.jsonl, line 4');
  });

  it('is read from a Blob, whatever the chunks', async () => {
    const text = Array.from({ length: 9000 }, (_, i) => JSON.stringify({ i, t: 'ü🙂'.repeat(i % 40) })).join(
      '\n',
    );
    const rows = await readFile({ name: 'a.jsonl', bytes: new Blob([text]) });
    expect(rows.map((row) => (row as GoodRow).value['i'])).toEqual(Array.from({ length: 9000 }, (_, i) => i));
    expect((rows[39] as GoodRow).value['t']).toBe('ü🙂'.repeat(39));
  });

  it('keeps hostile text and names as data', async () => {
    const text = '{"__proto__":{"polluted":1},"constructor":"<b>\\u202e\\u0000\\ud800</b>"}';
    const { columns, head } = await openRows(textFile('a.jsonl', text));
    expect(columns).toEqual(['__proto__', 'constructor']);
    expect(head[0]!.value['constructor']).toBe('<b>\u202e\u0000\ud800</b>');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const error = await readFile(textFile('b\u202e\n.jsonl', `{"a\u0007`)).catch((e: unknown) => e as Error);
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(/^b\\u202e\\n\.jsonl/);
    expect((error as Error).message).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });
});

describe('JSON', () => {
  it('reads a list, and an object with one list in it', async () => {
    expect(await values('a.json', ' [{"a":1},{"a":2}]')).toEqual([{ a: 1 }, { a: 2 }]);
    const rows = await readFile(textFile('a.json', '{"version": 1,\n "data": [{"a":1}, 3]}'));
    expect(rows[0]).toEqual({ where: 'a.json, "data" item 1', value: { a: 1 } });
    expect((rows[1] as BadRow).problem).toMatch(/not an object/);
    expect((await openRows(textFile('a.json', '[{"a":1},{"a":2}]'))).count).toBe(2);
  });

  it('takes lines for lines, whatever the name', async () => {
    expect((await openRows(textFile('a.json', '{"a":1}\n{"a":2}\n'))).kind).toBe('jsonl');
    expect((await openRows(textFile('data', '{"a":1}'))).kind).toBe('jsonl');
    expect((await openRows(textFile('data', '{\n"x":[{"a":1}]}'))).kind).toBe('json');
    expect((await openRows(textFile('a.jsonl', '[\n{"a":1}]'))).kind).toBe('json');
  });

  it('says where it is broken', async () => {
    expect((await failure('a.json', '[{"a":1},\n {"a" 2}]')).message).toMatch(/line 2, column 7/);
    expect((await failure('a.json', '{"a":[{"x":1}],"b":[{"x":1}]}')).message).toMatch(
      /several lists.*"a", "b"/,
    );
    expect((await failure('a.json', `${'['.repeat(100000)}`)).message).toMatch(/64 deep/);
    expect((await failure('a.json', '[]')).message).toMatch(/has no rows/);
    expect((await failure('a.json', '[1, 2]')).message).toMatch(/no row that can be read/);
  });
});

describe('CSV and TSV', () => {
  it('reads quotes, quoted line breaks and conversations, and counts lines', async () => {
    const text =
      'prompt,chosen\r\n"a ""b"", c","one\r\ntwo"\r\n\r\nx,"[{""role"":""user"",""content"":""hi""}]"\r\ny,[1]';
    const rows = await readFile(textFile('a.csv', text));
    expect(rows).toEqual([
      { where: 'a.csv, row 1 (line 2)', value: { prompt: 'a "b", c', chosen: 'one\r\ntwo' } },
      { where: 'a.csv, row 2 (line 5)', value: { prompt: 'x', chosen: [{ role: 'user', content: 'hi' }] } },
      { where: 'a.csv, row 3 (line 6)', value: { prompt: 'y', chosen: '[1]' } },
    ]);
  });

  it('reports ragged and misquoted rows and goes on', async () => {
    const rows = await readFile(textFile('a.csv', 'a,b\n1,2,3\n4\n5,6\n"x"y,z\n7,8"\n'));
    expect(rows.map((row) => (row as BadRow).problem?.slice(0, 20) ?? (row as GoodRow).value)).toEqual([
      'has a different numb',
      'has a different numb',
      { a: '5', b: '6' },
      'has a quote in the m',
    ]);
    const open = await readFile(textFile('a.csv', 'a,b\n5,6\n7,"open\nto the end'));
    expect(open[1]).toMatchObject({
      where: 'a.csv, row 2 (line 3)',
      problem: expect.stringMatching(/opens a quote/),
    });
  });

  it('tells the delimiter', async () => {
    expect(await values('a.csv', 'a;b\n1,5;2')).toEqual([{ a: '1,5', b: '2' }]);
    expect(await values('a.tsv', 'a\tb\n"1, x"\t2')).toEqual([{ a: '1, x', b: '2' }]);
    expect(await values('data', 'a,b\n1,2')).toEqual([{ a: '1', b: '2' }]);
  });

  it('reads rows across chunks as it does in one', async () => {
    const rows = Array.from({ length: 20000 }, (_, i) => `${i},"text ${'ü"",\n'.repeat(i % 7)}end"`);
    const all = await values('a.csv', `n,t\n${rows.join('\n')}\n`);
    expect(all.length).toBe(20000);
    expect(all[13]).toEqual({ n: '13', t: `text ${'ü",\n'.repeat(6)}end` });
    expect(all.every((row, i) => row['n'] === String(i))).toBe(true);
  });

  it('refuses a header that names a column twice, and a row without end', async () => {
    expect((await failure('a.csv', 'a,a\n1,2')).message).toMatch(/column "a" twice/);
    const open = `a,b\n1,2\n1,"${'x'.repeat(17 * 1024 * 1024)}`;
    expect((await failure('a.csv', open)).message).toMatch(/row 2 \(line 3\).*longer than 16 MiB/);
  });

  it('takes __proto__ for a name like any other', async () => {
    const { columns, head } = await openRows(textFile('a.csv', '__proto__,b\nx,y'));
    expect(columns).toEqual(['__proto__', 'b']);
    expect(Object.hasOwn(head[0]!.value, '__proto__')).toBe(true);
  });
});

describe('Parquet', () => {
  const wanted = goldenJson('rows.json') as Record<string, Record<string, unknown>[]>;

  it.each(['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'delta'])('reads pairs-%s', async (codec) => {
    const source = await openRows({ name: 'p.parquet', bytes: golden(`pairs-${codec}.parquet`) });
    expect(source.columns).toEqual(['prompt', 'chosen', 'rejected', 'margin', 'id', 'label']);
    expect(source.count).toBe(20);
    const rows = await collect(source.rows());
    expect(rows.map((row) => (row as GoodRow).value)).toEqual(wanted['pairs']);
    expect(rows[19]!.where).toBe('p.parquet, row 20');
  });

  it.each(['talks', 'talks-v2'])('reads lists of messages in %s', async (name) => {
    const rows = await readFile({
      name: 'p.parquet',
      bytes: new Blob([new Uint8Array(golden(`${name}.parquet`))]),
    });
    expect(rows.map((row) => (row as GoodRow).value)).toEqual(wanted['talks']);
  });

  it('refuses a schema with a negative number of parts, which would make the decoder count for ever', async () => {
    const file = golden('talks-v2.parquet').slice();
    const view = new DataView(file.buffer);
    const footer = file.length - 8 - view.getUint32(file.length - 8, true);
    // The element "rejected": name, then the field of its number of children, 1 as zigzag.
    const at = new TextDecoder('latin1').decode(file.subarray(footer)).indexOf('rejected') + footer + 8;
    expect([...file.subarray(at, at + 2)]).toEqual([0x15, 2]);
    file[at + 1] = 3;
    expect((await failure('p.parquet', file)).message).toMatch(/footer: a column of its schema has -2 parts/);
  });

  it('refuses what it does not read and what is cut short', async () => {
    expect((await failure('p.parquet', golden('pairs-delta-bytes.parquet'))).message).toMatch(
      /p\.parquet, row group 1:.*DELTA_BYTE_ARRAY/,
    );
    expect((await failure('p.parquet', golden('pairs-none.parquet').slice(0, 2000))).message).toMatch(
      /footer: "PAR1" is missing/,
    );
  });
});

describe('gzip', () => {
  it.each([
    ['a.jsonl.gz', '{"a":1}\n{"a":2}\n', 'jsonl'],
    ['a.json.gz', '[{"a":1},{"a":2}]', 'json'],
    ['a.csv.gz', 'a,b\n1,2\n', 'csv'],
    ['nameless', '{"a":1}\n{"a":2}\n', 'jsonl'],
  ])('%s', async (name, text, kind) => {
    const source = await openRows({ name, bytes: await gzip(new TextEncoder().encode(text)) });
    expect(source).toMatchObject({ kind, gzipped: true, name });
    // Twice: each reading begins anew.
    expect(await collect(source.rows())).toEqual(await collect(source.rows()));
    expect(source.head[0]!.value).toMatchObject({ a: name.includes('csv') ? '1' : 1 });
  });

  it('holds Parquet', async () => {
    const rows = await readFile({ name: 'p.parquet.gz', bytes: await gzip(golden('talks.parquet')) });
    expect(rows.length).toBe(9);
  });

  it('stops where the stream is cut, damaged, or swells beyond reason', async () => {
    const random = Array.from({ length: 20000 }, (_, i) => `{"a":${Math.sin(i)}}`).join('\n');
    const packed = await gzip(new TextEncoder().encode(random));
    expect((await failure('a.jsonl.gz', packed.slice(0, -2000))).message).toMatch(/damaged or cut short/);
    const damaged = packed.slice();
    damaged.fill(0x55, 5000, 5100);
    expect((await failure('a.jsonl.gz', damaged)).message).toMatch(/damaged or cut short/);
    const bomb = await gzip(new Uint8Array(64 * 1024 * 1024).fill(10));
    expect((await failure('a.jsonl.gz', bomb)).message).toMatch(/more than 1000 times its size/);
  });
});

it('names what it does not read', async () => {
  expect((await failure('a.zip', 'PK\u0003\u0004aaaaaaaa')).message).toMatch(/zip archive/);
  expect((await failure('a.csv', new Uint8Array())).message).toMatch(/is empty/);
  expect((await failure('a.txt', 'Lorem ipsum')).message).toMatch(/not JSON, JSONL, CSV/);
  expect((await failure('a.parquet', 'Lorem ipsum')).message).toMatch(/does not begin with "PAR1"/);
});
