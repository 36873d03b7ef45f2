import { ownBuffer } from './bytes';
import type { Database } from './db';
import { read, write } from './db';
import { allReferences, forgetItem, putItem, referencesItem } from './items';

/** Stores log-probs per tree, all or none. @param scores By hash of model and tree, see `sha256Hex`. */
export const putReferences = async (
  db: Database,
  scores: ReadonlyMap<string, Float32Array>,
): Promise<void> => {
  if (scores.size === 0) return;
  let size = 0;
  for (const values of scores.values()) size += values.byteLength;
  await write(db, ['references', 'items'], 'save the reference log-probs', size, async (tx, add) => {
    const store = tx.objectStore('references');
    const keys = [...scores.keys()];
    const [item, ...replaced] = await Promise.all([
      tx.objectStore('items').get(['references', allReferences]),
      ...keys.map((key) => store.get(key)),
    ]);
    let bytes = (item?.bytes ?? 0) + size;
    for (const old of replaced) bytes -= old?.byteLength ?? 0;
    for (const key of keys) add(store.put(ownBuffer(scores.get(key)!), key));
    add(putItem(tx, referencesItem(bytes, Date.now())));
  });
};

/** One entry per key, in order; undefined where nothing is stored. */
export const getReferences = (db: Database, keys: readonly string[]): Promise<(Float32Array | undefined)[]> =>
  read(db, ['references'], 'read the reference log-probs', (tx) =>
    Promise.all(keys.map((key) => tx.objectStore('references').get(key))),
  );

export const deleteReferences = (db: Database): Promise<void> =>
  write(db, ['references', 'items'], 'delete the reference log-probs', undefined, (tx, add) => {
    add(tx.objectStore('references').clear());
    add(forgetItem(tx, 'references', allReferences));
  });
