import { packForest } from './pack';
import type { PreferenceTree } from './tree';

/**
 * Sums of numbers per entry over each response of a tree, and how many they are.
 * @param perEntry as scoring the tree gives them
 */
export const responseSums = (
  tree: PreferenceTree,
  perEntry: Float32Array,
): { sum: number; length: number }[] =>
  packForest([tree], { pad: 'none', checked: true }).responses.map(({ entryStart, entryEnd }) => ({
    sum: perEntry.subarray(entryStart, entryEnd).reduce((total, x) => total + x, 0),
    length: entryEnd - entryStart,
  }));
