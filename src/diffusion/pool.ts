/** Images of a policy, drawn once and kept: what pairs and lists are made of. */
import type { PreferenceTree } from '../tree/tree';
import { createRng } from '../util/rng';
import { askedFor, stateAt } from './images';
import { labelsAt, rewardsOf, split } from './measure';
import type { Denoiser } from './net/denoiser';
import { sampleImages } from './net/sample';
import { IMAGE } from './net/schedule';
import { conditionAt } from './world/condition';

/** Images of one condition. */
export const PER_LIST = 4;

/** Lists that are drawn before something else may have the device. */
const TOGETHER = 64;

export interface PoolRequest {
  lists: number;
  seed: number;
  withPolicy<T>(f: (net: Denoiser) => Promise<T>): Promise<T>;
  between(): Promise<void>;
  report(done: number): void;
}

/** Draws lists of four images of each condition in turn, with their raw rewards. */
export const drawPool = async ({
  lists,
  seed,
  withPolicy,
  between,
  report,
}: PoolRequest): Promise<PreferenceTree[]> => {
  const rng = createRng(seed).fork('pool');
  const drawn: PreferenceTree[] = [];
  while (drawn.length < lists) {
    await between();
    const first = drawn.length;
    const count = Math.min(TOGETHER, lists - first);
    const conditions = Array.from({ length: count * PER_LIST }, (_, i) =>
      conditionAt(first + Math.floor(i / PER_LIST)),
    );
    const rngs = conditions.map((_, i) => rng.fork(`image/${first * PER_LIST + i}`));
    const trees = await withPolicy(async (net) => {
      const images = split(await sampleImages(net, conditions, rngs, { eta: 1 }));
      const rewards = await rewardsOf(images, conditions);
      return Array.from({ length: count }, (_, l): PreferenceTree => {
        const own = Array.from({ length: PER_LIST }, (_unused, k) => l * PER_LIST + k);
        return {
          id: `pool/${first + l}`,
          nodes: [askedFor(conditions[l * PER_LIST]!), ...own.map((i) => stateAt(IMAGE, images[i]!))],
          responses: own.map((i, k) => ({ leaf: k + 1, labels: labelsAt(rewards, i) })),
          comparisons: [],
        };
      });
    });
    drawn.push(...trees);
    report(drawn.length);
  }
  return drawn;
};
