import type { PreferenceTree, TreeNode } from '../tree/tree';
import type { StepTokens } from './split-tokens';

/** A step with what the verifier says of it. */
export interface LabelledStep extends StepTokens {
  labels: Record<string, number>;
}

/** The same label on every step. */
export const labelled = (steps: readonly StepTokens[], label: (index: number) => number): LabelledStep[] =>
  steps.map((step, i) => ({ ...step, labels: { correct: label(i) } }));

const nodeOf = (step: LabelledStep, parent: number, scored: boolean): TreeNode => ({
  parent,
  tokens: [...step.tokens],
  role: step.text === '' ? 'end' : 'step',
  scored,
  labels: { ...step.labels },
});

/** Adds a chain of steps below `parent`; returns the index of its last node. */
const append = (
  nodes: TreeNode[],
  parent: number,
  steps: readonly LabelledStep[],
  scored: boolean,
): number => {
  let last = parent;
  for (const step of steps) last = nodes.push(nodeOf(step, last, scored)) - 1;
  return last;
};

const sameTokens = (a: StepTokens | undefined, b: StepTokens | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.tokens.length === b.tokens.length &&
  a.tokens.every((t, i) => t === b.tokens[i]);

const rootOf = (prompt: readonly number[]): TreeNode => ({
  parent: -1,
  tokens: [...prompt],
  role: 'prompt',
  scored: false,
});

/** One response: prompt, then one scored node per step. */
export const chainTree = (
  id: string,
  prompt: readonly number[],
  steps: readonly LabelledStep[],
): PreferenceTree => {
  const nodes = [rootOf(prompt)];
  const leaf = append(nodes, 0, steps, true);
  return { id, nodes, responses: [{ leaf, score: 1 }], comparisons: [] };
};

/**
 * A prompt, a prefix that is not scored, and two responses below it, the first of which wins. Leading steps that are
 * alike token for token are one node: it is computed once and scored in both, and cancels in their difference.
 * @throws when one response is the other's beginning, since then it has no token of its own
 */
export const pairTree = (parts: {
  id: string;
  prompt: readonly number[];
  prefix?: readonly LabelledStep[];
  chosen: readonly LabelledStep[];
  rejected: readonly LabelledStep[];
}): PreferenceTree => {
  const { id, prompt, prefix = [], chosen, rejected } = parts;
  let shared = 0;
  while (sameTokens(chosen[shared], rejected[shared])) shared++;
  if (shared === chosen.length || shared === rejected.length) {
    throw new Error(`Pair "${id}": one response is the beginning of the other; there is nothing to prefer.`);
  }
  const nodes = [rootOf(prompt)];
  const branch = append(nodes, append(nodes, 0, prefix, false), chosen.slice(0, shared), true);
  const winner = append(nodes, branch, chosen.slice(shared), true);
  const loser = append(nodes, branch, rejected.slice(shared), true);
  return {
    id,
    nodes,
    responses: [
      { leaf: winner, score: 1 },
      { leaf: loser, score: 0 },
    ],
    comparisons: [{ chosen: 0, rejected: 1 }],
  };
};
