import { pathOf, usedNodes } from './paths';
import type { PreferenceTree } from './tree';

export interface TreeStats {
  trees: number;
  responses: number;
  /** Tokens with each node written once. */
  packed: number;
  /** Tokens if every response were written apart, prompt included. */
  apart: number;
  /** apart / packed: how many times sharing shortens the batch. 1 when nothing is shared or nothing is there. */
  sharing: number;
}

/** What packing as trees saves. */
export const treeStats = (trees: readonly PreferenceTree[]): TreeStats => {
  let responses = 0;
  let packed = 0;
  let apart = 0;
  for (const tree of trees) {
    const used = usedNodes(tree);
    for (const [n, node] of tree.nodes.entries()) packed += used[n] ? node.tokens.length : 0;
    for (const { leaf } of tree.responses) {
      responses++;
      for (const n of pathOf(tree, leaf)) apart += tree.nodes[n]!.tokens.length;
    }
  }
  return {
    trees: trees.length,
    responses,
    packed,
    apart,
    sharing: packed > 0 && apart > 0 ? apart / packed : 1,
  };
};
