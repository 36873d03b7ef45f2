import type { PreferenceTree, TreeNode } from './tree';
import { TreeError } from './validate';

type Labels = Record<string, number>;

const promptNodes = (prompt: number[], prefix: number[][]): TreeNode[] => [
  { parent: -1, tokens: prompt, role: 'prompt', scored: false },
  ...prefix.map((tokens, i): TreeNode => ({ parent: i, tokens, role: 'step', scored: false })),
];

const stepNode = (parent: number, tokens: number[], labels: Labels | undefined): TreeNode => ({
  parent,
  tokens,
  role: 'step',
  scored: true,
  ...(labels && { labels }),
});

export interface ChainSpec {
  id: string;
  prompt: number[];
  /** Steps given, not scored. */
  sharedSteps?: number[][];
  /** Scored, one node each. */
  steps: number[][];
  score?: number;
  /** Of the response, and of its steps one by one. */
  labels?: Labels;
  stepLabels?: (Labels | undefined)[];
}

/** A prompt with one response: what SFT and the single-response methods eat. */
export const chainTree = (spec: ChainSpec): PreferenceTree => {
  const { id, prompt, sharedSteps = [], steps, score, labels, stepLabels } = spec;
  if (steps.length === 0) throw new TreeError(id, 'steps', 'is empty; a response has at least one step');
  const nodes = promptNodes(prompt, sharedSteps);
  steps.forEach((tokens, i) => {
    nodes.push(stepNode(nodes.length - 1, tokens, stepLabels?.[i]));
  });
  const response = {
    leaf: nodes.length - 1,
    ...(score !== undefined && { score }),
    ...(labels && { labels }),
  };
  return { id, nodes, responses: [response], comparisons: [] };
};

export interface PairSpec {
  id: string;
  prompt: number[];
  /** Steps given to both sides and not scored: the correct prefix of Step-DPO. */
  sharedSteps?: number[][];
  /** Scored, one node each. Leading steps equal on both sides become shared nodes, scored in both responses. */
  chosenSteps: number[][];
  rejectedSteps: number[][];
  margin?: number;
  scores?: { chosen: number; rejected: number };
  labels?: {
    chosen?: Labels;
    rejected?: Labels;
    /** Of the steps, one by one. A shared step takes the chosen side's. */
    chosenSteps?: (Labels | undefined)[];
    rejectedSteps?: (Labels | undefined)[];
  };
}

const sameTokens = (a: readonly number[] | undefined, b: readonly number[] | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((token, i) => token === b[i]);

/**
 * A prompt with two responses; response 0 is chosen, 1 rejected. Steps both sides begin with are written once.
 * @throws TreeError when a side has no steps or both sides are the same.
 */
export const pairTree = (spec: PairSpec): PreferenceTree => {
  const { id, prompt, sharedSteps = [], chosenSteps, rejectedSteps, margin, scores, labels } = spec;
  if (chosenSteps.length === 0)
    throw new TreeError(id, 'chosenSteps', 'is empty; a response has at least one step');
  if (rejectedSteps.length === 0)
    throw new TreeError(id, 'rejectedSteps', 'is empty; a response has at least one step');
  let common = 0;
  while (sameTokens(chosenSteps[common], rejectedSteps[common])) common++;
  if (common === chosenSteps.length && common === rejectedSteps.length) {
    throw new TreeError(
      id,
      'rejectedSteps',
      'is the same as chosenSteps; leave out pairs of equal responses',
    );
  }
  const nodes = promptNodes(prompt, sharedSteps);
  for (let i = 0; i < common; i++) {
    nodes.push(stepNode(nodes.length - 1, chosenSteps[i]!, labels?.chosenSteps?.[i]));
  }
  const fork = nodes.length - 1;
  const side = (steps: number[][], stepLabels: (Labels | undefined)[] | undefined): number => {
    let leaf = fork;
    for (let i = common; i < steps.length; i++) {
      nodes.push(stepNode(leaf, steps[i]!, stepLabels?.[i]));
      leaf = nodes.length - 1;
    }
    return leaf;
  };
  const response = (leaf: number, score: number | undefined, own: Labels | undefined) => ({
    leaf,
    ...(score !== undefined && { score }),
    ...(own && { labels: own }),
  });
  return {
    id,
    nodes,
    responses: [
      response(side(chosenSteps, labels?.chosenSteps), scores?.chosen, labels?.chosen),
      response(side(rejectedSteps, labels?.rejectedSteps), scores?.rejected, labels?.rejected),
    ],
    comparisons: [{ chosen: 0, rejected: 1, ...(margin !== undefined && { margin }) }],
  };
};
