/** What is measured of a denoiser: rewards, what can be recognised, and how far its images lie apart. */
import type { Evaluation } from '../../workers/protocol';
import { readFloats } from '../tf';
import type { Measure } from '../util/measure';
import { meanOf, shareOf } from '../util/measure';
import type { Rng } from '../util/rng';
import { createRng } from '../util/rng';
import { wilson } from '../util/wilson';
import type { Denoiser } from './net/denoiser';
import { sampleImages } from './net/sample';
import { stack } from './scorer';
import type { Condition } from './world/condition';
import { CONDITIONS, conditionAt, indexOf } from './world/condition';
import { SIZE } from './world/draw';
import type { Scale } from './world/preference';
import { preferred, standardised } from './world/preference';
import type { RewardId } from './world/reward-infos';
import { rewardIds, rewardInfos } from './world/reward-infos';
import { nearestHues, nearestShapes, rewardOf } from './world/rewards';

/** Raw rewards of images, in their order. */
export type Rewards = Record<RewardId, Float32Array>;

const TOGETHER = 512;

/** @throws Error naming the first of these rewards that is not finite */
export const refuseEndless = (rewards: Float32Array, nameOf: (i: number) => string): void => {
  const bad = rewards.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new Error(
      `${nameOf(bad)} is ${rewards[bad]}, and nothing can be preferred by that; the weights have become too large. Lower the learning rate, or go back to a checkpoint.`,
    );
};

/** Rewards of images, some hundreds at a time. @throws Error naming a reward that is not finite */
export const rewardsOf = async (
  images: readonly Float32Array[],
  conditions: readonly Condition[],
): Promise<Rewards> => {
  const all = Object.fromEntries(rewardIds.map((id) => [id, new Float32Array(images.length)])) as Rewards;
  for (let first = 0; first < images.length; first += TOGETHER) {
    const x = stack(images.slice(first, first + TOGETHER));
    const own = conditions.slice(first, first + TOGETHER);
    for (const id of rewardIds) {
      const values = rewardOf(id, x, own);
      all[id].set(await readFloats(values), first);
      values.dispose();
      refuseEndless(all[id], (i) => `The ${id} of image ${i}`);
    }
    x.dispose();
  }
  return all;
};

/** Rewards of one image by name. */
export const labelsAt = (rewards: Rewards, i: number): Record<RewardId, number> =>
  Object.fromEntries(rewardIds.map((id) => [id, rewards[id][i]!])) as Record<RewardId, number>;

export const scaleOf = (rewards: Rewards): Scale =>
  Object.fromEntries(
    rewardIds.map((id) => {
      const values = rewards[id];
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
      return [id, { mean, sd: Math.max(1e-6, Math.sqrt(variance)) }];
    }),
  ) as Scale;

/** Splits what the sampler gives into images. */
export const split = (all: Float32Array): Float32Array[] =>
  Array.from({ length: all.length / SIZE }, (_, i) => all.slice(i * SIZE, (i + 1) * SIZE));

/** The same for every run, so that numbers can be compared: other noise moves the base's colour by a tenth of its spread. */
export const EVALUATION_SEED = 20_250_601;

/** Conditions and generators of the images that every evaluation draws. */
export const evaluationDraws = (count: number): { conditions: Condition[]; rngs: Rng[] } => {
  const rng = createRng(EVALUATION_SEED);
  const all = Array.from({ length: count }, (_, i) => i);
  return { conditions: all.map(conditionAt), rngs: all.map((i) => rng.fork(`image/${i}`)) };
};

/** Images that are kept with an evaluation, to be looked at. */
export const SHOWN = 12;

/** Those images: two of each shape, in six hues. */
export const shownOf = (count: number): number[] =>
  Array.from({ length: Math.min(SHOWN, count) }, (_, k) => (k < 6 ? 7 * k : 6 * (k - 6) + ((k + 3) % 6)))
    .map((i) => i % count)
    .sort((a, b) => a - b);

/** Unit of rewards: their spread over images of the base. */
const UNIT = 'sd';

const named = (id: string, name: string, better: Measure['better'] = 'higher') => ({ id, name, better });

/** Root mean square distance of two images of one condition, averaged over all pairs of each; nothing where no condition has two. */
const spreadOf = (images: readonly Float32Array[], conditions: readonly Condition[]): Measure[] => {
  const byCondition = new Map<number, number[]>();
  conditions.forEach((condition, i) => {
    const key = indexOf(condition);
    byCondition.set(key, [...(byCondition.get(key) ?? []), i]);
  });
  const means: number[] = [];
  for (const own of byCondition.values()) {
    let [sum, pairs] = [0, 0];
    for (let a = 0; a < own.length; a++) {
      for (let b = 0; b < a; b++) {
        const [x, y] = [images[own[a]!]!, images[own[b]!]!];
        let squares = 0;
        for (let i = 0; i < SIZE; i++) squares += (x[i]! - y[i]!) ** 2;
        sum += Math.sqrt(squares / SIZE);
        pairs++;
      }
    }
    if (pairs > 0) means.push(sum / pairs);
  }
  if (means.length === 0) return [];
  return [meanOf(named('spread', 'Spread within a condition', 'neither'), 'of 2', means)];
};

/** Pixels of images as bytes. */
export const toBytes = (images: readonly Float32Array[]): Uint8Array => {
  const bytes = new Uint8Array(images.length * SIZE);
  images.forEach((image, b) => {
    for (let i = 0; i < SIZE; i++) {
      bytes[b * SIZE + i] = Math.round(127.5 * (Math.min(1, Math.max(-1, image[i]!)) + 1));
    }
  });
  return bytes;
};

/** Measures drawn images. */
export const measureImages = async (
  images: readonly Float32Array[],
  conditions: readonly Condition[],
  scale: Scale,
): Promise<Omit<Evaluation, 'step' | 'stage'>> => {
  const rewards = await rewardsOf(images, conditions);
  const x = stack(images);
  const [hues, shapes] = [await nearestHues(x), await nearestShapes(x)];
  x.dispose();
  const n = images.length;
  const z = images.map((_, i) => standardised(labelsAt(rewards, i), scale));
  const right = (test: (i: number) => boolean) => images.reduce((sum, _, i) => sum + (test(i) ? 1 : 0), 0);
  const isHue = (i: number) => hues[i] === conditions[i]!.hue;
  const isShape = (i: number) => shapes[i] === conditions[i]!.shape;
  const asAsked = right((i) => isHue(i) && isShape(i));
  const shown = shownOf(n);
  const of = (id: RewardId): Measure => {
    const { name } = rewardInfos.find((info) => info.id === id)!;
    const values = z.map((own) => own[id]);
    return meanOf(named(id, id === 'shape' ? `${name}, held out` : name), UNIT, values);
  };
  return {
    kind: 'images',
    problems: n,
    accuracy: n === 0 ? 0 : asAsked / n,
    interval: wilson(asAsked, n),
    stepAccuracy: 0,
    meanTokens: 0,
    measures: [
      of('colour'),
      of('shape'),
      shareOf(named('hue', 'Right hue'), right(isHue), n),
      shareOf(named('recognised', 'Recognised shape'), right(isShape), n),
      ...spreadOf(images, conditions),
      of('brightness'),
      of('symmetry'),
      meanOf(
        named('mix', 'Mix of brightness, symmetry, colour'),
        UNIT,
        z.map((own) => preferred({ id: 'mix' }, own)),
      ),
    ],
    images: {
      conditions: shown.map((i) => indexOf(conditions[i]!)),
      pixels: toBytes(shown.map((i) => images[i]!)),
    },
  };
};

/**
 * Draws the images of an evaluation and measures them.
 * @param count best a multiple of the number of conditions
 * @param more that is measured on these images
 */
export const evaluateDenoiser = async (
  net: Denoiser,
  count: number,
  scale: Scale,
  between: () => Promise<void>,
  more?: (images: readonly Float32Array[], conditions: readonly Condition[]) => Promise<Measure[]>,
): Promise<Omit<Evaluation, 'step' | 'stage'>> => {
  const { conditions, rngs } = evaluationDraws(count);
  const images = split(await sampleImages(net, conditions, rngs, { eta: 1, between }));
  const found = await measureImages(images, conditions, scale);
  return more ? { ...found, measures: [...found.measures!, ...(await more(images, conditions))] } : found;
};

/** Lists of the images that a base's scale is measured on where it does not know its own: 288 images. */
export const SCALE_LISTS = 8;

/** The rewards' scale over images of a base that does not know its own. */
export const measureScale = async (
  net: Denoiser,
  lists: number,
  between: () => Promise<void>,
): Promise<Scale> => {
  const rng = createRng(EVALUATION_SEED).fork('scale');
  const conditions = Array.from({ length: lists * CONDITIONS }, (_, i) => conditionAt(i));
  const rngs = conditions.map((_, i) => rng.fork(`${i}`));
  const images = split(await sampleImages(net, conditions, rngs, { eta: 1, between }));
  return scaleOf(await rewardsOf(images, conditions));
};
