import type { PackedBatch } from './packed-batch';

/**
 * Cuts per-entry values of a batch into one array per tree, padding left out.
 * @param values [M], for example log-probs.
 */
export const unpackEntries = (batch: PackedBatch, values: Float32Array): Float32Array[] => {
  if (values.length !== batch.entries.count) {
    throw new Error(`unpackEntries: ${values.length} values for a batch of ${batch.entries.count} entries.`);
  }
  return batch.trees.map(({ entryStart, entryEnd }) => values.slice(entryStart, entryEnd));
};

/** The inverse: per-tree arrays, in the order of the batch's trees, to one array [M] with zeros on padding. */
export const joinEntries = (batch: PackedBatch, perTree: readonly Float32Array[]): Float32Array => {
  if (perTree.length !== batch.trees.length) {
    throw new Error(`joinEntries: ${perTree.length} arrays for a batch of ${batch.trees.length} trees.`);
  }
  const values = new Float32Array(batch.entries.count);
  batch.trees.forEach(({ id, entryStart, entryEnd }, t) => {
    const own = perTree[t]!;
    if (own.length !== entryEnd - entryStart) {
      throw new Error(
        `joinEntries: tree "${id}" has ${entryEnd - entryStart} entries, but ${own.length} values were given.`,
      );
    }
    values.set(own, entryStart);
  });
  return values;
};
