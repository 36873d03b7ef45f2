import { pathOf, scoredNodes } from '../tree/paths';
import type { PreferenceTree, TreeNode } from '../tree/tree';

/** What another tree's answer is after this tree's prompt. */
const withAnswerOf = (tree: PreferenceTree, other: PreferenceTree, response: number): PreferenceTree => {
  const nodes: TreeNode[] = [...tree.nodes];
  const path = pathOf(other, other.responses[response]!.leaf);
  const first = path.indexOf(scoredNodes(other, other.responses[response]!)[0] ?? -1);
  let parent = 0;
  for (const n of path.slice(Math.max(0, first))) {
    parent = nodes.push({ ...other.nodes[n]!, parent }) - 1;
  }
  return { ...tree, nodes, responses: [...tree.responses, { leaf: parent, labels: { mismatched: 1 } }] };
};

/**
 * Each prompt with as many answers of the next one beside its own, labelled `mismatched`: what KTO's baseline is estimated
 * from (TRL pairs each prompt with the next completion in the same way).
 */
export const withMismatched = (trees: readonly PreferenceTree[]): PreferenceTree[] =>
  trees.map((tree, i) => {
    const other = trees[(i + 1) % trees.length]!;
    let mixed: PreferenceTree = { ...tree, id: `${tree.id}, mismatched` };
    for (let r = 0; r < tree.responses.length; r++) {
      mixed = withAnswerOf(mixed, other, r % other.responses.length);
    }
    return mixed;
  });
