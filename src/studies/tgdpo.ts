import { alsoOnSecond, arithmetic, chosenByAccuracy, crossed, rates, solvesMore } from './core/settings';
import type { Study } from './core/study';

export const tgdpo: Study = {
  id: 'tgdpo',
  name: 'TGDPO',
  methods: ['tgdpo'],
  paper: {
    title: 'TGDPO: Harnessing Token-Level Reward Guidance for Enhancing Direct Preference Optimization',
    year: 2025,
    arxiv: '2506.14574',
  },
  claim:
    'With tokens weighted by what a first run learned, DPO solves more than with as many updates without.',
  place: 'abstract',
  on: { model: 'arith-nano', set: { ...arithmetic, 'method.params.beta': 0.1 } },
  arms: [
    {
      id: 'tgdpo',
      label: 'TGDPO, 30 + 30 steps',
      method: 'tgdpo',
      set: { steps: 30, 'method.params.alpha': 0.5, 'optimizer.learningRate': 1e-4 },
    },
    { id: 'dpo', label: 'DPO, 60 steps', method: 'dpo', set: { steps: 60, 'optimizer.learningRate': 5e-5 } },
  ],
  ...solvesMore,
  ...alsoOnSecond({}),
  interest: 2,
  chosen: chosenByAccuracy({
    tgdpo: [
      ...crossed([{ 'method.params.alpha': 0.5 }], rates(5e-5, 1e-4, 2e-4)),
      ...crossed([{ 'method.params.alpha': 2 }], rates(5e-5, 1e-4)),
    ],
    dpo: rates(2.5e-5, 5e-5, 1e-4),
  }),
  says: 'Held-out problems solved, TGDPO less DPO, on the same 256 pairs: a guide of 30 steps and 30 more with its weights, against 60 steps of DPO.',
  price: 30,
  doubt: {
    title: 'Why it may be so',
    text: 'A guide of 30 steps on a model this small has hardly moved: its weights lie close to 1. In the paper the guide is a whole run of its own, and its cost is not counted.',
  },
};
