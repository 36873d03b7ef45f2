import type { RngState } from '../util/rng';
import { ownBuffer } from './bytes';
import type { Database, WriteTransaction } from './db';
import { read, write } from './db';
import { StoreError } from './errors';
import { checkpointItem, forgetItem, putItem } from './items';
import type { CheckpointHead } from './schema';

/** Everything but the run document and the initial weights that decides a run's numbers from here on. */
export interface Checkpoint {
  runId: string;
  /** Optimiser steps done in the current stage. */
  step: number;
  /** Index of the current stage. */
  stage: number;
  /** Trained weights by name, row-major. */
  weights: Record<string, { shape: number[]; data: Float32Array }>;
  /** Hash of the weights the run began with, which are not stored again: a resumed run must find the same ones. */
  initialWeightsHash: string;
  /** AdamW's first and second moments by weight, and the steps they have seen (for the bias correction). */
  optimizer: { m: Record<string, Float32Array>; v: Record<string, Float32Array>; step: number };
  /** The generator of the run's seed. It and the next field follow from seed and step; a resumed run derives both. */
  rngState: RngState;
  /** Micro-batches taken in the current stage; with the seed this says which trees come next, see train/data-order.ts. */
  dataPosition: number;
  /** What finished stages left for later ones: log-probs by stage and tree id. */
  stageResults: Record<string, Record<string, Float32Array>>;
  /** Key of the run's trees in `datasets`; empty before they are made. */
  datasetKey: string;
  /** Milliseconds since 1970. */
  created: number;
}

/** Elements of one stored piece, 4 MB: a browser refuses single values above about 127 MB. */
const PIECE = 1024 * 1024;

const ranges = (runId: string): IDBKeyRange => IDBKeyRange.bound([runId], [runId, []]);

/** The large arrays of a checkpoint, each in pieces; the rest is its head. */
const takeApart = (checkpoint: Checkpoint): { head: CheckpointHead; arrays: Float32Array[] } => {
  const { weights, optimizer, ...rest } = checkpoint;
  const parts: CheckpointHead['parts'] = [];
  const arrays: Float32Array[] = [];
  const add = (kind: 'weight' | 'm' | 'v', name: string, data: Float32Array, shape: number[]) => {
    parts.push({ kind, name, shape, length: data.length });
    arrays.push(data);
  };
  for (const [name, { shape, data }] of Object.entries(weights)) add('weight', name, data, shape);
  for (const [name, data] of Object.entries(optimizer.m)) add('m', name, data, []);
  for (const [name, data] of Object.entries(optimizer.v)) add('v', name, data, []);
  return { head: { ...rest, optimizerStep: optimizer.step, parts }, arrays };
};

const putTogether = (head: CheckpointHead, arrays: readonly Float32Array[]): Checkpoint => {
  const { parts, optimizerStep, ...rest } = head;
  const weights: Checkpoint['weights'] = {};
  const optimizer: Checkpoint['optimizer'] = { m: {}, v: {}, step: optimizerStep };
  parts.forEach(({ kind, name, shape }, i) => {
    const data = arrays[i]!;
    if (kind === 'weight') weights[name] = { shape, data };
    else optimizer[kind][name] = data;
  });
  return { ...rest, weights, optimizer };
};

/**
 * Replaces the run's checkpoint, all in one transaction: the previous one stays until the new one is whole, and stays
 * for good when this fails or the page dies half-way.
 * @throws StoreFullError when there is no room.
 */
export const putCheckpoint = async (db: Database, checkpoint: Checkpoint): Promise<void> => {
  const { runId } = checkpoint;
  const { head, arrays } = takeApart(checkpoint);
  const item = checkpointItem(head);
  await write(
    db,
    ['checkpoints', 'checkpointParts', 'items'],
    'save the checkpoint',
    item.bytes,
    (tx, add) => {
      const parts = tx.objectStore('checkpointParts');
      add(parts.delete(ranges(runId)));
      arrays.forEach((array, part) => {
        for (let start = 0, piece = 0; start < array.length; start += PIECE, piece++) {
          add(parts.put(ownBuffer(array.subarray(start, start + PIECE)), [runId, part, piece]));
        }
      });
      add(tx.objectStore('checkpoints').put(head, runId));
      add(putItem(tx, item));
    },
  );
};

/** The run's checkpoint. @throws StoreError when it is damaged. */
export const getCheckpoint = (db: Database, runId: string): Promise<Checkpoint | undefined> =>
  read(db, ['checkpoints', 'checkpointParts'], 'read the checkpoint', async (tx) => {
    const head = await tx.objectStore('checkpoints').get(runId);
    if (!head) return undefined;
    const stored = tx.objectStore('checkpointParts');
    const [keys, pieces] = await Promise.all([
      stored.getAllKeys(ranges(runId)),
      stored.getAll(ranges(runId)),
    ]);
    const arrays = head.parts.map(({ length }) => new Float32Array(length));
    const filled = head.parts.map(() => 0);
    keys.forEach(([, part, piece], i) => {
      const array = arrays[part];
      const data = pieces[i]!;
      if (!array || piece * PIECE + data.length > array.length) return;
      array.set(data, piece * PIECE);
      filled[part] = filled[part]! + data.length;
    });
    const broken = head.parts.find(({ length }, p) => filled[p] !== length);
    if (broken) {
      throw new StoreError(
        `The checkpoint of run ${runId} is damaged (${broken.kind} of ${broken.name} is not whole). Delete the run and start it again.`,
      );
    }
    return putTogether(head, arrays);
  });

/** Requests that delete a run's checkpoint, within a transaction. */
export const dropCheckpoint = (tx: WriteTransaction, runId: string): Promise<unknown>[] => [
  tx.objectStore('checkpoints').delete(runId),
  tx.objectStore('checkpointParts').delete(ranges(runId)),
  forgetItem(tx, 'checkpoints', runId),
];

export const deleteCheckpoint = (db: Database, runId: string): Promise<void> =>
  write(db, ['checkpoints', 'checkpointParts', 'items'], 'delete the checkpoint', undefined, (tx, add) => {
    for (const request of dropCheckpoint(tx, runId)) add(request);
  });
