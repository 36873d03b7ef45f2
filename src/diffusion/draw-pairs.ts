/** Pairs of images of one condition, for a person to choose between. */
import type { DrawnPair } from '../../workers/protocol';
import type { LoadedModel } from '../load/loaded-model';
import { tf, uploadKept } from '../tf';
import { createRng } from '../util/rng';
import { labelsAt, rewardsOf, split, toBytes } from './measure';
import { sampleImages } from './net/sample';
import { CONDITIONS, conditionAt } from './world/condition';

const netOnDevice = ({ weights, denoiser }: LoadedModel) => ({
  config: denoiser!.config,
  weights: new Map([...weights].map(([name, { shape, data }]) => [name, uploadKept(data, [...shape])])),
});

/**
 * Pairs `from` to `from + count` of a seed, each drawn from noises of its own, at eta 1; raw rewards of the images beside them.
 * @param between awaited after each step of the sampler
 */
export const drawPairs = async (
  model: LoadedModel,
  { from, count, seed }: { from: number; count: number; seed: number },
  between: () => Promise<void>,
): Promise<DrawnPair[]> => {
  const rngs = Array.from({ length: count }, (_, k) => createRng(seed).fork(`choice/${from + k}`));
  const asked = rngs.map((rng) => rng.int(CONDITIONS));
  const conditions = asked.flatMap((index) => [conditionAt(index), conditionAt(index)]);
  const each = rngs.flatMap((rng) => [rng.fork('first'), rng.fork('second')]);
  const net = netOnDevice(model);
  try {
    const images = split(await sampleImages(net, conditions, each, { eta: 1, between }));
    const rewards = await rewardsOf(images, conditions);
    return asked.map((condition, k) => ({
      condition,
      images: [toBytes([images[2 * k]!]), toBytes([images[2 * k + 1]!])],
      rewards: [labelsAt(rewards, 2 * k), labelsAt(rewards, 2 * k + 1)],
    }));
  } finally {
    tf.dispose([...net.weights.values()]);
  }
};
