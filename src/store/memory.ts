import type { RunSummary, StorageItem } from '../../workers/protocol';
import { bytesOf } from './bytes';
import type { Checkpoint } from './checkpoints';
import { allReferences, datasetItem, modelItem, referencesItem, runItem } from './items';
import { lockRun } from './lock';
import { persist } from './persist';
import { sortItems, storageEstimate } from './report';
import type { ModelManifest, StoredDataset } from './schema';
import type { Store } from './store';

/**
 * A store that lives as long as the page, for where nothing can be kept. Values are copied in and out, as a database
 * would.
 * @param problem Why, for the storage panel.
 */
export const createMemoryStore = (problem: string): Store => {
  const runs = new Map<string, RunSummary>();
  const checkpoints = new Map<string, Checkpoint>();
  const references = new Map<string, Float32Array>();
  const datasets = new Map<string, StoredDataset>();
  const models = new Map<string, { manifest: ModelManifest; files: Map<string, Uint8Array> }>();

  const items = (): StorageItem[] => {
    let bytes = 0;
    for (const values of references.values()) bytes += values.byteLength;
    return [
      ...[...runs.values()].map(runItem),
      ...[...checkpoints.values()].map(
        (c): StorageItem => ({
          store: 'checkpoints',
          key: c.runId,
          label: `Run ${c.runId.slice(0, 8)} at step ${c.step}`,
          bytes: bytesOf(c),
          updated: c.created,
        }),
      ),
      ...[...datasets.values()].map(datasetItem),
      ...(references.size > 0 ? [referencesItem(bytes, Date.now())] : []),
      ...[...models.values()].map(({ manifest }) => modelItem(manifest)),
    ];
  };

  const deleteRun = (runId: string) => {
    runs.delete(runId);
    checkpoints.delete(runId);
  };

  return {
    problem,
    putRun: async (run) => void runs.set(run.runId, structuredClone(run)),
    getRun: async (runId) => structuredClone(runs.get(runId)),
    listRuns: async () => structuredClone([...runs.values()].sort((a, b) => b.updated - a.updated)),
    deleteRun: async (runId) => deleteRun(runId),
    putCheckpoint: async (checkpoint) => void checkpoints.set(checkpoint.runId, structuredClone(checkpoint)),
    getCheckpoint: async (runId) => structuredClone(checkpoints.get(runId)),
    putReferences: async (scores) => {
      for (const [key, values] of scores) references.set(key, values.slice());
    },
    getReferences: async (keys) => keys.map((key) => references.get(key)?.slice()),
    putDataset: async (key, label, trees) =>
      void datasets.set(key, { key, label, trees: structuredClone([...trees]), updated: Date.now() }),
    getDataset: async (key) => structuredClone(datasets.get(key)?.trees),
    putModel: async (id, label, files) => {
      const copies = new Map([...files].map(([name, bytes]) => [name, bytes.slice()]));
      const sizes = [...files].map(([name, bytes]) => ({ name, bytes: bytes.byteLength }));
      models.set(id, { manifest: { id, label, files: sizes, updated: Date.now() }, files: copies });
    },
    getModel: async (id) => structuredClone(models.get(id)?.files),
    listModels: async () => [...models.values()].map(({ manifest: { id, label } }) => ({ id, label })),
    report: async () => ({ items: sortItems(items()), ...(await storageEstimate()), problem }),
    deleteItem: async (store, key) => {
      if (store === 'runs') deleteRun(key);
      else if (store === 'checkpoints') checkpoints.delete(key);
      else if (store === 'datasets') datasets.delete(key);
      else if (store === 'models') models.delete(key);
      else if (key === allReferences) references.clear();
    },
    persist,
    lockRun,
    close: () => undefined,
  };
};
