import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { GoodRow } from '../../../src/data/rows/row-source';
import { failure, gzip, readFile } from './files';

const encode = (text: string) => new TextEncoder().encode(text);
const join = (parts: readonly Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));

it('reads gzip of several members as one text, with or without zeros behind', async () => {
  const members: Uint8Array[] = [await gzip(new Uint8Array())];
  for (let i = 0; i < 300; i++) {
    members.push(await gzip(encode(`{"a":${i},"t":"${'z'.repeat((i * 37) % 500)}"}\n`)));
  }
  const large = Array.from({ length: 9000 }, (_, i) => `{"a":${300 + i},"t":"${Math.sin(i)}"}`);
  members.push(await gzip(encode(large.join('\n'))));
  for (const padding of [0, 3, 40000]) {
    const bytes = join([...members, new Uint8Array(padding)]);
    const rows = await readFile({ name: 'a.jsonl.gz', bytes });
    expect(rows.map((row) => (row as GoodRow).value['a'])).toEqual([...Array(9300).keys()]);
  }
});

it('reads members that end at the border of the pieces that are unpacked', async () => {
  const small = await gzip(encode('{"a":2}\n'));
  const stored = (length: number) =>
    new Uint8Array(gzipSync(encode(`{"t":"${'y'.repeat(length)}"}\n`), { level: 0 }));
  for (const size of [32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1]) {
    const frame = stored(size).length - size;
    let member = stored(size - frame);
    for (let less = 0; member.length > size; less++) member = stored(size - frame - less);
    const rows = await readFile({ name: 'a.jsonl.gz', bytes: join([member, small, member]) });
    expect(rows.map((row) => Object.keys((row as GoodRow).value)[0])).toEqual(['t', 'a', 't']);
    expect(member.length, `a member of ${size} bytes`).toBe(size);
  }
});

it('finds a later member that is cut, wrong in its sum, or none', async () => {
  const first = await gzip(encode('{"a":1}\n'));
  expect((await failure('a.jsonl.gz', join([first, first.slice(0, -3)]))).message).toMatch(/cut short/);
  expect((await failure('a.jsonl.gz', join([first, encode('no gzip')]))).message).toMatch(/damaged/);
  const wrong = first.slice();
  wrong[wrong.length - 6]! ^= 1;
  expect((await failure('a.jsonl.gz', join([first, wrong]))).message).toMatch(/damaged/);
});
