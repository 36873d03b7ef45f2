import type { ProbeSide } from '../../../workers/protocol';
import { number, signed } from '../format';
import type { Live, Rule } from './remark';

/** A loss of ln 2 says that the two answers are as likely as at the start; five steps of it are no coincidence of a batch. */
const steps = 5;
const near = 1e-4;
/** Below it a norm is what rounding leaves of a gradient that is zero. */
const none = 1e-7;
/** A tenth of a nat is a hundred times what `near` lets a margin be at a beta of 0.1; only a reference that follows hides it. */
const moved = 0.1;

const scored = ({ tokens }: ProbeSide) => tokens[0] + tokens[1] + tokens[2];

/** Why a loss stays at ln 2, the first of the causes that fits what is seen. */
const causeOf = ({ points, since, learningRate }: Live): string => {
  const last = since.at(-1);
  const pairs = last?.changes.map(({ pair }) => pair) ?? [];
  const all = (holds: (pair: (typeof pairs)[number]) => boolean) => pairs.length > 0 && pairs.every(holds);
  if (all(({ chosen, rejected }) => scored(chosen) + scored(rejected) === 0))
    return 'Nothing of the answers is left to be scored: they are empty, or cut away by the longest length.';
  if (all(({ chosen, rejected }) => chosen.tokens[1] === 0 && rejected.tokens[1] === 0))
    return 'The two sides of the pairs are the same tokens.';
  if (points.slice(-steps).every(({ metrics }) => (metrics['grad_norm'] ?? 0) < none))
    return 'There are tokens to score and no gradient comes: nothing is trained.';
  if (last && Math.max(Math.abs(last.chosen.median), Math.abs(last.rejected.median)) > moved)
    return `The answers have moved all the same (chosen ${signed(last.chosen.median, 1)}, rejected ${signed(last.rejected.median, 1)} nats): the reference follows the policy.`;
  return `The gradient is there, the step is small: the learning rate is ${number(learningRate)}.`;
};

export const undecided: Rule = (live) => {
  const last = live.points.slice(-steps);
  if (last.length < steps || !last.every(({ metrics }) => Math.abs((metrics['loss'] ?? 0) - Math.LN2) < near))
    return undefined;
  return {
    id: 'undecided',
    step: last.at(-1)!.x,
    text: `The loss has stood at 0.693, “no opinion”, for ${steps} steps. ${causeOf(live)}`,
    lesson: 'no-opinion',
  };
};
