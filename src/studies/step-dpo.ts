import { alsoOnSecond, arithmetic, chosenByAccuracy, rates, solvesMore } from './core/settings';
import type { Study } from './core/study';

export const stepDpo: Study = {
  id: 'step-dpo',
  name: 'Step-DPO',
  methods: ['step-dpo'],
  paper: {
    title: 'Step-DPO: Step-wise Preference Optimization for Long-chain Reasoning of LLMs',
    year: 2024,
    arxiv: '2406.18629',
  },
  claim: 'With as many pairs and updates, judging the first wrong step beats judging the whole answer.',
  place: 'abstract',
  on: { model: 'arith-nano', set: { ...arithmetic, steps: 30 } },
  arms: [
    {
      id: 'step-dpo',
      label: 'Step-DPO',
      method: 'step-dpo',
      set: { 'method.params.beta': 0.4, 'optimizer.learningRate': 5e-5 },
    },
    {
      id: 'dpo',
      label: 'DPO',
      method: 'dpo',
      set: { 'method.params.beta': 0.1, 'optimizer.learningRate': 1e-4 },
    },
  ],
  ...solvesMore,
  ...alsoOnSecond({ 'step-dpo': { 'optimizer.learningRate': 1e-4 } }),
  interest: 2,
  chosen: chosenByAccuracy({ 'step-dpo': rates(2.5e-5, 5e-5, 1e-4, 2e-4), dpo: rates(5e-5, 1e-4, 2e-4) }),
  says: 'Held-out problems solved after 30 steps of 16 pairs out of 256, Step-DPO less DPO.',
  price: 25,
  doubt: {
    title: 'What may be wrong',
    text: 'At one rate for both, 0.00005, Step-DPO was 7 points ahead on the seeds for choosing; DPO does better at twice that rate, and on the second model so does Step-DPO: with the first model’s rate it came out 0.6 points behind there. The model has one bad habit, and the verifier sees exactly where it strikes; the paper’s judges are people and GPT-4. Each method has its own data: steps taken again, and whole answers.',
  },
};
