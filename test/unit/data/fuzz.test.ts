import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../src/data/data-error';
import { openRows } from '../../../src/data/rows/open-rows';
import { isBad } from '../../../src/data/rows/row-source';
import { golden, goldenJson, gzip } from './files';

/** One change to a file. Places are shares of its length, so that they fit files of any length. */
type Change =
  | { kind: 'set'; at: number; bytes: Uint8Array }
  | { kind: 'insert'; at: number; bytes: Uint8Array }
  | { kind: 'remove'; at: number; length: number }
  | { kind: 'repeat'; at: number; length: number; times: number }
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'cut'; at: number };

/** Scrambled, because fast-check prefers small numbers, and every file would be changed at its beginning. */
const share = fc.nat(2 ** 31 - 1).map((n) => (Math.imul(n, 0x9e3779b1) >>> 0) / 2 ** 32);
/** Bytes that mean something somewhere: signs of JSON and CSV, ends and beginnings of numbers. */
const telling = fc.constantFrom(
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    '\\',
    '\n',
    '\r\n',
    '\t',
    ':',
    '\\u0000',
    '"__proto__"',
    '1e999',
    '\ud83d\ude42',
  ].map((s) => new TextEncoder().encode(s)),
  ...[[0], [0xff], [0xff, 0xff, 0xff, 0xff, 0x0f], [0x80], [0xfe, 0xff, 0xff, 0xff, 0x07], [0xc3, 0x28]].map(
    (b) => Uint8Array.from(b),
  ),
);
const bytes = fc.oneof(telling, fc.uint8Array({ minLength: 1, maxLength: 6 }));
const set: fc.Arbitrary<Change> = fc.record({ kind: fc.constant('set' as const), at: share, bytes });
const flip: fc.Arbitrary<Change> = fc.record({
  kind: fc.constant('flip' as const),
  at: share,
  bit: fc.nat(7),
});
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: set },
  { weight: 3, arbitrary: flip },
  fc.record({ kind: fc.constant('insert' as const), at: share, bytes }),
  fc.record({ kind: fc.constant('remove' as const), at: share, length: fc.nat(40) }),
  fc.record({ kind: fc.constant('repeat' as const), at: share, length: fc.nat(60), times: fc.nat(30) }),
  fc.record({ kind: fc.constant('cut' as const), at: share }),
);
/** Of binary files, whose offsets a shifted byte ruins at once, mostly single bytes in their place. */
const binaryChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 8, arbitrary: set },
  { weight: 12, arbitrary: flip },
  { weight: 1, arbitrary: anyChange },
);

const join = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));

const apply = (file: Uint8Array, changed: Change): Uint8Array => {
  const at = Math.floor(changed.at * file.length);
  switch (changed.kind) {
    case 'set': {
      const copy = file.slice();
      copy.set(changed.bytes.subarray(0, copy.length - at), at);
      return copy;
    }
    case 'flip': {
      const copy = file.slice();
      if (copy.length > 0) copy[at]! ^= 1 << changed.bit;
      return copy;
    }
    case 'insert':
      return join(file.subarray(0, at), changed.bytes, file.subarray(at));
    case 'remove':
      return join(file.subarray(0, at), file.subarray(at + changed.length));
    case 'repeat': {
      const part = file.subarray(at, at + changed.length);
      return join(
        file.subarray(0, at),
        ...Array.from({ length: changed.times }, () => part),
        file.subarray(at),
      );
    }
    case 'cut':
      return file.slice(0, at);
  }
};

const rows = goldenJson('rows.json') as Record<string, Record<string, unknown>[]>;
const encode = (text: string) => new TextEncoder().encode(text);
const jsonl = encode([...rows['talks']!, ...rows['pairs']!].map((row) => JSON.stringify(row)).join('\n'));
const csv = encode(
  [
    'prompt,chosen,rejected',
    ...rows['pairs']!.map((r) => `"${r['prompt'] ?? ''} ""x"",\n",${r['chosen']},${r['rejected']}`),
  ].join('\n'),
);

const seeds: [string, string, () => Promise<Uint8Array[]>][] = [
  ['JSONL', 'f.jsonl', async () => [jsonl]],
  [
    'JSON',
    'f.json',
    async () => [
      encode(JSON.stringify(rows['talks'])),
      encode(JSON.stringify({ v: 1, data: rows['pairs'] })),
    ],
  ],
  ['CSV', 'f.csv', async () => [csv]],
  ['TSV', 'f.tsv', async () => [encode(new TextDecoder().decode(csv).replaceAll(',', '\t'))]],
  [
    'Parquet',
    'f.parquet',
    async () =>
      [
        'pairs-none',
        'pairs-snappy',
        'pairs-gzip',
        'pairs-zstd',
        'pairs-brotli',
        'pairs-lz4',
        'pairs-delta',
        'talks',
        'talks-v2',
      ].map((name) => golden(`${name}.parquet`)),
  ],
  [
    'gzip',
    'f.jsonl.gz',
    async () => [await gzip(jsonl), await gzip(csv), await gzip(golden('talks.parquet'))],
  ],
];

/** Reads a file to its end. @returns rows read, bad ones too, or the error */
const attempt = async (name: string, file: Uint8Array): Promise<number | unknown> => {
  try {
    const source = await openRows({ name, bytes: file });
    let count = 0;
    for await (const row of source.rows()) {
      count++;
      expect(row.where.startsWith(name)).toBe(true);
      if (isBad(row)) expect(row.problem.length).toBeGreaterThan(5);
      else expect(Object.prototype.toString.call(row.value)).toBe('[object Object]');
    }
    return count;
  } catch (error) {
    return error;
  }
};

describe('2,500 damaged files of each kind, 3,000 of Parquet, end in rows or in a DataError', () => {
  it.each(seeds)(
    '%s',
    async (kind, name, make) => {
      const originals = await make();
      const rssBefore = process.memoryUsage().rss;
      let highest = rssBefore;
      let slowest = 0;
      const outcomes = { rows: 0, refused: 0 };
      await fc.assert(
        fc.asyncProperty(
          fc.nat(originals.length - 1),
          fc.array(kind === 'Parquet' || kind === 'gzip' ? binaryChange : anyChange, {
            minLength: 1,
            maxLength: 3,
          }),
          async (which, changes) => {
            const file = changes.reduce(apply, originals[which]!);
            // Of this process alone: the machine may be busy with other things.
            const start = process.cpuUsage();
            const result = await attempt(name, file);
            const { user, system } = process.cpuUsage(start);
            slowest = Math.max(slowest, (user + system) / 1000);
            highest = Math.max(highest, process.memoryUsage().rss);
            if (typeof result === 'number') {
              outcomes.rows++;
              return;
            }
            outcomes.refused++;
            expect(result).toBeInstanceOf(DataError);
            const { message, reason, file: named } = result as DataError;
            expect(named).toBe(name);
            expect(message.startsWith(name)).toBe(true);
            expect(reason.length).toBeGreaterThan(5);
            expect(message.length).toBeLessThan(1000);
            expect(message).not.toMatch(/\p{Cc}/u);
          },
        ),
        { seed: 7, numRuns: kind === 'Parquet' ? 3000 : 2500, endOnFailure: true },
      );
      // A gzip stream has a checksum, so that few changes pass.
      expect(outcomes.rows).toBeGreaterThan(kind === 'gzip' ? 1 : 20);
      expect(outcomes.refused).toBeGreaterThan(20);
      expect(slowest).toBeLessThan(3000);
      expect(highest - rssBefore).toBeLessThan(400 * 1024 * 1024);
    },
    240_000,
  );
});
