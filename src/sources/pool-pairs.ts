import { choice } from '../methods/params';
import { preferredBy } from './preferred';
import { defineSource } from './source';

/** Pairs of images of one condition, out of a pool that the base drew. */
export const poolPairs = defineSource({
  id: 'pool-pairs',
  name: 'Pairs of a pool',
  summary:
    'The base draws four images of each condition, once; of any two the one with the larger reward is preferred.',
  params: {
    ...preferredBy,
    labels: choice({
      label: 'labels',
      help: 'Who says which of two images is better.',
      options: {
        reward: 'the reward',
        drawn: 'the better one with the probability of its lead, as people disagree',
        lot: 'a coin, to compare with',
      },
      default: 'reward',
      from: 'ours',
    }),
  },
  makes: ['latents'],
  derived: true,
  follows: Object.keys(preferredBy),
  async *make(context, params) {
    const { pairsOfPool } = await import('../diffusion/make/from-pool');
    yield* pairsOfPool(context, params);
  },
});
