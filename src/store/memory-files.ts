import { allocate, checkFiles, checkNext, checkWhole, fileIndex } from './check-files';
import { StoreError } from './errors';
import type { FileKind, FileSet, FileSetInfo, FileStore, FileWriter } from './files';
import { fileSetKey, sameFiles } from './files';
import { createLocks } from './lock-files';

/** A set being written in memory: each file in an array of its final size, made when its first bytes come. */
export interface MemoryParts {
  info: FileSetInfo;
  arrays: (Uint8Array<ArrayBuffer> | undefined)[];
  have: number[];
}

export interface MemoryFiles extends FileStore {
  /** A writer on these parts, which `finish` makes a set of. */
  writer(parts: MemoryParts, problem: string): FileWriter;
  all(): FileSet[];
  unfinished(): { info: FileSetInfo; bytes: number }[];
}

export const emptyParts = (info: FileSetInfo): MemoryParts => ({
  info: structuredClone(info),
  arrays: info.files.map(() => undefined),
  have: info.files.map(() => 0),
});

/** Files that live as long as the page: the whole store where nothing can be kept, else what found no room. */
export const createMemoryFiles = (): MemoryFiles => {
  const sets = new Map<string, { set: FileSet; arrays: Uint8Array<ArrayBuffer>[] }>();
  const unfinished = new Map<string, MemoryParts>();
  const locks = createLocks();

  const arrayOf = (parts: MemoryParts, index: number) => {
    const { name, bytes } = parts.info.files[index]!;
    parts.arrays[index] ??= allocate(bytes, name);
    return parts.arrays[index]!;
  };

  const writer = (parts: MemoryParts, problem: string): FileWriter => {
    const { info } = parts;
    const key = fileSetKey(info.kind, info.id);
    unfinished.set(key, parts);
    return {
      info,
      problem,
      have: (name) => parts.have[fileIndex(info, name)]!,
      etag: (name) => info.files[fileIndex(info, name)]!.etag,
      note: (name, facts) => void Object.assign(info.files[fileIndex(info, name)]!, facts),
      write: async (name, offset, bytes) => {
        const index = fileIndex(info, name);
        checkNext(info, index, parts.have[index]!, offset, bytes.byteLength);
        if (unfinished.get(key) !== parts) throw new StoreError(`${info.label} was deleted meanwhile.`);
        arrayOf(parts, index).set(bytes, offset);
        parts.have[index] = offset + bytes.byteLength;
      },
      async *read(name) {
        const index = fileIndex(info, name);
        if (parts.have[index]! > 0) yield arrayOf(parts, index).subarray(0, parts.have[index]);
      },
      reset: async (name) => {
        const index = fileIndex(info, name);
        parts.have[index] = 0;
        delete info.files[index]!.etag;
      },
      flush: async () => undefined,
      finish: async () => {
        checkWhole(info, (index) => parts.have[index]!);
        const set: FileSet = { ...structuredClone(info), updated: Date.now(), kept: false };
        sets.set(key, { set, arrays: info.files.map((_, index) => arrayOf(parts, index)) });
        unfinished.delete(key);
        return structuredClone(set);
      },
      abandon: async () => {
        if (unfinished.get(key) === parts) unfinished.delete(key);
      },
    };
  };

  const find = (kind: FileKind, id: string, name: string): Uint8Array<ArrayBuffer> => {
    const found = sets.get(fileSetKey(kind, id));
    if (!found) throw new StoreError(`There is no stored ${kind} "${id}".`);
    return found.arrays[fileIndex(found.set, name)]!;
  };

  return {
    writer,
    all: () => [...sets.values()].map(({ set }) => structuredClone(set)),
    unfinished: () =>
      [...unfinished.values()].map(({ info, have }) => ({
        info: structuredClone(info),
        bytes: have.reduce((sum, bytes) => sum + bytes, 0),
      })),
    begin: async (info) => {
      checkFiles(info);
      const left = unfinished.get(fileSetKey(info.kind, info.id));
      if (!left || !sameFiles(left.info.files, info.files)) return writer(emptyParts(info), '');
      return writer(left, '');
    },
    list: async (kind) =>
      [...sets.values()]
        .filter(({ set }) => set.kind === kind)
        .map(({ set }) => structuredClone(set))
        .sort((a, b) => b.updated - a.updated),
    manifest: async (kind, id) => structuredClone(sets.get(fileSetKey(kind, id))?.set),
    readFile: async (kind, id, name) => find(kind, id, name),
    readBlob: async (kind, id, name) => new Blob([find(kind, id, name)]),
    annotate: async (kind, id, facts) => {
      const found = sets.get(fileSetKey(kind, id));
      if (found) found.set.facts = structuredClone(facts);
    },
    delete: async (kind, id) => void sets.delete(fileSetKey(kind, id)),
    deleteUnfinished: async (kind, id) => void unfinished.delete(fileSetKey(kind, id)),
    room: async () => undefined,
    lock: (kind, id, options) => locks.lock(fileSetKey(kind, id), options),
  };
};
