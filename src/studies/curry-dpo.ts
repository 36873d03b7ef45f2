import { alsoOnSecond, arithmetic, chosenByAccuracy, rates, solvesMore } from './core/settings';
import type { Study } from './core/study';

export const curryDpo: Study = {
  id: 'curry-dpo',
  name: 'Curry-DPO',
  methods: ['curry-dpo'],
  paper: {
    title: 'Curry-DPO: Enhancing Alignment using Curriculum Learning & Ranked Preferences',
    year: 2024,
    arxiv: '2403.07230',
  },
  claim: 'Easy pairs first, each stage against the last, beats the same pairs shuffled.',
  place: 'abstract',
  on: {
    model: 'arith-nano',
    set: {
      ...arithmetic,
      steps: 30,
      'data.source.id': 'best-against-others',
      'data.source.params.samples': 8,
      'method.params.beta': 0.1,
    },
  },
  arms: [
    {
      id: 'curry-dpo',
      label: 'Curry-DPO, 3 stages of 10 steps',
      method: 'curry-dpo',
      set: { 'method.params.stages': 3, 'optimizer.learningRate': 1e-4 },
    },
    {
      id: 'shuffled',
      label: 'The same pairs shuffled, 30 steps',
      method: 'curry-dpo',
      set: { 'method.params.stages': 1, 'optimizer.learningRate': 1e-4 },
    },
  ],
  ...solvesMore,
  ...alsoOnSecond({}),
  interest: 2,
  chosen: chosenByAccuracy(
    { 'curry-dpo': rates(5e-5, 1e-4, 2e-4), shuffled: rates(5e-5, 1e-4, 2e-4) },
    [101, 102, 103, 104],
  ),
  says: 'Held-out problems solved after 30 steps on the same 256 pairs of ranked answers, in stages less shuffled.',
  price: 30,
  doubt: {
    title: 'What may be wrong',
    text: 'Wrong answers here have one wrong line, so that there are few levels between easy and hard. A cosine and a warm-up in each stage make three short runs of one. On the second model two seeds chose twice the rate for the shuffled pairs, which then fell 5 points behind; four seeds choose the rate that is used.',
  },
};
