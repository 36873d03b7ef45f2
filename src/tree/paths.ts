import type { PreferenceTree, TreeResponse } from './tree';

/** Node indices from the root to `leaf`. */
export const pathOf = (tree: PreferenceTree, leaf: number): number[] => {
  const path: number[] = [];
  for (let n = leaf; n >= 0; n = tree.nodes[n]!.parent) path.push(n);
  return path.reverse();
};

/** The nodes that a response scores, in order: the scored ones of its path behind what is given to it. */
export const scoredNodes = (tree: PreferenceTree, { leaf, given = -1 }: TreeResponse): number[] =>
  pathOf(tree, leaf).filter((n) => n > given && tree.nodes[n]!.scored);

/** The nodes that some response goes through, and the root; the others are there to be looked at, and are not computed. */
export const usedNodes = (tree: PreferenceTree): boolean[] => {
  const used = tree.nodes.map((_, n) => n === 0);
  for (const { leaf } of tree.responses) {
    for (let n = leaf; n >= 0 && !used[n]; n = tree.nodes[n]!.parent) used[n] = true;
  }
  return used;
};

/** Children of each node, in the order of their indices. */
export const childrenOf = (tree: PreferenceTree): number[][] => {
  const children: number[][] = tree.nodes.map(() => []);
  tree.nodes.forEach((node, n) => {
    if (node.parent >= 0) children[node.parent]!.push(n);
  });
  return children;
};

/** Node indices depth-first from the root, siblings in the order of their indices. No recursion: chains are long. */
export const depthFirst = (tree: PreferenceTree): number[] => {
  const children = childrenOf(tree);
  const order: number[] = [];
  const stack = [0];
  while (stack.length > 0) {
    const n = stack.pop()!;
    order.push(n);
    for (const child of [...children[n]!].reverse()) stack.push(child);
  }
  return order;
};
