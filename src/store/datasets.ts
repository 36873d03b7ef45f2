import type { PreferenceTree } from '../tree/tree';
import type { Database } from './db';
import { read, write } from './db';
import { datasetItem, forgetItem, putItem } from './items';

/** @param key Hash of what the trees were made from; the same key always means the same trees. */
export const putDataset = async (
  db: Database,
  key: string,
  label: string,
  trees: readonly PreferenceTree[],
): Promise<void> => {
  const dataset = { key, label, trees: [...trees], updated: Date.now() };
  const item = datasetItem(dataset);
  await write(db, ['datasets', 'items'], 'save the training pairs', item.bytes, (tx, add) => {
    add(tx.objectStore('datasets').put(dataset, key));
    add(putItem(tx, item));
  });
};

export const getDataset = async (db: Database, key: string): Promise<PreferenceTree[] | undefined> => {
  const dataset = await read(db, ['datasets'], 'read the training pairs', (tx) =>
    tx.objectStore('datasets').get(key),
  );
  return dataset?.trees;
};

export const deleteDataset = (db: Database, key: string): Promise<void> =>
  write(db, ['datasets', 'items'], 'delete the training pairs', undefined, (tx, add) => {
    add(tx.objectStore('datasets').delete(key));
    add(forgetItem(tx, 'datasets', key));
  });
