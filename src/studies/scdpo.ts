import { alsoOnSecond, arithmetic, chosenByAccuracy, rates, solvesMore } from './core/settings';
import type { Study } from './core/study';

export const scdpo: Study = {
  id: 'scdpo',
  name: 'SCDPO',
  methods: ['scdpo'],
  paper: {
    title: 'Step-Controlled DPO: Leveraging Stepwise Error for Enhanced Mathematical Reasoning',
    year: 2024,
    arxiv: '2407.00782',
  },
  claim:
    'Errors provoked from a chosen step on, mixed with plain pairs, teach more than as many plain pairs.',
  place: 'main results, against DPO on as much data',
  on: {
    model: 'arith-nano',
    set: { ...arithmetic, steps: 30, 'data.source.id': 'injected-errors', 'method.params.beta': 0.1 },
  },
  arms: [
    {
      id: 'scdpo',
      label: 'Half provoked, half plain',
      method: 'scdpo',
      set: { 'data.source.params.naiveShare': 0.5, 'optimizer.learningRate': 1e-4 },
    },
    {
      id: 'plain',
      label: 'All plain: DPO',
      method: 'scdpo',
      set: { 'data.source.params.naiveShare': 1, 'optimizer.learningRate': 1e-4 },
    },
  ],
  ...solvesMore,
  ...alsoOnSecond({}),
  interest: 2,
  chosen: chosenByAccuracy({ scdpo: rates(5e-5, 1e-4, 2e-4), plain: rates(5e-5, 1e-4, 2e-4) }),
  says: 'Held-out problems solved after 30 steps of 16 pairs out of 256, half of them provoked, less as many plain pairs.',
  price: 30,
  doubt: {
    title: 'Why it may be so',
    text: 'Heat provokes rare slips, and this model’s own mistakes are a habit: plain pairs hold the habit, provoked ones seldom do.',
  },
};
