import { alsoOnSecond, arithmetic, chosenByAccuracy, rates, solvesMore } from './core/settings';
import type { Study } from './core/study';

export const ipoModel: Study = {
  id: 'ipo-model',
  name: 'IPO',
  methods: ['ipo'],
  paper: {
    title: 'A General Theoretical Paradigm to Understand Learning from Human Preferences',
    year: 2023,
    arxiv: '2310.12036',
  },
  claim: 'Trained on four times as long as it needs, IPO keeps what it learned and DPO does not.',
  place: 'sections 4.2 and 5',
  on: { model: 'arith-nano', set: { ...arithmetic, steps: 120 } },
  arms: [
    {
      id: 'ipo',
      label: 'IPO',
      method: 'ipo',
      set: { 'method.params.beta': 0.5, 'method.params.average': 'sum', 'optimizer.learningRate': 2e-4 },
    },
    {
      id: 'dpo',
      label: 'DPO',
      method: 'dpo',
      set: { 'method.params.beta': 0.1, 'optimizer.learningRate': 1e-4 },
    },
  ],
  ...solvesMore,
  ...alsoOnSecond({}),
  interest: 5,
  chosen: {
    ...chosenByAccuracy({ ipo: rates(1e-4, 2e-4, 3e-4), dpo: rates(5e-5, 1e-4, 2e-4) }),
    set: { steps: 30 },
  },
  says: 'Held-out problems solved after 120 steps on 256 pairs, IPO (sum, τ 0.5) less DPO, each at the rate that was best for it in 30 steps.',
  price: 40,
  doubt: {
    title: 'What may be wrong',
    text: 'A smaller rate or fewer steps would keep DPO whole as well: the claim is about who stops by himself. Each rate was chosen for 30 steps, not for 120.',
  },
};
