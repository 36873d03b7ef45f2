import type { Frozen } from '../methods/objective';
import type { PackedBatch } from '../tree/packed-batch';
import { joinRowValues } from '../tree/scored-rows';
import { joinEntries } from '../tree/split-entries';

/** What is read of a frozen model: what an objective may name, and the final hidden states, for the exact divergence. */
export type FrozenReading = Frozen['read'] | 'hidden';

/** Numbers per entry, step or answer of each tree, by tree id, under a model that does not change. */
export interface TreeNumbers {
  /** Per entry ('logProb', 'stop'), or at the grain of the head that was read. */
  read: FrozenReading;
  byTree: ReadonlyMap<string, Float32Array>;
}

const named: Record<FrozenReading, string> = {
  logProb: 'log-probs',
  stop: 'log-probs',
  head: 'values',
  hidden: 'hidden states',
};

/** Each tree's own. @throws when a tree was never scored */
const ofEachTree = (batch: PackedBatch, { read, byTree }: TreeNumbers): Float32Array[] =>
  batch.trees.map(({ id }) => {
    const values = byTree.get(id);
    if (!values) throw new Error(`Tree "${id}" has no cached ${named[read]}; score the data again.`);
    return values;
  });

/**
 * The final hidden states of the batch's rows [R, d], zeros on rows that score nothing.
 * @throws when a tree was never scored
 */
export const joinTreeStates = (batch: PackedBatch, numbers: TreeNumbers, hiddenSize: number): Float32Array =>
  joinRowValues(batch, ofEachTree(batch, numbers), hiddenSize);

/** The numbers of the batch's trees in the batch's order, padding zero. @throws when a tree was never scored */
export const joinTreeNumbers = (batch: PackedBatch, numbers: TreeNumbers): Float32Array => {
  const { read } = numbers;
  const own = ofEachTree(batch, numbers);
  if (read !== 'head') return joinEntries(batch, own);
  const joined = new Float32Array(own.reduce((sum, values) => sum + values.length, 0));
  let at = 0;
  for (const values of own) {
    joined.set(values, at);
    at += values.length;
  }
  return joined;
};
