import type { RunSummary, StorageItem } from '../../workers/protocol';
import type { HostWeights } from '../model/host-weights';
import { bytesOf } from './bytes';
import type { Checkpoint } from './checkpoints';
import { parseFileSetKey } from './files';
import {
  allReferences,
  checkpointLabel,
  datasetItem,
  fileSetItem,
  keptItem,
  referencesItem,
  runItem,
  unfinishedItem,
} from './items';
import { keptParts } from './kept-weights';
import { lockRun } from './lock';
import { createMemoryFiles, emptyParts } from './memory-files';
import { getModel } from './models';
import { persist } from './persist';
import { sortItems, storageEstimate } from './report';
import { bestKey, keptKey } from './run-keys';
import type { StoredDataset } from './schema';
import type { Store } from './store';

/**
 * A store that lives as long as the page, for where nothing can be kept. Values are copied in and out, as a database
 * would.
 * @param problem Why, for the storage panel.
 */
export const createMemoryStore = (problem: string): Store => {
  const runs = new Map<string, RunSummary>();
  const checkpoints = new Map<string, Checkpoint>();
  const kept = new Map<string, { runId: string; pass: string; weights: HostWeights; updated: number }>();
  const references = new Map<string, Float32Array>();
  const datasets = new Map<string, StoredDataset>();
  const files = createMemoryFiles();

  const items = (): StorageItem[] => {
    let bytes = 0;
    for (const values of references.values()) bytes += values.byteLength;
    return [
      ...[...runs.values()].map(runItem),
      ...[...checkpoints.values()].map(
        (c): StorageItem => ({
          store: 'checkpoints',
          key: c.runId,
          label: checkpointLabel(c.runId, c.step),
          bytes: bytesOf(c),
          updated: c.created,
        }),
      ),
      ...[...kept].map(([key, { runId, pass, weights, updated }]): StorageItem => {
        const { head } = keptParts(runId, pass, weights);
        return { ...keptItem(key, head), updated };
      }),
      ...[...datasets.values()].map(datasetItem),
      ...(references.size > 0 ? [referencesItem(bytes, Date.now())] : []),
      ...files.all().map(fileSetItem),
      ...files.unfinished().map(({ info, bytes: size }) => unfinishedItem(info, size, Date.now())),
    ];
  };

  const deleteRun = (runId: string) => {
    runs.delete(runId);
    checkpoints.delete(runId);
    checkpoints.delete(bestKey(runId));
    for (const [key, { runId: owner }] of kept) if (owner === runId) kept.delete(key);
  };

  return {
    problem,
    putRun: async (run) => void runs.set(run.runId, structuredClone(run)),
    getRun: async (runId) => structuredClone(runs.get(runId)),
    listRuns: async () => structuredClone([...runs.values()].sort((a, b) => b.updated - a.updated)),
    deleteRun: async (runId) => deleteRun(runId),
    putCheckpoint: async (checkpoint, run) => {
      checkpoints.set(checkpoint.runId, structuredClone(checkpoint));
      if (run) runs.set(run.runId, structuredClone(run));
    },
    getCheckpoint: async (runId) => structuredClone(checkpoints.get(runId)),
    putKept: async (runId, pass, weights) =>
      void kept.set(keptKey(runId, pass), {
        runId,
        pass,
        weights: structuredClone(weights),
        updated: Date.now(),
      }),
    getKept: async (runId, pass) => structuredClone(kept.get(keptKey(runId, pass))?.weights),
    putReferences: async (scores) => {
      for (const [key, values] of scores) references.set(key, values.slice());
    },
    getReferences: async (keys) => keys.map((key) => references.get(key)?.slice()),
    putDataset: async (key, label, trees, measures = []) =>
      void datasets.set(
        key,
        structuredClone({ key, label, trees: [...trees], measures: [...measures], updated: Date.now() }),
      ),
    getDataset: async (key) => structuredClone(datasets.get(key)?.trees),
    hasDataset: async (key) => datasets.has(key),
    getMeasures: async (key) => structuredClone(datasets.get(key)?.measures ?? []),
    putModel: async (id, label, given) => {
      const entries = [...given].map(([name, content]) => ({ name, bytes: content.byteLength }));
      const parts = emptyParts({ kind: 'model', id, label, files: entries });
      const writer = files.writer(parts, '');
      for (const [name, content] of given) await writer.write(name, 0, content);
      await writer.finish();
    },
    getModel: async (id) => structuredClone(await getModel(files, id)),
    listModels: async () => (await files.list('model')).map(({ id, label }) => ({ id, label })),
    files,
    report: async () => ({ items: sortItems(items()), ...(await storageEstimate()), problem }),
    deleteItem: async (store, key) => {
      if (store === 'runs') deleteRun(key);
      else if (store === 'checkpoints') {
        checkpoints.delete(key);
        kept.delete(key);
      } else if (store === 'datasets') datasets.delete(key);
      else if (store === 'models') await files.delete('model', key);
      else if (store === 'dataFiles') await files.delete('dataset', key);
      else if (store === 'adapters') await files.delete('adapter', key);
      else if (store === 'unfinished') await files.deleteUnfinished(...parseFileSetKey(key));
      else if (key === allReferences) references.clear();
    },
    persist,
    lockRun,
    close: () => undefined,
  };
};
