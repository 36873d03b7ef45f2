import type { PreferenceTree } from './tree';

/** Node indices from the root to `leaf`. */
export const pathOf = (tree: PreferenceTree, leaf: number): number[] => {
  const path: number[] = [];
  for (let n = leaf; n >= 0; n = tree.nodes[n]!.parent) path.push(n);
  return path.reverse();
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
