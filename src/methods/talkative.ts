import type { WorldDefaults } from './method';

/** The run that shows what a method does to the length of answers: pairs whose better side is longer, by chance. */
export const talkative: WorldDefaults = {
  task: 'talk',
  trees: 320,
  steps: 40,
  schedule: { kind: 'linear', warmup: 0.25 },
  evaluation: { every: 20, problems: 400 },
};
