import { chosenByAccuracy, crossed, rates, staysShorter, talk } from './core/settings';
import type { Study } from './core/study';

export const ldDpo: Study = {
  id: 'ld-dpo',
  name: 'LD-DPO',
  methods: ['ld-dpo'],
  paper: {
    title: 'Length Desensitization in Direct Preference Optimization',
    year: 2024,
    arxiv: '2409.06411',
  },
  claim:
    'From pairs whose better side is longer, answers come out shorter when tokens beyond the shared length count less.',
  place: 'abstract',
  on: { model: 'talk-nano', set: { ...talk, 'data.trees': 320, steps: 40, 'method.params.beta': 0.1 } },
  arms: [
    {
      id: 'ld-dpo',
      label: 'LD-DPO',
      method: 'ld-dpo',
      set: { 'method.params.alpha': 0.5, 'optimizer.learningRate': 2e-4 },
    },
    { id: 'dpo', label: 'DPO', method: 'dpo', set: { 'optimizer.learningRate': 2e-4 } },
  ],
  ...staysShorter,
  interest: 2,
  chosen: chosenByAccuracy({
    'ld-dpo': crossed(
      [{ 'method.params.alpha': 0.3 }, { 'method.params.alpha': 0.5 }],
      rates(1e-4, 2e-4, 4e-4),
    ),
    dpo: rates(1e-4, 2e-4, 4e-4),
  }),
  says: 'Tokens of an answer to held-out problems after 40 steps on 320 pairs, LD-DPO less DPO: the longest right answer was preferred to the shortest wrong one.',
  price: 20,
  doubt: {
    title: 'Why it may be so',
    text: 'Whether to go on is decided by one token, at the end of the shorter answer, and that one counts in full. Texts with many such decisions beyond the shared length may show what this world does not.',
  },
};
