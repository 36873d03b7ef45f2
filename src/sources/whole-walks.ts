import { preferredBy } from './preferred';
import { defineSource } from './source';

/** Steps of two whole walks, preferred by the image at the end of each. */
export const wholeWalksSource = defineSource({
  id: 'whole-walks',
  name: 'Steps of two walks',
  summary:
    'The policy walks twice from noise to image; the better image has every step of its walk preferred to the same step of the other.',
  params: { ...preferredBy },
  makes: ['latent-steps'],
  async *make(context, params) {
    const { wholeWalks, TAILORED } = await import('../diffusion/make/walks');
    yield* wholeWalks(context, params, TAILORED);
  },
});
