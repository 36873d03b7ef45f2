import { choice } from '../methods/params';
import { preferredBy } from './preferred';
import { defineSource } from './source';

/** Two next states of one state, at five steps of each walk from noise to image. */
export const twinSteps = defineSource({
  id: 'twin-steps',
  name: 'Two next states',
  summary:
    'The policy walks from noise to image; at five of the twenty steps it draws two next states of the same one, and the image that each stands for says which is better.',
  params: {
    ...preferredBy,
    goOnFrom: choice({
      label: 'goes on from',
      help: 'Which of the two states the walk goes on from.',
      options: { winner: 'the better one', any: 'either, by lot' },
      default: 'winner',
      from: 'paper',
    }),
  },
  makes: ['latent-steps'],
  async *make(context, { goOnFrom, ...params }) {
    const { sharedStarts, TAILORED } = await import('../diffusion/make/walks');
    yield* sharedStarts(context, params, { at: TAILORED, pool: 2, gap: 0, goOnFrom });
  },
});
