import type { RunSummary } from '../../workers/protocol';
import type { Database, WriteTransaction } from './db';
import { read, write } from './db';
import { checkpointItem, forgetItem, putItem, runItem } from './items';
import { dropPieces, getPieces, putPieces } from './pieces';
import type { CheckpointHead, PartKind } from './schema';

/** Everything but the run document and the initial weights that decides a run's numbers from here on; see src/run/run-state.ts. */
export interface Checkpoint {
  runId: string;
  /** Optimiser steps done in the current pass. */
  step: number;
  /** Index of the current pass. */
  pass: number;
  /** Trained weights by name, row-major. */
  weights: Record<string, { shape: number[]; data: Float32Array }>;
  /** Hash of the weights the run began with, which are not stored again: a resumed run must find the same ones. */
  initialWeightsHash: string;
  /** AdamW's first and second moments by weight, and the steps they have seen (for the bias correction). */
  optimizer: { m: Record<string, Float32Array>; v: Record<string, Float32Array>; step: number };
  /** Moving average of the weights, of a pass that returns it. */
  average?: Checkpoint['weights'];
  /** Hashes of the weights that finished passes left for later ones, by pass; the weights lie in `kept-weights.ts`. */
  kept: Record<string, string>;
  /** Keys of trees in `datasets`, by owner: 'run', or a pass with trees of its own. */
  trees: Record<string, string>;
  /** Of a pass with an order of its own: the epoch, its order, and how much of it has been taken. */
  epoch?: { n: number; order: Int32Array; at: number };
  /** A reference that has followed the policy: its hash and weights. */
  following?: { hash: string; weights: Checkpoint['weights'] };
  /** Of checkpoints before version 2: log-probs that finished passes left, by pass and tree. */
  numbers?: Record<string, Record<string, Float32Array>>;
  /** Milliseconds since 1970. */
  created: number;
}

/** The head of a checkpoint as the first version stored it. */
interface FirstHead {
  stage: number;
  stageResults: Record<string, Record<string, Float32Array>>;
  datasetKey: string;
}

/** The large arrays of a checkpoint, each in pieces; the rest is its head. */
const takeApart = (checkpoint: Checkpoint): { head: CheckpointHead; arrays: Float32Array[] } => {
  const { weights, optimizer, average, following, ...rest } = checkpoint;
  const parts: CheckpointHead['parts'] = [];
  const arrays: Float32Array[] = [];
  const add = (kind: PartKind, name: string, data: Float32Array, shape: number[]) => {
    parts.push({ kind, name, shape, length: data.length });
    arrays.push(data);
  };
  for (const [name, { shape, data }] of Object.entries(weights)) add('weight', name, data, shape);
  for (const [name, data] of Object.entries(optimizer.m)) add('m', name, data, []);
  for (const [name, data] of Object.entries(optimizer.v)) add('v', name, data, []);
  for (const [name, { shape, data }] of Object.entries(average ?? {})) add('average', name, data, shape);
  for (const [name, { shape, data }] of Object.entries(following?.weights ?? {}))
    add('following', name, data, shape);
  const head = { ...rest, ...(following && { following: following.hash }) };
  return { head: { ...head, optimizerStep: optimizer.step, parts }, arrays };
};

/** The head as the present version has it. */
const migrated = (head: CheckpointHead): CheckpointHead => {
  if (!('stageResults' in head)) return head;
  const {
    stage,
    stageResults,
    datasetKey,
    rngState: _rng,
    dataPosition: _position,
    ...rest
  } = head as unknown as CheckpointHead & FirstHead & { rngState: unknown; dataPosition: unknown };
  return {
    ...rest,
    pass: stage,
    kept: {},
    trees: datasetKey ? { run: datasetKey } : {},
    ...(Object.keys(stageResults).length > 0 && { numbers: stageResults }),
  };
};

/** A checkpoint from its head, of whatever version, and its arrays. */
export const putTogether = (head: CheckpointHead, arrays: readonly Float32Array[]): Checkpoint => {
  const { parts, optimizerStep, following: hash, ...rest } = migrated(head);
  const weights: Checkpoint['weights'] = {};
  const optimizer: Checkpoint['optimizer'] = { m: {}, v: {}, step: optimizerStep };
  const average: Checkpoint['weights'] = {};
  const following: Checkpoint['weights'] = {};
  parts.forEach(({ kind, name, shape }, i) => {
    const data = arrays[i]!;
    if (kind === 'weight') weights[name] = { shape, data };
    else if (kind === 'average') average[name] = { shape, data };
    else if (kind === 'following') following[name] = { shape, data };
    else optimizer[kind][name] = data;
  });
  return {
    ...rest,
    weights,
    optimizer,
    ...(Object.keys(average).length > 0 && { average }),
    ...(hash !== undefined && { following: { hash, weights: following } }),
  };
};

/**
 * Replaces the run's checkpoint, all in one transaction: the previous one stays until the new one is whole, and stays
 * for good when this fails or the page dies half-way.
 * @param run The run's record, in the same transaction: the steps of its curve go as far as the weights.
 * @throws StoreFullError when there is no room.
 */
export const putCheckpoint = async (
  db: Database,
  checkpoint: Checkpoint,
  run?: RunSummary,
): Promise<void> => {
  const { runId } = checkpoint;
  const { head, arrays } = takeApart(checkpoint);
  const item = checkpointItem(head);
  const record = run && runItem(run);
  await write(
    db,
    ['checkpoints', 'checkpointParts', 'runs', 'items'],
    'save the checkpoint',
    item.bytes + (record?.bytes ?? 0),
    (tx, add) => {
      putPieces(tx, runId, arrays, add);
      add(tx.objectStore('checkpoints').put(head, runId));
      add(putItem(tx, item));
      if (run && record) {
        add(tx.objectStore('runs').put(run, run.runId));
        add(putItem(tx, record));
      }
    },
  );
};

/** The run's checkpoint. @throws StoreError when it is damaged. */
export const getCheckpoint = (db: Database, runId: string): Promise<Checkpoint | undefined> =>
  read(db, ['checkpoints', 'checkpointParts'], 'read the checkpoint', async (tx) => {
    const head = await tx.objectStore('checkpoints').get(runId);
    if (!head || head.kind === 'kept') return undefined;
    const arrays = await getPieces(tx, runId, head.parts, `The checkpoint of run ${runId}`);
    return putTogether(head, arrays);
  });

/** Requests that delete a run's checkpoint, within a transaction. */
export const dropCheckpoint = (tx: WriteTransaction, runId: string): Promise<unknown>[] => [
  tx.objectStore('checkpoints').delete(runId),
  dropPieces(tx, runId),
  forgetItem(tx, 'checkpoints', runId),
];

export const deleteCheckpoint = (db: Database, runId: string): Promise<void> =>
  write(db, ['checkpoints', 'checkpointParts', 'items'], 'delete the checkpoint', undefined, (tx, add) => {
    for (const request of dropCheckpoint(tx, runId)) add(request);
  });
