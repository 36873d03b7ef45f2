import type { Comparison, PreferenceTree, TreeNode, TreeResponse } from '../tree/tree';
import type { LabelledStep } from './build-trees';

/** One answer on its way into a tree with others to the same prompt. */
export interface AnswerSpec {
  steps: readonly LabelledStep[];
  score?: number;
  labels?: Record<string, number>;
}

const sameTokens = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((token, i) => token === b[i]);

const nodeOf = (parent: number, { tokens, labels, given }: LabelledStep, scored: boolean): TreeNode => ({
  parent,
  tokens: [...tokens],
  role: given ? 'observation' : 'step',
  scored: scored && !given,
  labels,
});

/**
 * A prompt with several answers below it, after a prefix that is not scored. Leading steps that answers have in common are one node: computed once, scored in
 * each. Two answers that are the same token for token end in the same leaf.
 */
export const answersTree = (parts: {
  id: string;
  prompt: readonly number[];
  prefix?: readonly LabelledStep[];
  answers: readonly AnswerSpec[];
  comparisons: readonly Comparison[];
}): PreferenceTree => {
  const nodes: TreeNode[] = [{ parent: -1, tokens: [...parts.prompt], role: 'prompt', scored: false }];
  for (const step of parts.prefix ?? []) nodes.push(nodeOf(nodes.length - 1, step, false));
  const fork = nodes.length - 1;
  const below = new Map<number, number[]>();
  const append = (parent: number, step: LabelledStep): number => {
    const siblings = below.get(parent) ?? [];
    const known = siblings.find((n) => sameTokens(nodes[n]!.tokens, step.tokens));
    if (known !== undefined) return known;
    const node = nodes.push(nodeOf(parent, step, true)) - 1;
    below.set(parent, [...siblings, node]);
    return node;
  };
  const responses = parts.answers.map(({ steps, score, labels }): TreeResponse => {
    const leaf = steps.reduce(append, fork);
    return { leaf, ...(score !== undefined && { score }), ...(labels && { labels }) };
  });
  return { id: parts.id, nodes, responses, comparisons: [...parts.comparisons] };
};

/** A comparison for each pair of answers with different scores, the better one chosen, the gap as its margin. */
export const comparisonsByScore = (scores: readonly number[]): Comparison[] =>
  scores.flatMap((a, chosen) =>
    scores.flatMap((b, rejected): Comparison[] => (a > b ? [{ chosen, rejected, margin: a - b }] : [])),
  );
