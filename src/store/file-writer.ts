import { ownBuffer } from './bytes';
import { allocate, checkNext, checkWhole, fileIndex } from './check-files';
import type { Database } from './db';
import { read, write } from './db';
import { StoreError, StoreFullError } from './errors';
import type { FileSet, FileWriter } from './files';
import { fileSetKey } from './files';
import { fileSetItem, forgetItem, putItem, unfinishedItem } from './items';
import type { MemoryFiles, MemoryParts } from './memory-files';
import { emptyParts } from './memory-files';
import type { StoredFileSet, UnfinishedFileSet } from './schema';

/** Bytes of a stored chunk: what a page that dies loses of a download, and what a reader holds beside the file. */
const CHUNK = 8 * 1024 * 1024;

/** The chunks of a set, or of one of its files. */
export const chunksOf = (owner: string, name?: string): IDBKeyRange =>
  name === undefined
    ? IDBKeyRange.bound([owner], [owner, []])
    : IDBKeyRange.bound([owner, name], [owner, name, []]);

const replaced = <T>(list: readonly T[], index: number, item: T): T[] =>
  list.map((old, i) => (i === index ? item : old));

const storedBytes = (row: UnfinishedFileSet): number => row.stored.reduce((sum, { bytes }) => sum + bytes, 0);

/** The row as it is stored, if it is still what `mine` says. @throws StoreError when it was deleted or written elsewhere */
const checkMine = (mine: UnfinishedFileSet, now: UnfinishedFileSet | undefined) => {
  if (now?.owner !== mine.owner) {
    throw new StoreError(`The unfinished download of ${mine.label} was deleted meanwhile; start it again.`);
  }
  if (JSON.stringify(now.stored) !== JSON.stringify(mine.stored)) {
    throw new StoreError(`${mine.label} is being written in another tab; go on there, or close that tab.`);
  }
};

/** Deletes the unfinished row, its chunks and its line in the list, within a transaction. */
const dropRow = (tx: Parameters<Parameters<typeof write>[4]>[0], row: StoredFileSet): Promise<unknown>[] => [
  tx.objectStore('unfinished').delete([row.kind, row.id]),
  tx.objectStore('fileChunks').delete(chunksOf(row.owner)),
  forgetItem(tx, 'unfinished', fileSetKey(row.kind, row.id)),
];

/** Deletes an unfinished set and its chunks. */
export const deleteUnfinishedRow = (db: Database, row: StoredFileSet): Promise<void> =>
  write(
    db,
    ['unfinished', 'fileChunks', 'items'],
    `delete the unfinished download of ${row.label}`,
    undefined,
    (tx, add) => {
      for (const request of dropRow(tx, row)) add(request);
    },
  );

/** Stores an empty unfinished set. */
export const putUnfinishedRow = (db: Database, row: UnfinishedFileSet): Promise<void> =>
  write(db, ['unfinished', 'items'], `begin storing ${row.label}`, undefined, (tx, add) => {
    add(tx.objectStore('unfinished').put(row, [row.kind, row.id]));
    add(putItem(tx, unfinishedItem(row, storedBytes(row), row.updated)));
  });

/**
 * Writes into the database from where `start` stands, in memory from the moment that the storage is full.
 * @param memory where the set goes then
 */
export const createFileWriter = (db: Database, memory: MemoryFiles, start: UnfinishedFileSet): FileWriter => {
  let row = start;
  let fallback: FileWriter | undefined;
  let inHand: { index: number; length: number } | undefined;
  const buffer = { bytes: undefined as Uint8Array<ArrayBuffer> | undefined };
  const lengthInHand = (index: number) => (inHand?.index === index ? inHand.length : 0);
  const have = (index: number) => row.stored[index]!.bytes + lengthInHand(index);

  async function* storedChunks(index: number): AsyncGenerator<Uint8Array> {
    const { name } = row.files[index]!;
    const { chunks } = row.stored[index]!;
    for (let i = 0; i < chunks; i++) {
      const chunk = await read(db, ['fileChunks'], `read ${name}`, (tx) =>
        tx.objectStore('fileChunks').get([row.owner, name, i]),
      );
      if (!chunk)
        throw new StoreError(`The stored parts of ${name} are damaged; delete the unfinished download.`);
      yield chunk;
    }
  }

  /** Everything so far is copied to memory; what is stored stays for another visit. */
  const goToMemory = async (full: StoreFullError): Promise<FileWriter> => {
    const parts: MemoryParts = emptyParts(row);
    for (const [index, { name, bytes }] of row.files.entries()) {
      if (have(index) === 0) continue;
      const whole = allocate(bytes, name);
      let at = 0;
      for await (const chunk of storedChunks(index)) {
        whole.set(chunk, at);
        at += chunk.byteLength;
      }
      if (inHand?.index === index) whole.set(buffer.bytes!.subarray(0, inHand.length), at);
      parts.arrays[index] = whole;
      parts.have[index] = have(index);
    }
    inHand = undefined;
    buffer.bytes = undefined;
    fallback = memory.writer(
      parts,
      `The browser's storage is full: ${row.label} is kept in memory only, until this page is closed. ${full.message}`,
    );
    return fallback;
  };

  const store = async (
    next: UnfinishedFileSet,
    chunk?: { name: string; index: number; bytes: Uint8Array },
  ) => {
    await write(
      db,
      ['unfinished', 'fileChunks', 'items'],
      `store ${row.label}`,
      chunk?.bytes.byteLength,
      async (tx, add) => {
        checkMine(row, await tx.objectStore('unfinished').get([row.kind, row.id]));
        if (chunk) add(tx.objectStore('fileChunks').put(chunk.bytes, [row.owner, chunk.name, chunk.index]));
        add(tx.objectStore('unfinished').put(next, [next.kind, next.id]));
        add(putItem(tx, unfinishedItem(next, storedBytes(next), next.updated)));
      },
    );
    row = next;
  };

  const flushHand = async () => {
    if (!inHand || inHand.length === 0) return;
    const { index, length } = inHand;
    const { bytes, chunks } = row.stored[index]!;
    const stored = replaced(row.stored, index, { bytes: bytes + length, chunks: chunks + 1 });
    await store(
      { ...row, stored, updated: Date.now() },
      { name: row.files[index]!.name, index: chunks, bytes: ownBuffer(buffer.bytes!.subarray(0, length)) },
    );
    inHand = undefined;
  };

  /** Does it in the database, or goes to memory when that is full. */
  const orMemory = async (f: () => Promise<void>): Promise<void> => {
    try {
      await f();
    } catch (error) {
      if (!(error instanceof StoreFullError)) throw error;
      await goToMemory(error);
    }
  };

  const finishStored = async (): Promise<FileSet> => {
    checkWhole(row, have);
    const { stored: _, ...rest } = row;
    const set: StoredFileSet = { ...rest, updated: Date.now() };
    const stores = ['fileSets', 'unfinished', 'fileChunks', 'items'] as const;
    await write(db, [...stores], `store ${row.label}`, undefined, async (tx, add) => {
      const sets = tx.objectStore('fileSets');
      const [now, earlier] = await Promise.all([
        tx.objectStore('unfinished').get([row.kind, row.id]),
        sets.get([row.kind, row.id]),
      ]);
      checkMine(row, now);
      if (earlier) add(tx.objectStore('fileChunks').delete(chunksOf(earlier.owner)));
      add(tx.objectStore('unfinished').delete([row.kind, row.id]));
      add(forgetItem(tx, 'unfinished', fileSetKey(row.kind, row.id)));
      add(sets.put(set, [row.kind, row.id]));
      add(putItem(tx, fileSetItem(set)));
    });
    await memory.delete(row.kind, row.id);
    const { owner: __, ...shown } = set;
    return { ...shown, kept: true };
  };

  return {
    get info() {
      return fallback?.info ?? row;
    },
    get problem() {
      return fallback?.problem ?? '';
    },
    have: (name) => fallback?.have(name) ?? have(fileIndex(row, name)),
    etag: (name) => (fallback ? fallback.etag(name) : row.files[fileIndex(row, name)]!.etag),
    note: (name, facts) => {
      if (fallback) return fallback.note(name, facts);
      const index = fileIndex(row, name);
      row = { ...row, files: replaced(row.files, index, { ...row.files[index]!, ...facts }) };
    },
    write: async (name, offset, bytes) => {
      const index = fileIndex(row, name);
      if (!fallback) checkNext(row, index, have(index), offset, bytes.byteLength);
      let taken = 0;
      while (!fallback && taken < bytes.byteLength) {
        if (inHand && inHand.index !== index) await orMemory(flushHand);
        if (fallback) break;
        buffer.bytes ??= allocate(CHUNK, name);
        inHand ??= { index, length: 0 };
        const count = Math.min(CHUNK - inHand.length, bytes.byteLength - taken);
        buffer.bytes.set(bytes.subarray(taken, taken + count), inHand.length);
        inHand.length += count;
        taken += count;
        if (inHand.length === CHUNK || have(index) === row.files[index]!.bytes) await orMemory(flushHand);
      }
      await fallback?.write(name, offset + taken, bytes.subarray(taken));
    },
    async *read(name) {
      if (!fallback) {
        const index = fileIndex(row, name);
        yield* storedChunks(index);
        if (inHand?.index === index) yield buffer.bytes!.slice(0, inHand.length);
      } else yield* fallback.read(name);
    },
    reset: async (name) => {
      if (fallback) return fallback.reset(name);
      const index = fileIndex(row, name);
      if (inHand?.index === index) inHand = undefined;
      const { etag: _, ...entry } = row.files[index]!;
      const next = {
        ...row,
        files: replaced(row.files, index, entry),
        stored: replaced(row.stored, index, { bytes: 0, chunks: 0 }),
        updated: Date.now(),
      };
      await write(
        db,
        ['unfinished', 'fileChunks', 'items'],
        `delete parts of ${name}`,
        undefined,
        async (tx, add) => {
          checkMine(row, await tx.objectStore('unfinished').get([row.kind, row.id]));
          add(tx.objectStore('fileChunks').delete(chunksOf(row.owner, name)));
          add(tx.objectStore('unfinished').put(next, [row.kind, row.id]));
          add(putItem(tx, unfinishedItem(next, storedBytes(next), next.updated)));
        },
      );
      row = next;
    },
    flush: async () => {
      if (!fallback) await orMemory(flushHand);
    },
    finish: async () => {
      let set: FileSet | undefined;
      if (!fallback) {
        await orMemory(async () => {
          await flushHand();
          set = await finishStored();
        });
      }
      return set ?? (await fallback!.finish());
    },
    abandon: async () => {
      await fallback?.abandon();
      inHand = undefined;
      await deleteUnfinishedRow(db, row);
    },
  };
};
