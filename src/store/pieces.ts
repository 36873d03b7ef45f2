import { ownBuffer } from './bytes';
import type { ReadTransaction, WriteTransaction } from './db';
import { StoreError } from './errors';

/** Elements of one stored piece, 4 MB: a browser refuses single values above about 127 MB. */
const PIECE = 1024 * 1024;

const ranges = (owner: string): IDBKeyRange => IDBKeyRange.bound([owner], [owner, []]);

/**
 * Stores large arrays in pieces under an owner's key, in place of those that were there.
 * @param add takes each request as it is made, since a later one may throw
 */
export const putPieces = (
  tx: WriteTransaction,
  owner: string,
  arrays: readonly Float32Array[],
  add: (request: Promise<unknown>) => void,
): void => {
  const parts = tx.objectStore('checkpointParts');
  add(parts.delete(ranges(owner)));
  arrays.forEach((array, part) => {
    for (let start = 0, piece = 0; start < array.length; start += PIECE, piece++) {
      add(parts.put(ownBuffer(array.subarray(start, start + PIECE)), [owner, part, piece]));
    }
  });
};

/**
 * The arrays of an owner.
 * @param parts their lengths and names, as the owner's head has them
 * @throws StoreError when one is not whole
 */
export const getPieces = async (
  tx: ReadTransaction,
  owner: string,
  parts: readonly { kind: string; name: string; length: number }[],
  damaged: string,
): Promise<Float32Array[]> => {
  const stored = tx.objectStore('checkpointParts');
  const [keys, pieces] = await Promise.all([stored.getAllKeys(ranges(owner)), stored.getAll(ranges(owner))]);
  const arrays = parts.map(({ length }) => new Float32Array(length));
  const filled = parts.map(() => 0);
  keys.forEach(([, part, piece], i) => {
    const array = arrays[part];
    const data = pieces[i]!;
    if (!array || piece * PIECE + data.length > array.length) return;
    array.set(data, piece * PIECE);
    filled[part] = filled[part]! + data.length;
  });
  const broken = parts.find(({ length }, p) => filled[p] !== length);
  if (broken) {
    throw new StoreError(
      `${damaged} is damaged (${broken.kind} of ${broken.name} is not whole). Delete the run and start it again.`,
    );
  }
  return arrays;
};

/** The request that deletes an owner's arrays. */
export const dropPieces = (tx: WriteTransaction, owner: string): Promise<unknown> =>
  tx.objectStore('checkpointParts').delete(ranges(owner));
