import { number } from '../methods/params';
import { defineSource } from './source';

const fault = (label: string, help: string, share: number) =>
  number({ label, help, min: 0, max: 1, default: share, from: 'ours' });

/** Drawings of the world itself, faults included: what a base learns from. */
export const drawnImages = defineSource({
  id: 'drawn-images',
  name: 'Drawings',
  summary:
    'The world draws each condition in turn, at another place, size and light each time, some of them wrong.',
  params: {
    hue: fault('wrong hues', 'Share of the drawings in another hue than asked.', 0.3),
    cut: fault('cut in half', 'Share of the drawings of which one half is missing.', 0.35),
  },
  makes: ['latent-images'],
  derived: true,
  unjudged: true,
  async *make(context, params) {
    const { drawings } = await import('../diffusion/make/drawings');
    yield* drawings(context, params);
  },
});
