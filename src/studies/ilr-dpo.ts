import { chosenByAccuracy, crossed, rates, staysShorter, talk } from './core/settings';
import type { Study } from './core/study';

export const ilrDpo: Study = {
  id: 'ilr-dpo',
  name: 'iLR-DPO',
  methods: ['ilr-dpo', 'r-dpo'],
  paper: {
    title:
      'Iterative Length-Regularized Direct Preference Optimization: A Case Study on Improving 7B Language Models to GPT-4 Level',
    year: 2024,
    arxiv: '2406.11817',
  },
  claim: 'Rounds of DPO end with shorter answers when a pair’s margin takes length into account.',
  place: 'abstract',
  on: {
    model: 'talk-nano',
    set: { ...talk, 'data.trees': 160, steps: 60, 'method.params.beta': 0.1, 'method.params.rounds': 3 },
  },
  arms: [
    {
      id: 'ilr-dpo',
      label: 'iLR-DPO',
      method: 'ilr-dpo',
      set: { 'method.params.alpha': 0.05, 'optimizer.learningRate': 4e-4 },
    },
    {
      id: 'plain',
      label: 'The same rounds without (alpha 0)',
      method: 'ilr-dpo',
      set: { 'method.params.alpha': 0, 'optimizer.learningRate': 4e-4 },
    },
  ],
  ...staysShorter,
  interest: 2,
  chosen: chosenByAccuracy({
    'ilr-dpo': [
      ...crossed(
        [0.02, 0.05, 0.1].map((alpha) => ({ 'method.params.alpha': alpha })),
        rates(2e-4, 4e-4),
      ),
      ...crossed([{ 'method.params.alpha': 0.05 }], rates(8e-4)),
    ],
    plain: rates(2e-4, 4e-4, 8e-4),
  }),
  says: 'Tokens of an answer to held-out problems after three rounds of 20 steps, each on 160 fresh pairs, with the length term less without. In each pair the longest right answer was preferred to the shortest wrong one.',
  price: 30,
  doubt: {
    title: 'What may be wrong',
    text: 'The paper does not state alpha. It was chosen for accuracy, not for length. That longer answers win is built into the pairs, where the paper’s come from a reward model.',
  },
};
