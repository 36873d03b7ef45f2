import type { DBSchema } from 'idb';
import type { RunSummary, StorageItem } from '../../workers/protocol';
import type { PreferenceTree } from '../tree/tree';
import type { Checkpoint } from './checkpoints';

/** A model's files; their bytes lie in `modelChunks`. */
export interface ModelManifest {
  id: string;
  label: string;
  files: { name: string; bytes: number }[];
  updated: number;
}

export interface StoredDataset {
  key: string;
  label: string;
  trees: PreferenceTree[];
  updated: number;
}

/** A checkpoint without its large arrays, which lie in `checkpointParts` in this order. */
export type CheckpointHead = Omit<Checkpoint, 'weights' | 'optimizer'> & {
  optimizerStep: number;
  parts: { kind: 'weight' | 'm' | 'v'; name: string; shape: number[]; length: number }[];
};

/** The layout of the database, version 2. Keys are out of line. */
export interface Schema extends DBSchema {
  models: { key: string; value: ModelManifest };
  /** By model, file, index of the chunk. */
  modelChunks: { key: [string, string, number]; value: Uint8Array };
  /** By content hash. */
  datasets: { key: string; value: StoredDataset };
  /** Log-probs per entry of a tree, by hash of model and tree. */
  references: { key: string; value: Float32Array };
  runs: { key: string; value: RunSummary };
  checkpoints: { key: string; value: CheckpointHead };
  /** By run, index of the part, index of the piece. */
  checkpointParts: { key: [string, number, number]; value: Float32Array };
  /** What is stored and how large it is, kept in the same transaction as the thing itself; new in version 2. */
  items: { key: [string, string]; value: StorageItem };
}
