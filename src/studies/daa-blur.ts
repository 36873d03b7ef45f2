import type { Fields, Study } from './core/study';

const tried: Fields[] = [0.3, 0.1, 0.05, 0.03, 0.01, 0.005, 0.003].map((rate) => ({ rate }));

export const daaBlur: Study = {
  id: 'daa-blur',
  name: 'Pairs or single answers',
  methods: ['asft', 'dpo'],
  paper: {
    title: 'The Differences Between Direct Alignment Algorithms are a Blur',
    year: 2025,
    arxiv: '2502.01237',
  },
  claim:
    'A network too small to tell prompts apart ranks better when it compares answers than when it judges each alone.',
  place: 'appendix F',
  on: { lab: 'daa-blur', set: { bias: 0.9, prompts: 2000, epochs: 100, batch: 32, seeds: 10 } },
  arms: [
    {
      id: 'pairwise',
      label: 'Pairs compared',
      set: { rate: 0.05 },
      reads: { three: 'accuracy/pairwise/3', eight: 'accuracy/pairwise/8', icc: 'icc1/pairwise/3' },
    },
    {
      id: 'pointwise',
      label: 'Answers judged alone',
      set: { rate: 0.05 },
      reads: { three: 'accuracy/pointwise/3', eight: 'accuracy/pointwise/8', icc: 'icc1/pointwise/3' },
    },
  ],
  measure: { id: 'three', name: 'held-out pairs ranked right, 3 hidden units', unit: 'points', times: 100 },
  direction: 'more',
  interest: 1,
  // Each is ten pairs of networks, whose own seeds follow it.
  seeds: Array.from({ length: 30 }, (_, i) => 1000 + 10 * i),
  also: [
    { id: 'eight', name: 'the same with 8 hidden units', unit: 'points', times: 100 },
    { id: 'icc', name: 'how much of a score is its prompt (ICC1), 3 hidden units', unit: '', digits: 2 },
  ],
  chosen: {
    seeds: Array.from({ length: 10 }, (_, i) => 101 + i),
    by: 'three',
    set: { seeds: 1 },
    tried: { pairwise: tried, pointwise: tried },
  },
  says: '2,000 pairs, half of their prompts with a bias of 0.9 that says nothing of which answer is better; networks of 3 hidden units, 100 epochs, ten to a seed. Held-out pairs ranked right, compared less judged alone.',
  price: 4,
  doubt: {
    title: 'A network, not a language model',
    text: 'A first wording with one network a seed and seeds 1 to 30 was too coarse to see 1 point (see “Earlier wordings”); these seeds are others. Setting and width are the paper’s; optimiser and batch, which it does not state, are ours. That the difference is gone with more units is part of its claim: see what was measured beside it.',
  },
};
