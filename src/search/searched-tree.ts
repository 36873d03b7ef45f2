import type { Problem, Task } from '../tasks/task';
import type { Comparison, PreferenceTree, TreeNode, TreeResponse } from '../tree/tree';
import type { NodePair } from './search-pairs';
import { nodesOf } from './search-pairs';
import type { SearchNode } from './search-tree';
import { meanOf, pathTo } from './search-tree';

/** What the verifier says of each node's step: 1 or 0. A step past the last line is as right as the whole. */
const judgements = (nodes: readonly SearchNode[], task: Task, problem: Problem): Map<SearchNode, number> => {
  const judged = new Map<SearchNode, number>();
  for (const leaf of nodes) {
    if (leaf.children && leaf.children.length > 0) continue;
    const path = pathTo(leaf).slice(1);
    const { steps, correct } = task.verify(problem, path.map(({ text }) => text).join(''));
    for (const [i, node] of path.entries()) judged.set(node, (steps[i]?.correct ?? correct) ? 1 : 0);
  }
  return judged;
};

const labelsOf = (node: SearchNode, correct: number): Record<string, number> => ({
  correct,
  reward: correct,
  score: correct,
  prior: node.prior,
  visits: node.visits,
  ...(node.visits > 0 && { q: meanOf(node) }),
  ...(node.value !== undefined && { value: node.value }),
});

/**
 * A searched tree as it is trained on: every node of it, with what the search knows as labels (prior, visits, q, value, correct), and
 * two answers for each pair, to which everything up to where they part is given. What both share is computed once.
 */
export const searchedTree = (
  root: SearchNode,
  pairs: readonly NodePair[],
  { id, task, problem }: { id: string; task: Task; problem: Problem },
): PreferenceTree => {
  const nodes = nodesOf(root);
  const judged = judgements(nodes, task, problem);
  const at = new Map(nodes.map((node, n) => [node, n]));
  const written = nodes.map(
    (node): TreeNode =>
      node.parent
        ? {
            parent: at.get(node.parent)!,
            tokens: [...node.tokens],
            role: 'step',
            scored: true,
            labels: labelsOf(node, judged.get(node)!),
          }
        : {
            parent: -1,
            tokens: [...node.tokens],
            role: 'prompt',
            scored: false,
            labels: { visits: node.visits },
          },
  );
  const responses: TreeResponse[] = [];
  const known = new Map<string, number>();
  const response = (given: SearchNode, leaf: SearchNode): number => {
    const key = `${at.get(given)}-${at.get(leaf)}`;
    const index =
      known.get(key) ??
      responses.push({
        leaf: at.get(leaf)!,
        ...(given.parent && { given: at.get(given)! }),
        score: meanOf(leaf),
      }) - 1;
    known.set(key, index);
    return index;
  };
  const comparisons = pairs.map(
    ({ given, chosen, rejected, gap }): Comparison => ({
      chosen: response(given, chosen),
      rejected: response(given, rejected),
      margin: gap,
    }),
  );
  return { id, nodes: written, responses, comparisons };
};
