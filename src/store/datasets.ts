import type { PreferenceTree } from '../tree/tree';
import type { Measure } from '../util/measure';
import type { Database } from './db';
import { read, write } from './db';
import { datasetItem, forgetItem, putItem } from './items';

/** @param key Hash of what the trees were made from; the same key always means the same trees. */
export const putDataset = async (
  db: Database,
  key: string,
  label: string,
  trees: readonly PreferenceTree[],
  measures: readonly Measure[] = [],
): Promise<void> => {
  const dataset = { key, label, trees: [...trees], measures: [...measures], updated: Date.now() };
  const item = datasetItem(dataset);
  await write(db, ['datasets', 'items'], 'save the training pairs', item.bytes, (tx, add) => {
    add(tx.objectStore('datasets').put(dataset, key));
    add(putItem(tx, item));
  });
};

const stored = (db: Database, key: string) =>
  read(db, ['datasets'], 'read the training pairs', (tx) => tx.objectStore('datasets').get(key));

export const getDataset = async (db: Database, key: string): Promise<PreferenceTree[] | undefined> =>
  (await stored(db, key))?.trees;

export const hasDataset = async (db: Database, key: string): Promise<boolean> =>
  (await read(db, ['datasets'], 'look for training pairs', (tx) => tx.objectStore('datasets').count(key))) >
  0;

export const getMeasures = async (db: Database, key: string): Promise<Measure[]> =>
  (await stored(db, key))?.measures ?? [];

export const deleteDataset = (db: Database, key: string): Promise<void> =>
  write(db, ['datasets', 'items'], 'delete the training pairs', undefined, (tx, add) => {
    add(tx.objectStore('datasets').delete(key));
    add(forgetItem(tx, 'datasets', key));
  });
