import { ownBuffer } from './bytes';
import type { Database } from './db';
import { read, write } from './db';
import { StoreError } from './errors';
import { forgetItem, modelItem, putItem } from './items';

/** Bytes of one stored chunk. A browser refuses single values above about 127 MB. */
const CHUNK = 4 * 1024 * 1024;

const ranges = (id: string): IDBKeyRange => IDBKeyRange.bound([id], [id, []]);

/** Stores a model's files by name, in place of what was stored under the id; all or none. */
export const putModel = async (
  db: Database,
  id: string,
  label: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> => {
  const manifest = {
    id,
    label,
    files: [...files].map(([name, bytes]) => ({ name, bytes: bytes.byteLength })),
    updated: Date.now(),
  };
  const item = modelItem(manifest);
  await write(db, ['models', 'modelChunks', 'items'], `save the model ${id}`, item.bytes, (tx, add) => {
    const chunks = tx.objectStore('modelChunks');
    add(chunks.delete(ranges(id)));
    for (const [name, bytes] of files) {
      for (let start = 0, index = 0; start < bytes.byteLength; start += CHUNK, index++) {
        add(chunks.put(ownBuffer(bytes.subarray(start, start + CHUNK)), [id, name, index]));
      }
    }
    add(tx.objectStore('models').put(manifest, id));
    add(putItem(tx, item));
  });
};

/** A model's files by name. @throws StoreError when one is not whole. */
export const getModel = (db: Database, id: string): Promise<Map<string, Uint8Array> | undefined> =>
  read(db, ['models', 'modelChunks'], `read the model ${id}`, async (tx) => {
    const manifest = await tx.objectStore('models').get(id);
    if (!manifest) return undefined;
    const files = new Map<string, Uint8Array>();
    for (const { name, bytes } of manifest.files) {
      const range = IDBKeyRange.bound([id, name], [id, name, []]);
      const chunks = await tx.objectStore('modelChunks').getAll(range);
      if (chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) !== bytes) {
        throw new StoreError(
          `The stored model ${id} is damaged (${name} is not whole). Delete it in the storage panel.`,
        );
      }
      const whole = new Uint8Array(bytes);
      chunks.reduce((at, chunk) => {
        whole.set(chunk, at);
        return at + chunk.byteLength;
      }, 0);
      files.set(name, whole);
    }
    return files;
  });

/** The stored models, by id and label. */
export const listModels = (db: Database): Promise<{ id: string; label: string }[]> =>
  read(db, ['models'], 'list the models', async (tx) =>
    (await tx.objectStore('models').getAll()).map(({ id, label }) => ({ id, label })),
  );

export const deleteModel = (db: Database, id: string): Promise<void> =>
  write(db, ['models', 'modelChunks', 'items'], `delete the model ${id}`, undefined, (tx, add) => {
    add(tx.objectStore('models').delete(id));
    add(tx.objectStore('modelChunks').delete(ranges(id)));
    add(forgetItem(tx, 'models', id));
  });
