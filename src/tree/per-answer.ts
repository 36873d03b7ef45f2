import { scoredNodes } from './paths';
import type { PreferenceTree } from './tree';

/**
 * Means over the scored tokens of each answer; 0 where an answer has none.
 * @param values one for each entry of the tree, in the order of its answers
 */
export const meanPerAnswer = (tree: PreferenceTree, values: Float32Array): number[] => {
  let at = 0;
  return tree.responses.map((response) => {
    const nodes = scoredNodes(tree, response);
    // Nothing predicts the first token of a scored root.
    const entries = nodes.reduce((sum, n) => sum + tree.nodes[n]!.tokens.length - (n === 0 ? 1 : 0), 0);
    let sum = 0;
    for (let i = 0; i < entries; i++) sum += values[at++]!;
    return entries > 0 ? sum / entries : 0;
  });
};
