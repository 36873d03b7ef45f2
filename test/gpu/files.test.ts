import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/db';
import { StoreError } from '../../src/store/errors';
import type { FileSetInfo, FileWriter } from '../../src/store/files';
import { keepFiles } from '../../src/store/keep-files';
import { createMemoryStore } from '../../src/store/memory';
import { openStore } from '../../src/store/open';
import type { Store } from '../../src/store/store';
import { sha256Hex } from '../../src/util/hash';

const CHUNK = 8 * 1024 * 1024;
let name = '';
const open: { close(): void }[] = [];
const connect = async (): Promise<Store> => {
  const store = await openStore({ name });
  expect(store.problem).toBe('');
  open.push(store);
  return store;
};

const realPut = IDBObjectStore.prototype.put;

/** Puts from the nth on fail as on a full disk; n = 1 is the next. */
const fillDiskAfter = (n: number) => {
  let left = n;
  IDBObjectStore.prototype.put = function (...args) {
    if (--left <= 0) throw new DOMException('The disk is full.', 'QuotaExceededError');
    return realPut.apply(this, args);
  };
};

beforeEach(() => {
  name = `test-${crypto.randomUUID()}`;
});
afterEach(async () => {
  IDBObjectStore.prototype.put = realPut;
  for (const connection of open.splice(0)) connection.close();
  await deleteDB(name);
});

const pattern = (length: number, seed = 1) => {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + seed) & 255;
  return bytes;
};
const equal = (a: Uint8Array, b: Uint8Array) => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

const info = (...sizes: number[]): FileSetInfo => ({
  kind: 'model',
  id: 'org/m@c1',
  label: 'org/m',
  files: sizes.map((bytes, i) => ({ name: `f${i}`, bytes })),
});

const writeAll = async (writer: FileWriter, file: string, bytes: Uint8Array, step = 1_000_003) => {
  for (let at = writer.have(file); at < bytes.length; at = writer.have(file)) {
    await writer.write(file, at, bytes.subarray(at, at + step));
  }
};

const stored = async (store: Store) =>
  (await store.report()).items.map(({ store: s, key, bytes }) => [s, key, bytes]);

const contract = (make: () => Promise<Store>) => {
  it('shows a set when it is whole and not before', async () => {
    const { files, ...store } = await make();
    const big = pattern(CHUNK + 5);
    const writer = await files.begin(info(big.length, 3, 0));
    await writeAll(writer, 'f0', big);
    expect(writer.have('f0')).toBe(big.length);
    expect(await files.list('model')).toEqual([]);
    expect(await files.manifest('model', 'org/m@c1')).toBeUndefined();
    await expect(files.readFile('model', 'org/m@c1', 'f0')).rejects.toThrow(/There is no stored model/);
    await expect(writer.finish()).rejects.toThrow(/org\/m is not whole: f1 has 0 of 3 bytes/);
    expect((await store.report()).items).toEqual([
      expect.objectContaining({
        store: 'unfinished',
        key: 'model:org/m@c1',
        label: 'Unfinished download: org/m',
        bytes: big.length,
      }),
    ]);
    writer.note('f1', { etag: '"e"', sha256: 'ab' });
    await writer.write('f1', 0, Uint8Array.of(1, 2, 3));
    const set = await writer.finish();
    expect(set).toMatchObject({ kind: 'model', id: 'org/m@c1', label: 'org/m' });
    expect(set.files[1]).toEqual({ name: 'f1', bytes: 3, etag: '"e"', sha256: 'ab' });
    expect(await files.list('model')).toEqual([set]);
    expect(await files.list('dataset')).toEqual([]);
    expect(await files.manifest('model', 'org/m@c1')).toEqual(set);
    expect(equal(await files.readFile('model', 'org/m@c1', 'f0'), big)).toBe(true);
    expect((await files.readFile('model', 'org/m@c1', 'f2')).length).toBe(0);
    const blob = await files.readBlob('model', 'org/m@c1', 'f0');
    expect(equal(new Uint8Array(await blob.arrayBuffer()), big)).toBe(true);
    await expect(files.readFile('model', 'org/m@c1', 'x')).rejects.toThrow(/has no file "x"/);
    await store.deleteItem('models', 'org/m@c1');
    expect(await files.list('model')).toEqual([]);
    expect((await store.report()).items).toEqual([]);
  });

  it('writes only what follows, and takes parts back', async () => {
    const { files } = await make();
    const writer = await files.begin(info(10));
    await writer.write('f0', 0, pattern(4));
    await expect(writer.write('f0', 3, pattern(1))).rejects.toThrow(/f0 has 4 bytes so far; 3 is not where/);
    await expect(writer.write('f0', 4, pattern(7))).rejects.toThrow(/more than the 10 bytes/);
    await expect(writer.write('x', 0, pattern(1))).rejects.toThrow(/has no file "x"/);
    writer.note('f0', { etag: '"e"' });
    expect(writer.etag('f0')).toBe('"e"');
    await writer.flush();
    await writer.write('f0', 4, pattern(2));
    const parts: number[] = [];
    for await (const part of writer.read('f0')) parts.push(...part);
    expect(parts).toEqual([...pattern(4), ...pattern(2)]);
    await writer.reset('f0');
    expect([writer.have('f0'), writer.etag('f0')]).toEqual([0, undefined]);
    await writer.write('f0', 0, pattern(10, 9));
    const set = await writer.finish();
    expect(equal(await files.readFile('model', set.id, 'f0'), pattern(10, 9))).toBe(true);
    await expect(files.begin({ ...info(1, 2), files: [{ name: 'a', bytes: -1 }] })).rejects.toThrow(
      /cannot have -1/,
    );
  });

  it('goes on with parts of the same files and not with others', async () => {
    const { files, ...store } = await make();
    await (await files.begin(info(10))).abandon();
    expect((await store.report()).items).toEqual([]);
    const first = await files.begin(info(10));
    await first.write('f0', 0, pattern(6));
    await first.flush();
    const second = await files.begin(info(10));
    expect(second.have('f0')).toBe(6);
    const third = await files.begin(info(11));
    expect(third.have('f0')).toBe(0);
    await expect(second.write('f0', 6, pattern(4)).then(second.flush)).rejects.toThrow(/deleted meanwhile/);
    await store.deleteItem('unfinished', 'model:org/m@c1');
    expect((await store.report()).items).toEqual([]);
  });

  it('replaces a set at once, and keeps sets of different kinds apart', async () => {
    const { files, ...store } = await make();
    const put = async (set: FileSetInfo, seed: number) => {
      const writer = await files.begin(set);
      for (const file of set.files) await writeAll(writer, file.name, pattern(file.bytes, seed));
      await writer.finish();
    };
    await put(info(5), 1);
    await put({ ...info(5), kind: 'adapter' }, 2);
    await put({ ...info(5), kind: 'dataset' }, 3);
    const writer = await files.begin(info(4));
    await writer.write('f0', 0, pattern(4, 4));
    expect(equal(await files.readFile('model', 'org/m@c1', 'f0'), pattern(5, 1))).toBe(true);
    await writer.finish();
    expect(equal(await files.readFile('model', 'org/m@c1', 'f0'), pattern(4, 4))).toBe(true);
    expect((await store.report()).items.map(({ store: s, bytes }) => [s, bytes])).toEqual([
      ['models', 4],
      ['adapters', 5],
      ['dataFiles', 5],
    ]);
    await store.deleteItem('adapters', 'org/m@c1');
    await store.deleteItem('dataFiles', 'org/m@c1');
    expect((await store.report()).items.map(({ store: s }) => s)).toEqual(['models']);
  });

  it('keeps what a person drops, with its hash', async () => {
    const { files, ...store } = await make();
    const rows = pattern(CHUNK + 77);
    const told: number[] = [];
    const dropped = new Map([
      ['rows.jsonl', new Blob([rows as BlobPart])],
      ['empty', new Blob([])],
    ]);
    const what = { kind: 'dataset', id: 'rows.jsonl', label: 'rows.jsonl' } as const;
    const set = await keepFiles(files, what, dropped, { onProgress: (done) => told.push(done) });
    expect(set.files).toEqual([
      { name: 'rows.jsonl', bytes: rows.length, sha256: await sha256Hex([rows]) },
      { name: 'empty', bytes: 0, sha256: await sha256Hex([new Uint8Array()]) },
    ]);
    expect(told).toEqual([CHUNK, rows.length]);
    expect(equal(await files.readFile('dataset', 'rows.jsonl', 'rows.jsonl'), rows)).toBe(true);
    await store.deleteItem('dataFiles', 'rows.jsonl');
    const controller = new AbortController();
    const stop = () => controller.abort(new Error('Enough.'));
    const options = { signal: controller.signal, onProgress: stop };
    await expect(keepFiles(files, what, dropped, options)).rejects.toThrow('Enough.');
    expect((await store.report()).items).toEqual([]);
  });

  it('locks a set: others wait, or give up waiting', async () => {
    const { files, ...store } = await make();
    const release = await files.lock('model', 'm');
    const other = await files.lock('model', 'other');
    let waited = 0;
    const onWait = () => {
      waited++;
    };
    const next = files.lock('model', 'm', { onWait });
    await expect.poll(() => waited).toBe(1);
    await expect(files.lock('model', 'm', { signal: AbortSignal.timeout(30) })).rejects.toThrow(
      /timed? ?out/i,
    );
    release();
    release();
    const mine = await next;
    mine();
    other();
    (await files.lock('model', 'm', { onWait }))();
    expect(waited).toBe(1);
    expect(store.problem).toBeDefined();
  });
};

describe('files in IndexedDB', () => {
  contract(connect);

  it('survive a page that dies: only the piece in hand is lost', async () => {
    const bytes = pattern(2 * CHUNK + 1000);
    const first = await connect();
    const dying = await first.files.begin({
      ...info(bytes.length),
      files: [{ name: 'f0', bytes: bytes.length }],
    });
    dying.note('f0', { etag: '"e"' });
    await dying.write('f0', 0, bytes.subarray(0, CHUNK + 500));
    first.close(); // no flush, no goodbye
    const second = await connect();
    expect(await stored(second)).toEqual([['unfinished', 'model:org/m@c1', CHUNK]]);
    const writer = await second.files.begin(info(bytes.length));
    expect([writer.have('f0'), writer.etag('f0')]).toEqual([CHUNK, '"e"']);
    await writeAll(writer, 'f0', bytes);
    await writer.finish();
    expect(equal(await (await connect()).files.readFile('model', 'org/m@c1', 'f0'), bytes)).toBe(true);
    expect(await stored(second)).toEqual([['models', 'org/m@c1', bytes.length]]);
  });

  it('lie in chunks of at most 64 MB, and none is left behind', async () => {
    const store = await connect();
    const db = await openDatabase(name);
    open.push(db);
    const bytes = pattern(2 * CHUNK + 1);
    const writer = await store.files.begin(info(bytes.length));
    await writer.write('f0', 0, bytes);
    const chunks = await db.getAll('fileChunks');
    expect(chunks.map((chunk) => chunk.byteLength)).toEqual([CHUNK, CHUNK, 1]);
    await writer.finish();
    const again = await store.files.begin(info(3));
    await again.write('f0', 0, pattern(3));
    await again.finish();
    expect((await db.getAllKeys('fileChunks')).length).toBe(1);
    await store.files.delete('model', 'org/m@c1');
    expect(await db.count('fileChunks')).toBe(0);
    expect(await db.count('fileSets')).toBe(0);
  });

  it('go to memory wherever the disk gets full, and nothing stored is lost', async () => {
    const sizes = [CHUNK + 100, 10, CHUNK + 7];
    const contents = sizes.map((size, i) => pattern(size, i));
    const store = await connect();
    const old = await store.files.begin({ ...info(4), id: 'old', label: 'old' });
    await old.write('f0', 0, pattern(4, 9));
    await old.finish();
    const before = await stored(store);
    let full = 0;
    for (let n = 1; ; n++) {
      fillDiskAfter(n);
      const page = await connect();
      const writer = await page.files.begin(info(...sizes));
      for (const [i, content] of contents.entries()) await writeAll(writer, `f${i}`, content);
      const set = await writer.finish();
      for (const [i, content] of contents.entries()) {
        expect(equal(await page.files.readFile('model', set.id, `f${i}`), content), `n = ${n}`).toBe(true);
      }
      const { problem } = await page.report();
      IDBObjectStore.prototype.put = realPut;
      expect(equal(await page.files.readFile('model', 'old', 'f0'), pattern(4, 9))).toBe(true);
      const other = await connect(); // another page sees what is really stored
      if (set.kept) {
        expect([writer.problem, problem]).toEqual(['', '']);
        expect(equal(await other.files.readFile('model', set.id, 'f2'), contents[2]!)).toBe(true);
        break;
      }
      full++;
      expect(writer.problem).toMatch(
        /storage is full: org\/m is kept in memory only, until this page is closed/,
      );
      expect(problem).toMatch(/had no room for org\/m; closing this page loses it/);
      expect((await other.files.list('model')).map(({ id }) => id)).toEqual(['old']);
      expect((await stored(other)).filter(([s]) => s !== 'unfinished')).toEqual(before);
      await other.deleteItem('unfinished', 'model:org/m@c1');
      page.close();
      other.close();
    }
    // begin: 2 puts; five chunks with two more each; the set and its line.
    expect(full).toBe(2 + 5 * 3 + 2);
  });

  it('go on from a full disk where they stood, once there is room', async () => {
    const bytes = pattern(2 * CHUNK + 9);
    const store = await connect();
    const writer = await store.files.begin(info(bytes.length));
    await writer.write('f0', 0, bytes.subarray(0, CHUNK));
    fillDiskAfter(1);
    await writeAll(writer, 'f0', bytes);
    expect((await writer.finish()).kept).toBe(false);
    IDBObjectStore.prototype.put = realPut;
    store.close();
    const next = await connect();
    const again = await next.files.begin(info(bytes.length));
    expect(again.have('f0')).toBe(CHUNK);
    await writeAll(again, 'f0', bytes);
    expect((await again.finish()).kept).toBe(true);
  });

  it('are not written by two tabs at once', async () => {
    const a = await (await connect()).files.begin(info(10));
    const b = await (await connect()).files.begin(info(10));
    await a.write('f0', 0, pattern(4));
    await a.flush();
    await b.write('f0', 0, pattern(5));
    await expect(b.flush()).rejects.toThrow(/is being written in another tab/);
    await a.write('f0', 4, pattern(6));
    await a.finish();
    await expect(b.flush()).rejects.toThrow(/was deleted meanwhile/);
  });

  it('under way are not deleted from another tab', async () => {
    const one = await connect();
    const two = await connect();
    const release = await one.files.lock('model', 'org/m@c1');
    const writer = await one.files.begin(info(10));
    await expect(two.deleteItem('unfinished', 'model:org/m@c1')).rejects.toThrow(
      /being downloaded at this moment/,
    );
    await writer.write('f0', 0, pattern(10));
    await writer.finish();
    release();
  });

  it('say when one is damaged', async () => {
    const store = await connect();
    const writer = await store.files.begin(info(CHUNK + 1));
    await writer.write('f0', 0, pattern(CHUNK + 1));
    await writer.finish();
    const db = await openDatabase(name);
    open.push(db);
    const [key] = await db.getAllKeys('fileChunks');
    await db.delete('fileChunks', key!);
    const read = store.files.readFile('model', 'org/m@c1', 'f0');
    await expect(read).rejects.toThrow(StoreError);
    await expect(read).rejects.toThrow(/stored model org\/m is damaged \(f0 is not whole\)\. Delete it in/);
  });

  it('of version 2 are those of version 3, byte for byte', async () => {
    const old = await openDatabase(name, 2);
    expect(old.objectStoreNames.contains('fileSets')).toBe(false);
    const tx = old.transaction(['models', 'modelChunks', 'items'], 'readwrite');
    const files = [
      { name: 'a', bytes: 5 },
      { name: 'b', bytes: 2 },
    ];
    await tx.objectStore('models').put({ id: 'm', label: 'M', files, updated: 3 }, 'm');
    await tx.objectStore('modelChunks').put(pattern(3, 1), ['m', 'a', 0]);
    await tx.objectStore('modelChunks').put(pattern(2, 2), ['m', 'a', 1]);
    await tx.objectStore('modelChunks').put(pattern(2, 3), ['m', 'b', 0]);
    const item = { store: 'models', key: 'm', label: 'M', bytes: 7, updated: 3 } as const;
    await tx.objectStore('items').put(item, ['models', 'm']);
    await tx.done;
    old.close();
    const store = await connect();
    expect(await store.listModels()).toEqual([{ id: 'm', label: 'M' }]);
    expect(await store.getModel('m')).toEqual(
      new Map([
        ['a', Uint8Array.of(...pattern(3, 1), ...pattern(2, 2))],
        ['b', pattern(2, 3)],
      ]),
    );
    expect((await store.report()).items).toEqual([item]);
    await store.putModel('m', 'M', new Map([['a', pattern(1)]]));
    const db = await openDatabase(name);
    open.push(db);
    expect(db.objectStoreNames.contains('models' as never)).toBe(false);
    expect(await db.count('fileChunks')).toBe(1); // the old one's are gone
  });
});

describe('files in memory', () => {
  contract(async () => createMemoryStore('A private window.'));
});
