import { ownBuffer } from './bytes';
import type { Database } from './db';
import { write } from './db';
import { chunksOf } from './file-writer';
import type { FileStore } from './files';
import { fileSetItem, putItem } from './items';
import type { StoredFileSet } from './schema';

/** Bytes of a chunk. A browser refuses single values above about 127 MB. */
const CHUNK = 4 * 1024 * 1024;

/**
 * Stores a small model's files by name, in place of what was stored under the id; all or none, in one transaction. Large
 * ones go through `FileStore.begin`.
 */
export const putModel = async (
  db: Database,
  id: string,
  label: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> => {
  const set: StoredFileSet = {
    kind: 'model',
    id,
    label,
    files: [...files].map(([name, bytes]) => ({ name, bytes: bytes.byteLength })),
    owner: crypto.randomUUID(),
    updated: Date.now(),
  };
  const item = fileSetItem(set);
  const stores = ['fileSets', 'fileChunks', 'items'] as const;
  await write(db, [...stores], `save the model ${id}`, item.bytes, async (tx, add) => {
    const chunks = tx.objectStore('fileChunks');
    const replaced = await tx.objectStore('fileSets').get(['model', id]);
    if (replaced) add(chunks.delete(chunksOf(replaced.owner)));
    for (const [name, bytes] of files) {
      for (let start = 0, index = 0; start < bytes.byteLength; start += CHUNK, index++) {
        add(chunks.put(ownBuffer(bytes.subarray(start, start + CHUNK)), [set.owner, name, index]));
      }
    }
    add(tx.objectStore('fileSets').put(set, ['model', id]));
    add(putItem(tx, item));
  });
};

/** A model's files by name. @throws StoreError when one is not whole. */
export const getModel = async (
  store: FileStore,
  id: string,
): Promise<Map<string, Uint8Array> | undefined> => {
  const manifest = await store.manifest('model', id);
  if (!manifest) return undefined;
  const files = new Map<string, Uint8Array>();
  for (const { name } of manifest.files) files.set(name, await store.readFile('model', id, name));
  return files;
};
