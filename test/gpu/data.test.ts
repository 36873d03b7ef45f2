import { expect, it } from 'vitest';
import { openRows } from '../../src/data/rows/open-rows';
import { compileTemplate } from '../../src/data/text/chat-template';

/** The readers need no GPU, but a browser's own decompressor, blobs and module loading. */
const fileOf = async (name: string, bytes: Uint8Array<ArrayBuffer>, gzip: boolean) => {
  const blob = new Blob([bytes]);
  const packed = blob.stream().pipeThrough(new CompressionStream('gzip'));
  return { name, bytes: gzip ? await new Response(packed).blob() : blob };
};
const encode = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;

it.each([false, true])('reads CSV, JSONL and Parquet in a browser, gzip %s', async (gzip) => {
  const csv = await openRows(await fileOf('a.csv', encode('a,b\n"1\n",2\n'), gzip));
  expect(csv.head).toEqual([{ where: 'a.csv, row 1 (line 2)', value: { a: '1\n', b: '2' } }]);
  const jsonl = await openRows(await fileOf('a.jsonl', encode('{"a":1}\n{"a":2}\n'), gzip));
  expect(jsonl.head.map(({ value }) => value)).toEqual([{ a: 1 }, { a: 2 }]);
  const url = new URL('../golden/data/talks.parquet', import.meta.url);
  const parquet = new Uint8Array(await (await fetch(url)).arrayBuffer());
  const talks = await openRows(await fileOf('t.parquet', parquet, gzip));
  expect(talks.count).toBe(9);
  expect(talks.head[0]!.value['chosen']).toEqual([
    { role: 'user', content: 'What color?' },
    { role: 'assistant', content: 'blue' },
  ]);
});

it('reads gzip of several members', async () => {
  const members = await Promise.all(
    [1, 2, 3].map(async (a) => (await fileOf('', encode(`{"a":${a}}\n`), true)).bytes),
  );
  const { head } = await openRows({ name: 'a.jsonl.gz', bytes: new Blob(members) });
  expect(head.map(({ value }) => value['a'])).toEqual([1, 2, 3]);
});

it('decodes a named encoding', async () => {
  const bytes = new Blob([Uint8Array.from('a;b\r\ncaf\u00e9;\u0080\r', (c) => c.charCodeAt(0))]);
  const { head } = await openRows({ name: 'a.csv', bytes }, { encoding: 'cp1252' });
  expect(head[0]!.value).toEqual({ a: 'café', b: '€' });
});

it('says so when a gzip stream is cut', async () => {
  const { name, bytes } = await fileOf('a.jsonl.gz', encode('{"a":1}\n'.repeat(50_000)), true);
  await expect(
    openRows({ name, bytes: bytes.slice(0, bytes.size - 20) }).then(async (source) => {
      for await (const _ of source.rows());
    }),
  ).rejects.toThrow(/damaged or cut short/);
});

it('writes conversations with a template', async () => {
  const render = await compileTemplate({
    source: '{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}',
    specialTokens: { eos_token: '$' },
  });
  expect(render([{ role: 'user', content: '<b>' }], false)).toBe('<b>$');
});
