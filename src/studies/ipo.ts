import type { Study } from './core/study';

export const ipo: Study = {
  id: 'ipo',
  name: 'IPO',
  methods: ['ipo'],
  paper: {
    title: 'A General Theoretical Paradigm to Understand Learning from Human Preferences',
    year: 2023,
    arxiv: '2310.12036',
  },
  claim: 'Where preferences are certain, DPO’s margin grows without end; IPO’s stays where τ puts it.',
  place: 'section 5.3',
  on: { lab: 'ipo-against-dpo', set: { tau: 0.5, steps: 18_000, rate: 0.01, batch: 9, seeds: 1 } },
  arms: [
    { id: 'dpo', label: 'DPO', set: {}, reads: { distance: 'distance/dpo' } },
    { id: 'ipo', label: 'IPO', set: {}, reads: { distance: 'distance/ipo' } },
  ],
  measure: { id: 'distance', name: 'distance of the best from the worst', unit: 'nats' },
  direction: 'more',
  interest: 1,
  seeds: [1, 2, 3, 4, 5, 6],
  says: 'Three actions and no language model. Distance of the best from the worst after 18,000 steps with τ 0.5, DPO less IPO, whose own target is 1.33 nats.',
  price: 1,
  doubt: {
    title: 'Nearly a theorem',
    text: 'On a table the claim can be worked out by hand. That the run agrees tests the code more than the paper.',
  },
};
