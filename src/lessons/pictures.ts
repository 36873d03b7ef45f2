import type { Lesson } from './lesson';
import { ledAstray } from './pictures/led-astray';
import { errorsIn, moved, ranges } from './pictures/runs';
import { whatItDraws } from './pictures/what-it-draws';

export const pictures: Lesson = {
  id: 'pictures',
  base: {
    'method.id': 'diffusion-dpo',
    'data.trees': 768,
    steps: 80,
    'evaluation.every': 0,
  },
  terms: ['pair', 'denoising', 'denoising-error', 'reference', 'beta', 'judge', 'reward-hacking', 'interval'],
  claims: [
    {
      id: 'hue',
      text: 'After 80 steps more pictures have the hue that was asked for, beyond chance.',
      holds: (all) => {
        const hue = moved(all, 'colour', 'hue');
        return hue && hue === 'more';
      },
    },
    {
      id: 'both-rise',
      text: 'The errors on preferred pictures rise, and those on rejected ones rise more.',
      holds: (all) => {
        const errors = errorsIn(all);
        return errors && errors.chosen > 0 && errors.rejected > errors.chosen;
      },
    },
    {
      id: 'hacked',
      text: 'Paid for brightness, it is brighter by more than one spread, and fewer shapes are recognised, beyond chance.',
      holds: (all) => {
        const brightness = ranges(all, 'bright', 'brightness');
        return (
          brightness &&
          brightness.now.value - brightness.before.value > 1 &&
          moved(all, 'bright', 'recognised') === 'less'
        );
      },
    },
    {
      id: 'coin',
      text: 'With labels by a coin no more pictures have the right hue, beyond chance.',
      holds: (all) => {
        const hue = moved(all, 'lot', 'hue');
        return hue && hue !== 'more';
      },
    },
  ],
  steps: [...whatItDraws, ...ledAstray],
};
