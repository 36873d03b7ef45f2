import { name } from '../methods/params';
import { defineSource } from './source';

/** Pairs of images that a person chose between. */
export const ownChoices = defineSource({
  id: 'own-choices',
  name: 'Choices of your own',
  summary:
    'Pairs of images of one condition of which a person said which is better; each chosen image has the score 1, the other 0.',
  params: {
    set: name({
      label: 'choices',
      help: 'What the choices are kept as; it comes with choosing, and with reading them from files.',
      from: 'ours',
    }),
  },
  makes: ['latents'],
  unjudged: true,
  async *make(context, { set }) {
    const { ofImages } = await import('../diffusion/make/from-pool');
    const trees = await ofImages(context).choices(set);
    const made = trees.slice(0, context.count);
    context.progress(made.length, `${made.length} of ${trees.length} choices`);
    yield* made;
  },
});
