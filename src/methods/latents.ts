/** What methods on images share: their parameters, what they log, and the run that shows them. */
import type { Scalar, Tensor1D } from '../tf';
import { tf } from '../tf';
import type { WorldDefaults } from './method';
import type { Pairs } from './objective';
import { number } from './params';

/** Pull to the reference in a loss on denoising errors, which are means over the numbers of an image. */
export const errorBeta = number({
  label: 'beta',
  help: 'How strongly the policy is held to the reference; larger stays closer, and small ones break the images.',
  min: 1,
  max: 20_000,
  scale: 'log',
  default: 200,
  from: 'ours',
});

/** The same in a loss on log-probs of transitions. */
export const transitionBeta = number({
  label: 'beta',
  help: 'Scale of the implicit reward. Under AdamW it hardly matters until pairs saturate; the learning rate and the number of rounds do.',
  min: 0.001,
  max: 1000,
  scale: 'log',
  default: 0.1,
  from: 'paper',
});

export const clip = number({
  label: 'clip',
  help: 'Ratios of policy and reference further than this from 1 are held there and learn nothing; 0 turns it off.',
  min: 0,
  max: 10,
  default: 0.1,
  from: 'code',
});

/** Rounds of drawing and training. */
export const roundsParam = (rounds: number, from: 'paper' | 'ours' = 'ours') =>
  number({
    label: 'rounds',
    help: 'How often the policy draws anew what it trains on.',
    min: 1,
    max: 200,
    integer: true,
    default: rounds,
    from,
  });

/** How far winner's and loser's errors have moved from the reference's: both may rise while the loss falls. */
export const errorsOf = ({ chosen, rejected }: Pairs): Record<string, Scalar> => ({
  'errors/chosen': tf.neg(tf.mean(chosen.logRatio)),
  'errors/rejected': tf.neg(tf.mean(rejected.logRatio)),
});

/** Logits beyond this have no gradient that counts. */
const SATURATED = 20;

/** Share of pairs whose logit is so large that they teach nothing any more; where it is 1, the run ends and says why. */
export const saturatedIn = (logits: Tensor1D): { saturated: Scalar } => ({
  saturated: tf.mean(tf.cast(tf.greater(tf.abs(logits), SATURATED), 'float32')),
});

/** A run on coloured shapes. */
export const onShapes = (
  trees: number,
  steps: number,
  more: Pick<WorldDefaults, 'schedule' | 'checkpointEvery'> & { every?: number; weightDecay?: number } = {},
): WorldDefaults => ({
  task: 'shapes',
  trees,
  steps,
  schedule: more.schedule ?? { kind: 'constant', warmup: 0.1 },
  evaluation: { every: more.every ?? 50, problems: 288 },
  checkpointEvery: more.checkpointEvery ?? 50,
  optimizer: { beta2: 0.99, weightDecay: more.weightDecay ?? 1e-4 },
});
