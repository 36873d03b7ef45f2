import { pathOf, scoredNodes } from '../tree/paths';
import type { PreferenceTree, TreeNode } from '../tree/tree';

/** What another tree's answer is after this tree's prompt, as much of it as there is room for. */
const withAnswerOf = (
  tree: PreferenceTree,
  other: PreferenceTree,
  response: number,
  longest: number,
): PreferenceTree => {
  const nodes: TreeNode[] = [...tree.nodes];
  const path = pathOf(other, other.responses[response]!.leaf);
  const first = path.indexOf(scoredNodes(other, other.responses[response]!)[0] ?? -1);
  let parent = 0;
  let room = longest - tree.nodes[0]!.tokens.length;
  for (const n of path.slice(Math.max(0, first))) {
    const node = other.nodes[n]!;
    const tokens = node.tokens.slice(0, Math.max(0, room));
    if (tokens.length === 0) break;
    room -= tokens.length;
    parent = nodes.push({ ...node, tokens, parent }) - 1;
  }
  return { ...tree, nodes, responses: [...tree.responses, { leaf: parent, labels: { mismatched: 1 } }] };
};

/**
 * Each prompt with as many answers of the next one beside its own, labelled `mismatched`: what KTO's baseline is estimated
 * from (TRL pairs each prompt with the next completion in the same way). A long prompt and another's long answer may not fit
 * together although each fits with its own: the answer then ends at `longest` tokens of both, as TRL cuts it.
 *
 * @param longest positions of the model, in tokens
 */
export const withMismatched = (trees: readonly PreferenceTree[], longest: number): PreferenceTree[] =>
  trees.map((tree, i) => {
    const other = trees[(i + 1) % trees.length]!;
    let mixed: PreferenceTree = { ...tree, id: `${tree.id}, mismatched` };
    for (let r = 0; r < tree.responses.length; r++) {
      mixed = withAnswerOf(mixed, other, r % other.responses.length, longest);
    }
    return mixed;
  });
