import type { PreferenceTree } from '../tree/tree';
import { TreeError } from '../tree/validate';
import { answersTree } from './answers-tree';
import type { StepTokens } from './split-tokens';

/** A step with what the verifier says of it. */
export interface LabelledStep extends StepTokens {
  labels: Record<string, number>;
}

/** Steps with the label `correct`, 0 or 1, for the page to show. */
export const labelled = (steps: readonly StepTokens[], correct: (index: number) => number): LabelledStep[] =>
  steps.map((step, i) => ({ ...step, labels: { correct: correct(i) } }));

/** One response with score 1: prompt, then one scored node per step. @throws TreeError when there is no step */
export const chainTree = (
  id: string,
  prompt: readonly number[],
  steps: readonly LabelledStep[],
): PreferenceTree => {
  if (steps.length === 0) throw new TreeError(id, 'steps', 'is empty; a response has at least one step');
  return answersTree({ id, prompt, answers: [{ steps, score: 1 }], comparisons: [] });
};

/**
 * A prompt, a prefix that is not scored, and two responses below it, the first of which wins. Leading steps that are
 * alike token for token are one node: it is computed once and scored in both, and cancels in their difference.
 * @throws TreeError when a side has no step or both sides are the same
 */
export const pairTree = (parts: {
  id: string;
  prompt: readonly number[];
  prefix?: readonly LabelledStep[];
  chosen: readonly LabelledStep[];
  rejected: readonly LabelledStep[];
}): PreferenceTree => {
  const { id, prompt, prefix = [], chosen, rejected } = parts;
  for (const [side, steps] of Object.entries({ chosen, rejected })) {
    if (steps.length === 0) throw new TreeError(id, side, 'is empty; a response has at least one step');
  }
  const tree = answersTree({
    id,
    prompt,
    prefix,
    answers: [
      { steps: chosen, score: 1 },
      { steps: rejected, score: 0 },
    ],
    comparisons: [{ chosen: 0, rejected: 1 }],
  });
  const [a, b] = tree.responses;
  if (a!.leaf === b!.leaf) {
    throw new TreeError(id, 'rejected', 'is the same as chosen; leave out pairs of equal responses');
  }
  return tree;
};
