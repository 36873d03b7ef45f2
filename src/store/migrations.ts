import type { IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import { unwrap } from 'idb';
import { allReferences, checkpointItem, datasetItem, fileSetItem, referencesItem, runItem } from './items';
import type { Schema } from './schema';

type Migrate = (
  db: IDBPDatabase<Schema>,
  tx: IDBPTransaction<Schema, StoreNames<Schema>[], 'versionchange'>,
) => Promise<void>;

const createStores: Migrate = async (db) => {
  const stores = [
    'models',
    'modelChunks',
    'datasets',
    'references',
    'runs',
    'checkpoints',
    'checkpointParts',
  ] as const;
  for (const store of stores) db.createObjectStore(store);
};

/** Sizes were once computed by reading everything; they are now kept beside it. */
const createItems: Migrate = async (db, tx) => {
  const items = db.createObjectStore('items');
  const add = (item: ReturnType<typeof runItem>) => items.put(item, [item.store, item.key]);
  for (const run of await tx.objectStore('runs').getAll()) await add(runItem(run));
  for (const model of await tx.objectStore('models').getAll()) {
    await add(fileSetItem({ ...model, kind: 'model' }));
  }
  for (const dataset of await tx.objectStore('datasets').getAll()) await add(datasetItem(dataset));
  for (const head of await tx.objectStore('checkpoints').getAll()) {
    if (head.kind !== 'kept') await add(checkpointItem(head)); // there were no others then
  }
  let bytes = 0;
  for (const values of await tx.objectStore('references').getAll()) bytes += values.byteLength;
  if (bytes > 0) await items.put(referencesItem(bytes, Date.now()), ['references', allReferences]);
};

/**
 * Models become one kind of several, and a file's bytes belong to a writing rather than to a model. The bytes stay where
 * they are: they may be gigabytes.
 */
const createFileSets: Migrate = async (db, tx) => {
  const sets = db.createObjectStore('fileSets');
  db.createObjectStore('unfinished');
  for (const model of await tx.objectStore('models').getAll()) {
    await sets.put({ ...model, kind: 'model', owner: model.id }, ['model', model.id]);
  }
  db.deleteObjectStore('models');
  unwrap(tx.objectStore('modelChunks')).name = 'fileChunks';
};

/** Step i takes a database of version i to version i + 1; add one at the end to change the layout, never edit one. */
export const migrations: readonly Migrate[] = [createStores, createItems, createFileSets];
