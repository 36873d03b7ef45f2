import type { Study } from './core/study';

export const apo: Study = {
  id: 'apo',
  name: 'Accelerated DPO',
  methods: ['apo'],
  paper: {
    title: 'Accelerated Preference Optimization for Large Language Model Alignment',
    year: 2024,
    arxiv: '2410.06293',
  },
  claim: 'Carried on along its last change after every round, DPO comes to the best answer faster.',
  place: 'abstract',
  on: {
    lab: 'momentum',
    set: { alpha: 0.3, beta: 1, rounds: 12, actions: 3, noise: 0, steps: 200, seeds: 1 },
  },
  arms: [
    { id: 'carried', label: 'Carried on, alpha 0.3', set: {}, reads: { slope: 'slope/alpha 0.3' } },
    { id: 'plain', label: 'Plain rounds', set: {}, reads: { slope: 'slope/alpha 0' } },
  ],
  measure: {
    id: 'slope',
    name: 'change of the log of what is left to win, in the last round',
    unit: 'nats',
    digits: 3,
  },
  direction: 'less',
  interest: 0.05,
  seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  says: 'Three actions whose rewards a seed draws, twelve rounds: how fast the reward still to be won falls in the last one, with momentum 0.3 less without. Theory has it fall 1.43 times as fast in the long run.',
  price: 1,
  doubt: {
    title: 'Not yet a model',
    text: 'On a table the step is taken in logits, and labels have no noise. A language model is carried on in its weights; that study is not written yet.',
  },
};
