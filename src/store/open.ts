import type { StorageItem } from '../../workers/protocol';
import { deleteCheckpoint, getCheckpoint, putCheckpoint } from './checkpoints';
import { createDatabaseFiles } from './database-files';
import { deleteDataset, getDataset, getMeasures, hasDataset, putDataset } from './datasets';
import type { Database } from './db';
import { openDatabase } from './db';
import { StoreError } from './errors';
import { parseFileSetKey } from './files';
import { getKept, putKept } from './kept-weights';
import { lockRun } from './lock';
import { createMemoryStore } from './memory';
import { createMemoryFiles } from './memory-files';
import { getModel, putModel } from './models';
import { persist } from './persist';
import { deleteReferences, getReferences, putReferences } from './references';
import { report } from './report';
import { deleteRun, getRun, listRuns, putRun } from './runs';
import type { Store } from './store';

const onDatabase = (db: Database): Store => {
  const memory = createMemoryFiles();
  const files = createDatabaseFiles(db, memory);
  const deleteUnlocked = async (runId: string) => {
    const release = await lockRun(runId); // refuses while another tab trains it
    try {
      await deleteRun(db, runId);
    } finally {
      release();
    }
  };
  const deleteItem = async (store: StorageItem['store'], key: string) => {
    switch (store) {
      case 'runs':
        return deleteUnlocked(key);
      case 'checkpoints':
        return deleteCheckpoint(db, key);
      case 'datasets':
        return deleteDataset(db, key);
      case 'references':
        return deleteReferences(db);
      case 'models':
        return files.delete('model', key);
      case 'dataFiles':
        return files.delete('dataset', key);
      case 'adapters':
        return files.delete('adapter', key);
      case 'unfinished':
        return files.deleteUnfinished(...parseFileSetKey(key));
      default:
        throw new StoreError(`There is no store "${String(store)}".`);
    }
  };
  return {
    problem: '',
    putRun: (run) => putRun(db, run),
    getRun: (runId) => getRun(db, runId),
    listRuns: () => listRuns(db),
    deleteRun: deleteUnlocked,
    putCheckpoint: (checkpoint, run) => putCheckpoint(db, checkpoint, run),
    getCheckpoint: (runId) => getCheckpoint(db, runId),
    putKept: (runId, pass, weights) => putKept(db, runId, pass, weights),
    getKept: (runId, pass) => getKept(db, runId, pass),
    putReferences: (scores) => putReferences(db, scores),
    getReferences: (keys) => getReferences(db, keys),
    putDataset: (key, label, trees, measures) => putDataset(db, key, label, trees, measures),
    getDataset: (key) => getDataset(db, key),
    hasDataset: (key) => hasDataset(db, key),
    getMeasures: (key) => getMeasures(db, key),
    putModel: (id, label, files) => putModel(db, id, label, files),
    getModel: (id) => getModel(files, id),
    listModels: async () => (await files.list('model')).map(({ id, label }) => ({ id, label })),
    files,
    report: () => report(db, memory),
    deleteItem,
    persist,
    lockRun,
    close: () => db.close(),
  };
};

/**
 * Opens what is kept between visits. Where nothing can be kept (no IndexedDB, as in some private windows; a newer
 * layout; another tab in the way) the store lives in memory and its `problem` says why.
 */
export const openStore = async ({ name = 'marginalia' }: { name?: string } = {}): Promise<Store> => {
  try {
    return onDatabase(await openDatabase(name));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return createMemoryStore(`Nothing can be kept between visits: ${reason}`);
  }
};
