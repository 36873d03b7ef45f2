import type { LabelledStep } from './build-trees';
import { judgedSteps } from './judged-steps';
import type { Answer } from './sample-answers';

/**
 * The steps of an answer with the verifier's word in every form that losses read: `reward` and `score` are 1 for a right step and 0
 * for a wrong one, `q` is 1 as long as everything so far is right and -1 from the first mistake on.
 */
export const soundSteps = (answer: Answer): LabelledStep[] => {
  let sound = true;
  return judgedSteps(answer).map((step) => {
    const correct = step.labels['correct']!;
    sound &&= correct > 0;
    return { ...step, labels: { ...step.labels, reward: correct, score: correct, q: sound ? 1 : -1 } };
  });
};
