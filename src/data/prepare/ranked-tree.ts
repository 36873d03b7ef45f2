import type { Comparison, PreferenceTree, TreeNode } from '../../tree/tree';

interface RankedResponse {
  steps: number[][];
  score: number;
  /** Of the steps, one by one; a shared step has those of the first response that goes through it. */
  labels?: readonly (Record<string, number> | undefined)[];
}

/** Pairs of responses with different scores, the better one first. */
const comparisonsOf = (scores: readonly number[], pairs: 'all' | 'adjacent'): Comparison[] => {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const levels = [...new Set(order.map((i) => scores[i]!))];
  const found: Comparison[] = [];
  for (const [x, chosen] of order.entries()) {
    for (const rejected of order.slice(x + 1)) {
      const margin = scores[chosen]! - scores[rejected]!;
      if (margin <= 0) continue;
      const isNext = levels[levels.indexOf(scores[chosen]!) + 1] === scores[rejected]!;
      if (pairs === 'all' || isNext) found.push({ chosen, rejected, margin });
    }
  }
  return found;
};

/**
 * One prompt with several scored responses; leading steps that responses share token for token are written once. The
 * comparisons' margins are the differences of the scores.
 */
export const rankedTree = (spec: {
  id: string;
  prompt: number[];
  responses: readonly RankedResponse[];
  pairs: 'all' | 'adjacent';
}): PreferenceTree => {
  const nodes: TreeNode[] = [{ parent: -1, tokens: spec.prompt, role: 'prompt', scored: false }];
  const children: Map<string, number>[] = [new Map()];
  const responses = spec.responses.map(({ steps, score, labels }) => {
    let leaf = 0;
    for (const [k, tokens] of steps.entries()) {
      const key = tokens.join(' ');
      let next = children[leaf]!.get(key);
      if (next === undefined) {
        const own = labels?.[k];
        next =
          nodes.push({ parent: leaf, tokens, role: 'step', scored: true, ...(own && { labels: own }) }) - 1;
        children.push(new Map());
        children[leaf]!.set(key, next);
      }
      leaf = next;
    }
    return { leaf, score };
  });
  return {
    id: spec.id,
    nodes,
    responses,
    comparisons: comparisonsOf(
      spec.responses.map(({ score }) => score),
      spec.pairs,
    ),
  };
};
