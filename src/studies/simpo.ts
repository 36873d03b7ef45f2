import { chosenByAccuracy, crossed, rates, staysShorter, talk } from './core/settings';
import type { Study } from './core/study';

export const simpo: Study = {
  id: 'simpo',
  name: 'SimPO',
  methods: ['simpo'],
  paper: {
    title: 'SimPO: Simple Preference Optimization with a Reference-Free Reward',
    year: 2024,
    arxiv: '2405.14734',
  },
  claim: 'From pairs whose better side is longer, SimPO learns without growing as long as DPO.',
  place: 'abstract, and section 4.2 on length',
  on: { model: 'talk-nano', set: { ...talk, 'data.trees': 320, steps: 40 } },
  arms: [
    {
      id: 'simpo',
      label: 'SimPO',
      method: 'simpo',
      set: { 'method.params.beta': 2, 'method.params.gammaRatio': 0.5, 'optimizer.learningRate': 2e-4 },
    },
    {
      id: 'dpo',
      label: 'DPO',
      method: 'dpo',
      set: { 'method.params.beta': 0.1, 'optimizer.learningRate': 2e-4 },
    },
  ],
  ...staysShorter,
  interest: 2,
  chosen: chosenByAccuracy({
    simpo: crossed(
      [
        { 'method.params.beta': 2, 'method.params.gammaRatio': 0.5 },
        { 'method.params.beta': 10, 'method.params.gammaRatio': 0.1 },
      ],
      rates(1e-4, 2e-4, 4e-4),
    ),
    dpo: rates(1e-4, 2e-4, 4e-4),
  }),
  says: 'Tokens of an answer to held-out problems after 40 steps on 320 pairs, SimPO less DPO: the longest right answer was preferred to the shortest wrong one.',
  price: 20,
  doubt: {
    title: 'Why it may be so',
    text: 'What is said twice in this world is a copy and nearly certain, so that a mean over tokens hardly minds it. Another setting (β 10, γ/β 0.1) solved exactly as many problems on the seeds for choosing, with answers 2 tokens longer still. In the paper lengths come from a judge’s taste, and answers have hundreds of tokens.',
  },
};
