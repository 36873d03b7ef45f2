import type { Study } from './core/study';

export const madpo: Study = {
  id: 'madpo',
  name: 'MADPO',
  methods: ['madpo'],
  paper: {
    title: 'Margin Adaptive DPO: Leveraging Reward Model for Granular Control in Preference Optimization',
    year: 2025,
    arxiv: '2510.05342',
  },
  claim: 'A pair that is hard to tell is pushed further apart than by DPO.',
  place: 'abstract, and the analysis of its weights',
  on: {
    lab: 'margin-adaptive',
    set: { cMax: 2, cMin: 0.5, lambda: 1, tau: 6.9, labels: 0, error: 0 },
  },
  arms: [
    { id: 'madpo', label: 'MADPO', set: {}, reads: { hard: 'madpo at 1', easy: 'madpo at 5' } },
    { id: 'dpo', label: 'DPO', set: {}, reads: { hard: 'dpo at 1', easy: 'dpo at 5' } },
  ],
  measure: { id: 'hard', name: 'implicit margin where the true one is 1', unit: 'nats', digits: 2 },
  direction: 'more',
  interest: 0.1,
  exact: true,
  seeds: [1],
  also: [{ id: 'easy', name: 'implicit margin where the true one is 5', unit: 'nats', digits: 2 }],
  says: 'Pairs whose true margin is known, with labels as often each way round as it says: where training ends at a true margin of 1, MADPO less DPO.',
  price: 1,
  doubt: {
    title: 'Half of the claim',
    text: 'The paper also has easy pairs damped. That begins at a true margin of τ, 6.9 nats; below it they are amplified too. Beyond it the released weight is 1 on labels that go the other way, so that little damping is left.',
  },
};
