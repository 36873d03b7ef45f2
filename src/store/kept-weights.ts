import type { HostWeights } from '../model/host-weights';
import type { Database, WriteTransaction } from './db';
import { read, write } from './db';
import { keptItem, putItem } from './items';
import { getPieces, putPieces } from './pieces';
import { keptKey } from './run-keys';
import type { KeptHead } from './schema';

export const keptParts = (
  runId: string,
  pass: string,
  weights: HostWeights,
): { head: KeptHead; arrays: Float32Array[] } => {
  const entries = [...weights].map(([name, { shape, data }]) => ({ name, shape: [...shape], data }));
  const parts = entries.map(({ name, shape, data }) => ({
    kind: 'weight' as const,
    name,
    shape,
    length: data.length,
  }));
  return {
    head: { kind: 'kept', runId, pass, parts, created: Date.now() },
    arrays: entries.map(({ data }) => data),
  };
};

/** Stores the weights that a pass of a run ended with, whole or not at all. @throws StoreFullError */
export const putKept = async (
  db: Database,
  runId: string,
  pass: string,
  weights: HostWeights,
): Promise<void> => {
  const key = keptKey(runId, pass);
  const { head, arrays } = keptParts(runId, pass, weights);
  const item = keptItem(key, head);
  const stores = ['checkpoints', 'checkpointParts', 'items'] as const;
  await write(db, [...stores], 'save the weights of a pass', item.bytes, (tx, add) => {
    putPieces(tx, key, arrays, add);
    add(tx.objectStore('checkpoints').put(head, key));
    add(putItem(tx, item));
  });
};

/** @throws StoreError when they are damaged */
export const getKept = (db: Database, runId: string, pass: string): Promise<HostWeights | undefined> =>
  read(db, ['checkpoints', 'checkpointParts'], 'read the weights of a pass', async (tx) => {
    const key = keptKey(runId, pass);
    const head = await tx.objectStore('checkpoints').get(key);
    if (head?.kind !== 'kept') return undefined;
    const arrays = await getPieces(tx, key, head.parts, `What pass "${pass}" of run ${runId} left`);
    return new Map(head.parts.map(({ name, shape }, i) => [name, { shape, data: arrays[i]! }]));
  });

/** Requests that delete all kept weights of a run. */
export const dropKept = (tx: WriteTransaction, runId: string): Promise<unknown>[] => {
  const [first, last] = [keptKey(runId, ''), keptKey(runId, '\uffff')];
  return [
    tx.objectStore('checkpoints').delete(IDBKeyRange.bound(first, last)),
    tx.objectStore('checkpointParts').delete(IDBKeyRange.bound([first], [last])),
    tx.objectStore('items').delete(IDBKeyRange.bound(['checkpoints', first], ['checkpoints', last])),
  ];
};
