import { responseSums } from './response-sums';
import type { PreferenceTree } from './tree';

/**
 * Means over the scored tokens of each answer; 0 where an answer has none.
 * @param values one for each entry of the tree, in the order of its answers
 */
export const meanPerAnswer = (tree: PreferenceTree, values: Float32Array): number[] =>
  responseSums(tree, values).map(({ sum, length }) => (length > 0 ? sum / length : 0));
