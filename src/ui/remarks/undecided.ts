import { number } from '../format';
import type { Rule } from './remark';

/** A loss of ln 2 says that the two answers are as likely as at the start; five steps of it are no coincidence of a batch. */
const steps = 5;
const near = 1e-4;

export const undecided: Rule = ({ points, learningRate, since }) => {
  const last = points.slice(-steps);
  if (last.length < steps || !last.every(({ metrics }) => Math.abs((metrics['loss'] ?? 0) - Math.LN2) < near))
    return undefined;
  const equal = since
    .at(-1)
    ?.changes.every(({ pair: { chosen, rejected } }) => chosen.tokens[1] === 0 && rejected.tokens[1] === 0);
  const still = last.every(({ metrics }) => (metrics['grad_norm'] ?? 0) < 1e-7);
  const why = equal
    ? 'The two sides of the pairs are the same tokens.'
    : still
      ? 'No gradient comes: nothing is trained, or nothing is scored after cutting.'
      : `The gradient is there, the step is small: the learning rate is ${number(learningRate)}.`;
  return {
    id: 'undecided',
    step: last.at(-1)!.x,
    text: `The loss has stood at 0.693, “no opinion”, for ${steps} steps. ${why}`,
    lesson: 'no-opinion',
  };
};
