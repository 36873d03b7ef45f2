import type { Frozen } from '../methods/objective';
import type { PackedBatch } from '../tree/packed-batch';
import { joinEntries } from '../tree/split-entries';

/** Numbers per entry, step or answer of each tree, by tree id, under a model that does not change. */
export interface TreeNumbers {
  /** Per entry ('logProb', 'stop'), or at the grain of the head that was read. */
  read: Frozen['read'];
  byTree: ReadonlyMap<string, Float32Array>;
}

/** The numbers of the batch's trees in the batch's order, padding zero. @throws when a tree was never scored */
export const joinTreeNumbers = (batch: PackedBatch, { read, byTree }: TreeNumbers): Float32Array => {
  const own = batch.trees.map(({ id }) => {
    const values = byTree.get(id);
    if (!values)
      throw new Error(
        `Tree "${id}" has no cached ${read === 'head' ? 'values' : 'log-probs'}; score the data again.`,
      );
    return values;
  });
  if (read !== 'head') return joinEntries(batch, own);
  const joined = new Float32Array(own.reduce((sum, values) => sum + values.length, 0));
  let at = 0;
  for (const values of own) {
    joined.set(values, at);
    at += values.length;
  }
  return joined;
};
