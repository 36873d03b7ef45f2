import type { DBSchema } from 'idb';
import type { RunSummary, StorageItem } from '../../workers/protocol';
import type { PreferenceTree } from '../tree/tree';
import type { Measure } from '../util/measure';
import type { Checkpoint } from './checkpoints';
import type { FileSetInfo } from './files';

/** A model's files as versions 1 and 2 listed them. */
export interface ModelManifest {
  id: string;
  label: string;
  files: { name: string; bytes: number }[];
  updated: number;
}

/** A whole set of files; their bytes lie in `fileChunks` under `owner`. */
export interface StoredFileSet extends FileSetInfo {
  /** New for each writing, so that a set and its successor may lie side by side until one transaction exchanges them. */
  owner: string;
  updated: number;
}

/** A set that is not whole yet. */
export interface UnfinishedFileSet extends StoredFileSet {
  /** What is there of each file, in the order of `files`. */
  stored: { bytes: number; chunks: number }[];
}

export interface StoredDataset {
  key: string;
  label: string;
  trees: PreferenceTree[];
  /** What their maker measured of them. */
  measures?: Measure[];
  updated: number;
}

/** What an array of a checkpoint is: a trained weight, one of its moments, its average, or a weight of the reference that follows. */
export type PartKind = 'weight' | 'm' | 'v' | 'average' | 'following';

/** A checkpoint without its large arrays, which lie in `checkpointParts` in this order. */
export type CheckpointHead = Omit<Checkpoint, 'weights' | 'optimizer' | 'average' | 'following'> & {
  kind?: undefined;
  optimizerStep: number;
  /** Hash of a reference that has followed the policy. */
  following?: string;
  parts: { kind: PartKind; name: string; shape: number[]; length: number }[];
};

/** Weights that a pass of a run ended with, without the arrays. */
export interface KeptHead {
  kind: 'kept';
  runId: string;
  pass: string;
  parts: { kind: 'weight'; name: string; shape: number[]; length: number }[];
  created: number;
}

/** The layout of the database, version 3. Keys are out of line. */
export interface Schema extends DBSchema {
  /** Versions 1 and 2 only. */
  models: { key: string; value: ModelManifest };
  /** Versions 1 and 2 only; `fileChunks` since. */
  modelChunks: { key: [string, string, number]; value: Uint8Array };
  /** By kind and id; new in version 3, as are the next two. */
  fileSets: { key: [string, string]; value: StoredFileSet };
  unfinished: { key: [string, string]; value: UnfinishedFileSet };
  /** By owner, file, index of the chunk. */
  fileChunks: { key: [string, string, number]; value: Uint8Array };
  /** By content hash. */
  datasets: { key: string; value: StoredDataset };
  /** Log-probs per entry of a tree, by hash of model and tree. */
  references: { key: string; value: Float32Array };
  runs: { key: string; value: RunSummary };
  /** By run; kept weights by run, a slash and the pass. */
  checkpoints: { key: string; value: CheckpointHead | KeptHead };
  /** By key of `checkpoints`, index of the part, index of the piece. */
  checkpointParts: { key: [string, number, number]; value: Float32Array };
  /** What is stored and how large it is, kept in the same transaction as the thing itself; new in version 2. */
  items: { key: [string, string]; value: StorageItem };
}
