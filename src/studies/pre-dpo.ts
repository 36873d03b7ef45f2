import { alsoOnSecond, arithmetic, chosenByAccuracy, crossed, rates, solvesMore } from './core/settings';
import type { Study } from './core/study';

export const preDpo: Study = {
  id: 'pre-dpo',
  name: 'Pre-DPO',
  methods: ['pre-dpo'],
  paper: {
    title:
      'Pre-DPO: Improving Data Utilization in Direct Preference Optimization Using a Guiding Reference Model',
    year: 2025,
    arxiv: '2504.15843',
  },
  claim: 'Begun again with a first run as its reference, DPO solves more than one run with as many updates.',
  place: 'abstract',
  on: { model: 'arith-nano', set: arithmetic },
  arms: [
    {
      id: 'pre-dpo',
      label: 'Pre-DPO, 30 + 30 steps',
      method: 'pre-dpo',
      set: { steps: 30, 'method.params.beta': 1, 'optimizer.learningRate': 1e-4 },
    },
    {
      id: 'dpo',
      label: 'DPO, 60 steps',
      method: 'dpo',
      set: { steps: 60, 'method.params.beta': 0.1, 'optimizer.learningRate': 5e-5 },
    },
  ],
  ...solvesMore,
  ...alsoOnSecond({ 'pre-dpo': { 'method.params.beta': 0.1, 'optimizer.learningRate': 1e-4 } }),
  interest: 2,
  chosen: chosenByAccuracy({
    'pre-dpo': [
      ...crossed([{ 'method.params.beta': 0.1 }], rates(5e-5, 1e-4)),
      ...crossed([{ 'method.params.beta': 1 }], rates(1e-4, 2e-4)),
    ],
    dpo: rates(2.5e-5, 5e-5, 1e-4),
  }),
  says: 'Held-out problems solved, Pre-DPO less DPO, on the same 256 pairs: a guide of 30 steps and 30 steps against it, or 60 steps of DPO.',
  price: 30,
  doubt: {
    title: 'What may be wrong',
    text: 'The paper compares with DPO trained once; here DPO has the updates of both passes. The pairs are all of one kind and rightly labelled, so that there is little for a guide to sort out.',
  },
};
