import { choice, number } from '../methods/params';
import { defineSource } from './source';

/** Lists of images of one condition, ranked by the votes of several rewards. */
export const poolLists = defineSource({
  id: 'pool-lists',
  name: 'Lists of a pool',
  summary:
    'The base draws four images of each condition, once; brightness, symmetry and colour vote on every two of them.',
  params: {
    size: number({
      label: 'images in a list',
      help: 'Two make it a pair.',
      min: 2,
      max: 4,
      integer: true,
      default: 4,
      from: 'paper',
    }),
    labels: choice({
      label: 'labels',
      help: 'Who ranks the images.',
      options: { votes: 'the votes of the rewards', lot: 'chance, to compare with' },
      default: 'votes',
      from: 'paper',
    }),
  },
  makes: ['latent-lists'],
  derived: true,
  async *make(context, params) {
    const { listsOfPool } = await import('../diffusion/make/from-pool');
    yield* listsOfPool(context, params);
  },
});
