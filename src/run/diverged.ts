/** What to tell a person when a number is no longer finite: what went wrong depends on whether anything had been learned. */

/** Training ended because a number was no longer finite. */
export class DivergedError extends Error {
  override name = 'DivergedError';
}

/** Places that are named. */
const SHOWN = 3;

const listed = (names: readonly string[]): string =>
  names.length <= SHOWN
    ? names.join('; ')
    : `${names.slice(0, SHOWN).join('; ')} and ${names.length - SHOWN} more`;

const DAMAGED =
  'its weights, or those of the adapter that the run begins with, are too large or damaged. Ask the model something: if its answer is senseless too, take a good copy of it.';

/** Which part of the step the fault is in, as the metrics tell. */
const sourceOf = (metrics: Record<string, number>): string => {
  const bad = (test: (name: string) => boolean) =>
    Object.entries(metrics).some(([name, value]) => test(name) && !Number.isFinite(value));
  const scored = Object.keys(metrics).some((name) => name.startsWith('logps/'));
  if (bad((name) => name.startsWith('logps/')) || (!scored && bad((name) => name === 'loss'))) {
    return `The model gives these examples log-probs that are not finite: ${DAMAGED}`;
  }
  if (bad((name) => name !== 'grad_norm')) {
    return 'The log-probs of these examples are finite, but the method makes of them what is not: one of its parameters is too large for them.';
  }
  return `The loss is finite, but its gradient is not: ${DAMAGED}`;
};

/**
 * @param metrics of the step, one of which is not finite
 * @param step of its pass, counted from 1
 * @param learned the pass began with weights that an earlier one has trained
 * @param trees ids of the trees of its batch, which for a file are its rows' places
 */
export const divergedMessage = (
  metrics: Record<string, number>,
  step: number,
  learned: boolean,
  trees: readonly string[],
): string => {
  const [name, value] = Object.entries(metrics).find(([, value]) => !Number.isFinite(value)) ?? [
    'a number',
    Number.NaN,
  ];
  if (step > 1 || learned) {
    return (
      `${name} became ${value} at step ${step}; the weights of step ${step - 1} are kept. ` +
      'Lower the learning rate, or clip gradients with optimizer.maxGradNorm.'
    );
  }
  return `${name} is ${value} before anything was learned, so the learning rate has no part in it. ${sourceOf(metrics)} The examples: ${listed(trees)}.`;
};

/**
 * Holds numbers of a frozen model against what can be computed with.
 * @param scores by tree id
 * @param label of the model, such as "the reference"
 * @throws DivergedError naming the first tree with a number that is not finite
 */
export const checkScores = (scores: ReadonlyMap<string, Float32Array>, label: string) => {
  for (const [tree, values] of scores) {
    const bad = values.find((value) => !Number.isFinite(value));
    if (bad === undefined) continue;
    throw new DivergedError(
      `${tree}: ${label} gives one of its tokens ${bad} for a log-prob, and nothing can be learned from that. If other examples are well, leave this one out; else ${DAMAGED}`,
    );
  }
};
