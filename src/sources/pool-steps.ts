import { choice, number } from '../methods/params';
import { preferredBy } from './preferred';
import { defineSource } from './source';

/** The best and the worst of several next states of one state, at every step but the first ones. */
export const poolSteps = defineSource({
  id: 'pool-steps',
  name: 'Best and worst next state',
  summary:
    'The policy walks from noise to image; at each step from the fifth to the last but one it draws several next states of the same one, compares the best with the worst, and goes on from any.',
  params: {
    ...preferredBy,
    pool: number({
      label: 'next states',
      help: 'Drawn at each step.',
      min: 2,
      max: 8,
      integer: true,
      default: 4,
      from: 'code',
    }),
    gap: number({
      label: 'gap',
      help: 'Least lead of the best over the worst for the two to be compared, in units of the reward.',
      min: 0,
      max: 5,
      default: 0,
      from: 'ours',
    }),
    goOnFrom: choice({
      label: 'goes on from',
      help: 'Which of the states the walk goes on from.',
      options: { any: 'any, by lot', winner: 'the best one' },
      default: 'any',
      from: 'paper',
    }),
  },
  makes: ['latent-steps'],
  async *make(context, { pool, gap, goOnFrom, ...params }) {
    const { sharedStarts } = await import('../diffusion/make/walks');
    const at = Array.from({ length: 15 }, (_, k) => 4 + k); // steps 5 to 19 of 20
    yield* sharedStarts(context, params, { at, pool, gap, goOnFrom });
  },
});
