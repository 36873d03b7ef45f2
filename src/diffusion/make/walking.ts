/** Walks from noise to image, a step at a time, and what their states are worth. */
import type { Tensor2D } from '../../tf';
import { readFloats, tf } from '../../tf';
import type { Rng } from '../../util/rng';
import { inTime } from '../images';
import { refuseEndless, split } from '../measure';
import type { ImageNet } from '../net/blocks';
import type { Denoiser } from '../net/denoiser';
import { predictV } from '../net/denoiser';
import { preferenceConfig, preferenceScore } from '../net/preference-model';
import { cleanOf, meanOf, noiseFor } from '../net/sample';
import { grid, IMAGE, transition } from '../net/schedule';
import type { Judge } from '../pipeline';
import { stack } from '../scorer';
import type { Condition } from '../world/condition';
import { conditionAt } from '../world/condition';
import type { Scale } from '../world/preference';
import { preferenceOf } from '../world/preference';
import type { PreferenceParams } from './preference-params';
import { preferenceFrom } from './preference-params';

/** As noisy as the diffusion: a step without noise has no log-prob to learn from. */
export const ETA = 1;

/** What is taken for an image goes no further than this before it is rewarded. */
const CLAMP = 1.2;

/** Walks that stand at one time. */
export interface Walks {
  net: Denoiser;
  conditions: Condition[];
  rngs: Rng[];
  x: Float32Array[];
}

const timesOf = (count: number, t: number) => new Int32Array(count).fill(t);

/** Means of the next states of all walks. */
export const nextMeans = async ({ net, conditions, x }: Walks, i: number): Promise<Float32Array[]> => {
  const mean = tf.tidy(() => {
    const now = stack(x);
    const v = predictV(net, now, timesOf(x.length, grid[i]!), conditions);
    return meanOf(now, v, grid[i]!, grid[i + 1]!, ETA);
  });
  const values = await readFloats(mean);
  mean.dispose();
  return split(values);
};

/** `count` next states of every walk, walk by walk. */
export const drawNext = (means: readonly Float32Array[], i: number, rngs: readonly Rng[], count: number) => {
  const { sigma } = transition(grid[i]!, grid[i + 1]!, ETA);
  return means.map((mean, k) =>
    Array.from({ length: count }, () => {
      const noise = noiseFor([rngs[k]!]);
      return mean.map((m, j) => m + sigma * noise[j]!);
    }),
  );
};

export const begin = (net: Denoiser, rng: Rng, count: number, first: number, alike: number): Walks => {
  const rngs = Array.from({ length: count }, (_, k) => rng.fork(`walk/${first + k}`));
  // A start of its own for each round, so that few walks do not always ask for the same.
  const shift = rng.fork('conditions').int(36);
  return {
    net,
    rngs,
    conditions: rngs.map((_, k) => conditionAt(shift + Math.floor((first + k) / alike))),
    x: split(noiseFor(rngs)),
  };
};

/** The image that a state stands for, as far as a reward may see it. */
const seen = (net: Denoiser, x: Tensor2D, t: number, conditions: readonly Condition[]): Tensor2D => {
  if (t === IMAGE) return tf.clipByValue(x, -CLAMP, CLAMP);
  const v = predictV(net, x, timesOf(conditions.length, t), conditions);
  return tf.clipByValue(cleanOf(x, v, t), -CLAMP, CLAMP);
};

/** Rewards of states: of the image that each stands for. */
export const judgeOf =
  (net: Denoiser, params: PreferenceParams, scale: Scale) =>
  (x: Tensor2D, t: number, conditions: readonly Condition[]) =>
    preferenceOf(preferenceFrom(params), seen(net, x, t, conditions), conditions, scale);

/** Rewards of states by a judge. @throws Error naming one that is not finite */
export const judged = async (
  judge: Judge,
  states: readonly Float32Array[],
  t: number,
  conditions: readonly Condition[],
): Promise<Float32Array> => {
  const rewards = tf.tidy(() => judge(stack(states), t, conditions));
  const values = await readFloats(rewards);
  rewards.dispose();
  refuseEndless(values, (i) => `The reward of state ${i} of the walks, at ${inTime(t)},`);
  return values;
};

/** The same by a preference model, which is told the time. */
export const preferenceJudge =
  (net: Denoiser, model: Pick<ImageNet, 'weights'>): Judge =>
  (x, t, conditions) =>
    preferenceScore(
      { config: preferenceConfig, weights: model.weights },
      seen(net, x, t, conditions),
      timesOf(conditions.length, Math.max(0, t)),
      conditions,
    );
