import { allocate, checkFiles, fileIndex } from './check-files';
import type { Database } from './db';
import { read, write } from './db';
import { StoreError, StoreFullError } from './errors';
import { chunksOf, createFileWriter, deleteUnfinishedRow, putUnfinishedRow } from './file-writer';
import type { FileKind, FileSet, FileStore } from './files';
import { fileSetKey, sameFiles } from './files';
import { forgetItem, storeOfKind } from './items';
import { sharedLocks } from './lock-files';
import { emptyParts, type MemoryFiles } from './memory-files';
import { storageRoom } from './report';
import type { StoredFileSet, UnfinishedFileSet } from './schema';

const shown = ({ owner: _, ...set }: StoredFileSet): FileSet => ({ ...set, kept: true });

/** Files in the database, with `memory` for those that found no room there; a set in memory hides a stored one. */
export const createDatabaseFiles = (db: Database, memory: MemoryFiles): FileStore => {
  const locks = sharedLocks();

  const inMemory = async (kind: FileKind, id: string) => (await memory.manifest(kind, id)) !== undefined;

  /** Hands the file's chunks to `take` in order, all in one transaction, so that nothing changes under the reader. */
  const readChunks = (
    kind: FileKind,
    id: string,
    name: string,
    begin: (bytes: number) => (chunk: Uint8Array) => void,
  ): Promise<void> =>
    read(db, ['fileSets', 'fileChunks'], `read ${name} of ${id}`, async (tx) => {
      const set = await tx.objectStore('fileSets').get([kind, id]);
      if (!set) throw new StoreError(`There is no stored ${kind} "${id}".`);
      const { bytes } = set.files[fileIndex(set, name)]!;
      const take = begin(bytes);
      let at = 0;
      for (let index = 0; at < bytes; index++) {
        const chunk = await tx.objectStore('fileChunks').get([set.owner, name, index]);
        if (!chunk || at + chunk.byteLength > bytes) {
          throw new StoreError(
            `The stored ${kind} ${set.label} is damaged (${name} is not whole). Delete it in the storage panel.`,
          );
        }
        take(chunk);
        at += chunk.byteLength;
      }
    });

  return {
    begin: async (info) => {
      checkFiles(info);
      const left = await read(db, ['unfinished'], 'look for an unfinished download', (tx) =>
        tx.objectStore('unfinished').get([info.kind, info.id]),
      );
      if (left && sameFiles(left.files, info.files)) return createFileWriter(db, memory, left);
      if (left) await deleteUnfinishedRow(db, left);
      const row: UnfinishedFileSet = {
        ...structuredClone(info),
        owner: crypto.randomUUID(),
        updated: Date.now(),
        stored: info.files.map(() => ({ bytes: 0, chunks: 0 })),
      };
      try {
        await putUnfinishedRow(db, row);
      } catch (error) {
        if (!(error instanceof StoreFullError)) throw error;
        return memory.writer(
          emptyParts(info),
          `The browser's storage is full: ${info.label} is kept in memory only, until this page is closed.`,
        );
      }
      return createFileWriter(db, memory, row);
    },
    list: async (kind) => {
      const range = IDBKeyRange.bound([kind], [kind, []]);
      const stored = await read(db, ['fileSets'], 'list what is stored', (tx) =>
        tx.objectStore('fileSets').getAll(range),
      );
      const volatile = await memory.list(kind);
      const hidden = new Set(volatile.map(({ id }) => id));
      return [...volatile, ...stored.filter(({ id }) => !hidden.has(id)).map(shown)].sort(
        (a, b) => b.updated - a.updated,
      );
    },
    manifest: async (kind, id) => {
      const volatile = await memory.manifest(kind, id);
      if (volatile) return volatile;
      const stored = await read(db, ['fileSets'], `look for ${id}`, (tx) =>
        tx.objectStore('fileSets').get([kind, id]),
      );
      return stored && shown(stored);
    },
    readFile: async (kind, id, name) => {
      if (await inMemory(kind, id)) return memory.readFile(kind, id, name);
      let whole: Uint8Array<ArrayBuffer> | undefined;
      await readChunks(kind, id, name, (bytes) => {
        const target = allocate(bytes, name);
        let at = 0;
        whole = target;
        return (chunk) => {
          target.set(chunk, at);
          at += chunk.byteLength;
        };
      });
      return whole!;
    },
    readBlob: async (kind, id, name) => {
      if (await inMemory(kind, id)) return memory.readBlob(kind, id, name);
      const parts: Blob[] = [];
      // Each chunk becomes a blob at once: the browser holds those outside of this page's memory.
      await readChunks(kind, id, name, () => (chunk) => {
        parts.push(new Blob([chunk as Uint8Array<ArrayBuffer>]));
      });
      return new Blob(parts);
    },
    annotate: async (kind, id, facts) => {
      await memory.annotate(kind, id, facts);
      await write(db, ['fileSets'], `describe ${id}`, undefined, async (tx, add) => {
        const set = await tx.objectStore('fileSets').get([kind, id]);
        if (set) add(tx.objectStore('fileSets').put({ ...set, facts }, [kind, id]));
      });
    },
    delete: async (kind, id) => {
      await memory.delete(kind, id);
      await write(
        db,
        ['fileSets', 'fileChunks', 'items'],
        `delete the ${kind} ${id}`,
        undefined,
        async (tx, add) => {
          const set = await tx.objectStore('fileSets').get([kind, id]);
          if (set) add(tx.objectStore('fileChunks').delete(chunksOf(set.owner)));
          add(tx.objectStore('fileSets').delete([kind, id]));
          add(forgetItem(tx, storeOfKind[kind], id));
        },
      );
    },
    deleteUnfinished: async (kind, id) => {
      const release = await locks.tryLock(fileSetKey(kind, id));
      if (!release) throw new StoreError(`${id} is being downloaded at this moment; cancel that first.`);
      try {
        await memory.deleteUnfinished(kind, id);
        const row = await read(db, ['unfinished'], `look for ${id}`, (tx) =>
          tx.objectStore('unfinished').get([kind, id]),
        );
        if (row) await deleteUnfinishedRow(db, row);
      } finally {
        release();
      }
    },
    room: storageRoom,
    lock: (kind, id, options) => locks.lock(fileSetKey(kind, id), options),
  };
};
