import type { RunSummary, StorageItem, StorageReport } from '../../workers/protocol';
import type { HostWeights } from '../model/host-weights';
import type { PreferenceTree } from '../tree/tree';
import type { Measure } from '../util/measure';
import type { Checkpoint } from './checkpoints';
import type { FileStore } from './files';

/**
 * What is kept between visits. Every write is all or nothing. Rejects with StoreFullError when there is no room and
 * with StoreError otherwise, both with a message for people.
 */
export interface Store {
  /** Empty, or why nothing outlives this page (no IndexedDB, another version open). */
  problem: string;

  putRun(run: RunSummary): Promise<void>;
  getRun(runId: string): Promise<RunSummary | undefined>;
  /** The one changed last first. */
  listRuns(): Promise<RunSummary[]>;
  /** Deletes its checkpoint too. @throws RunLockedError when the run is open in another tab */
  deleteRun(runId: string): Promise<void>;

  /**
   * In place of the run's previous checkpoint, which stays until this one is whole.
   * @param run The run's record, stored with it or not at all: a record older than its checkpoint would lack steps for good.
   */
  putCheckpoint(checkpoint: Checkpoint, run?: RunSummary): Promise<void>;
  getCheckpoint(runId: string): Promise<Checkpoint | undefined>;

  /** The weights that a pass of a run ended with, for later passes; deleted with the run. */
  putKept(runId: string, pass: string, weights: HostWeights): Promise<void>;
  getKept(runId: string, pass: string): Promise<HostWeights | undefined>;

  /** Log-probs per tree by hash of model and tree. */
  putReferences(scores: ReadonlyMap<string, Float32Array>): Promise<void>;
  getReferences(keys: readonly string[]): Promise<(Float32Array | undefined)[]>;

  putDataset(
    key: string,
    label: string,
    trees: readonly PreferenceTree[],
    measures?: readonly Measure[],
  ): Promise<void>;
  getDataset(key: string): Promise<PreferenceTree[] | undefined>;
  hasDataset(key: string): Promise<boolean>;
  /** What the maker of a dataset measured of it. */
  getMeasures(key: string): Promise<Measure[]>;

  /** A small model's files by name. */
  putModel(id: string, label: string, files: ReadonlyMap<string, Uint8Array>): Promise<void>;
  getModel(id: string): Promise<Map<string, Uint8Array> | undefined>;
  listModels(): Promise<{ id: string; label: string }[]>;

  /** Files of any size: models, datasets as they came, adapters. */
  files: FileStore;

  report(): Promise<StorageReport>;
  deleteItem(store: StorageItem['store'], key: string): Promise<void>;
  /** Asks the browser not to clear this page's data by itself; false when it declines or a worker may not ask. */
  persist(): Promise<boolean>;

  /** Until the returned function is called, no other tab may train or delete the run. @throws RunLockedError */
  lockRun(runId: string): Promise<() => void>;
  close(): void;
}
