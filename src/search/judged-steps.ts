import type { LabelledStep } from './build-trees';
import { labelled } from './build-trees';
import type { Answer } from './sample-answers';

/** The steps of an answer, each with what the verifier says of it; a step past the last line is as right as the whole. */
export const judgedSteps = ({ steps, verdict }: Pick<Answer, 'steps' | 'verdict'>): LabelledStep[] =>
  labelled(steps, (i) => ((verdict.steps[i]?.correct ?? verdict.correct) ? 1 : 0));
