import * as build from '../tree/build';
import type { PreferenceTree } from '../tree/tree';
import type { StepTokens } from './split-tokens';

/** A step with what the verifier says of it. */
export interface LabelledStep extends StepTokens {
  labels: Record<string, number>;
}

/** Steps with the label `correct`, 0 or 1, for the page to show. */
export const labelled = (steps: readonly StepTokens[], correct: (index: number) => number): LabelledStep[] =>
  steps.map((step, i) => ({ ...step, labels: { correct: correct(i) } }));

const tokensOf = (steps: readonly LabelledStep[]) => steps.map((step) => [...step.tokens]);
const labelsOf = (steps: readonly LabelledStep[]) => steps.map((step) => step.labels);

/** One response with score 1: prompt, then one scored node per step. */
export const chainTree = (
  id: string,
  prompt: readonly number[],
  steps: readonly LabelledStep[],
): PreferenceTree =>
  build.chainTree({
    id,
    prompt: [...prompt],
    steps: tokensOf(steps),
    score: 1,
    stepLabels: labelsOf(steps),
  });

/**
 * A prompt, a prefix that is not scored, and two responses below it, the first of which wins. Leading steps that are
 * alike token for token are one node: it is computed once and scored in both, and cancels in their difference.
 */
export const pairTree = (parts: {
  id: string;
  prompt: readonly number[];
  prefix?: readonly LabelledStep[];
  chosen: readonly LabelledStep[];
  rejected: readonly LabelledStep[];
}): PreferenceTree => {
  const { id, prompt, prefix = [], chosen, rejected } = parts;
  const tree = build.pairTree({
    id,
    prompt: [...prompt],
    sharedSteps: tokensOf(prefix),
    chosenSteps: tokensOf(chosen),
    rejectedSteps: tokensOf(rejected),
    scores: { chosen: 1, rejected: 0 },
    labels: { chosenSteps: labelsOf(chosen), rejectedSteps: labelsOf(rejected) },
  });
  // The prefix's nodes follow the prompt's, in order.
  prefix.forEach((step, i) => {
    tree.nodes[i + 1]!.labels = step.labels;
  });
  return tree;
};
