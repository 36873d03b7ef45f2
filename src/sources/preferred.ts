import { choice, number } from '../methods/params';

const weight = (label: string) =>
  number({
    label: `weight of ${label}`,
    help: 'Its part of what is preferred where the reward is weighed.',
    min: 0,
    max: 1,
    default: label === 'colour' ? 1 : 0,
    from: 'ours',
  });

/** What sources of images prefer. */
export const preferredBy = {
  reward: choice({
    label: 'reward',
    help: 'What makes one image better than another; each in units of its spread over the base’s images.',
    options: {
      colour: 'the asked hue, not too bright',
      brightness: 'light, without bound',
      symmetry: 'left like right',
      shape: 'the asked shape, which is otherwise held out',
      mix: 'the first three alike, bounded',
      weighed: 'the first three, by the weights below',
    },
    default: 'colour',
    from: 'ours',
  }),
  brightness: weight('brightness'),
  symmetry: weight('symmetry'),
  colour: weight('colour'),
};
