import { pathOf } from './paths';
import type { Comparison, PreferenceTree, TreeResponse } from './tree';

/** The tree with two of its answers alone, its other nodes cut off. */
const cutTo = (
  tree: PreferenceTree,
  { chosen, rejected, ...how }: Comparison,
  id: string,
): PreferenceTree => {
  const kept = [...new Set([chosen, rejected].flatMap((r) => pathOf(tree, tree.responses[r]!.leaf)))].sort(
    (a, b) => a - b,
  );
  const at = (n: number) => kept.indexOf(n);
  const response = (r: number): TreeResponse => {
    const { leaf, given, ...rest } = tree.responses[r]!;
    return { ...rest, leaf: at(leaf), ...(given !== undefined && { given: at(given) }) };
  };
  return {
    id,
    nodes: kept.map((n) => ({ ...tree.nodes[n]!, parent: n === 0 ? -1 : at(tree.nodes[n]!.parent) })),
    responses: [response(chosen), response(rejected)],
    comparisons: [{ ...how, chosen: 0, rejected: 1 }],
  };
};

/** Each comparison of a tree as a tree of its own, for what orders or packs pairs one by one. The sums of the losses are the same. */
export const pairsOf = (tree: PreferenceTree): PreferenceTree[] =>
  tree.comparisons.map((comparison, c) => cutTo(tree, comparison, `${tree.id}/${c}`));
