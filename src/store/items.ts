import type { RunSummary, StorageItem } from '../../workers/protocol';
import { bytesOf } from './bytes';
import type { WriteTransaction } from './db';
import type { FileKind, FileSetInfo } from './files';
import { fileSetKey } from './files';
import { keptWords, runOfKey } from './run-keys';
import type { CheckpointHead, KeptHead, StoredDataset } from './schema';

/** Reference log-probs are one item in lists: there are hundreds, and they are only worth deleting together. */
export const allReferences = 'all';

export const referencesItem = (bytes: number, updated: number): StorageItem => ({
  store: 'references',
  key: allReferences,
  label: 'Reference log-probs',
  bytes,
  updated,
});

export const runItem = (run: RunSummary): StorageItem => ({
  store: 'runs',
  key: run.runId,
  label: `${run.document.method.id} on ${run.document.model}, step ${run.step} of ${run.document.steps}`,
  bytes: bytesOf(run),
  updated: run.updated,
});

/** The list in which sets of a kind stand. */
export const storeOfKind: Record<FileKind, StorageItem['store']> = {
  model: 'models',
  dataset: 'dataFiles',
  adapter: 'adapters',
};

export const fileSetItem = (set: FileSetInfo & { updated: number }): StorageItem => ({
  store: storeOfKind[set.kind],
  key: set.id,
  label: set.label,
  bytes: set.files.reduce((sum, file) => sum + file.bytes, 0),
  updated: set.updated,
});

/** @param stored Bytes that are there. */
export const unfinishedItem = (info: FileSetInfo, stored: number, updated: number): StorageItem => ({
  store: 'unfinished',
  key: fileSetKey(info.kind, info.id),
  label: `Unfinished download: ${info.label}`,
  bytes: stored,
  updated,
});

export const datasetItem = (dataset: StoredDataset): StorageItem => ({
  store: 'datasets',
  key: dataset.key,
  label: dataset.label,
  bytes: bytesOf(dataset.trees),
  updated: dataset.updated,
});

/** @param key the run's id, or that of its best checkpoint */
export const checkpointLabel = (key: string, step: number): string => {
  const { runId, best } = runOfKey(key);
  return `Run ${runId.slice(0, 8)} at step ${step}${best ? ', its best' : ''}`;
};

export const checkpointItem = (head: CheckpointHead): StorageItem => ({
  store: 'checkpoints',
  key: head.runId,
  label: checkpointLabel(head.runId, head.step),
  bytes: bytesOf(head) + head.parts.reduce((sum, part) => sum + part.length * 4, 0),
  updated: head.created,
});

export const keptItem = (key: string, head: KeptHead): StorageItem => ({
  store: 'checkpoints',
  key,
  label: `Run ${head.runId.slice(0, 8)}, weights ${keptWords(head.pass)}`,
  bytes: bytesOf(head) + head.parts.reduce((sum, part) => sum + part.length * 4, 0),
  updated: head.created,
});

export const putItem = (tx: WriteTransaction, item: StorageItem): Promise<unknown> =>
  tx.objectStore('items').put(item, [item.store, item.key]);

export const forgetItem = (
  tx: WriteTransaction,
  store: StorageItem['store'],
  key: string,
): Promise<unknown> => tx.objectStore('items').delete([store, key]);
