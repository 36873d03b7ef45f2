/**
 * R-DPO: DPO under a reward from which alpha is taken for each token, so that a longer chosen answer has less to gain.
 *
 *   z = beta (S_w - S_l) + alpha (n_w - n_l)                                                   (1)
 *   L = softplus(-z), mean over pairs                                                          (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   n    scored tokens, a constant
 *
 * Where we differ: nothing; the sign is that of the derivation and of the released code of its relative iLR-DPO, of which it is one
 * round. Three later papers print it with a minus.
 *
 * Source: Park et al. 2024, equation 9.
 */
import { lengthBiased } from '../../sources/length-biased';
import { defineMethod } from '../method';
import { number } from '../params';
import { lengthRegularised } from '../rounds/ilr-dpo';
import { talkative } from '../talkative';
import { beta } from './dpo';

export const rDpo = defineMethod({
  id: 'r-dpo',
  name: 'R-DPO',
  chapter: 'pairwise',
  paper: {
    title: 'Disentangling Length from Quality in Direct Preference Optimization',
    authors: 'Ryan Park, Rafael Rafailov, Stefano Ermon, Chelsea Finn',
    year: 2024,
    arxiv: '2403.19159',
    url: 'https://arxiv.org/abs/2403.19159',
  },
  summary:
    'DPO with a price on length, so that a better answer is learned for its quality and not for its length.',
  tex: String.raw`\mathcal{L} = -\log\sigma\big( \beta h + \alpha(|y_w| - |y_l|) \big)`,
  notes: [
    'Lengths are in tokens. With the sign turned round the method would reward length.',
    'At this size, over three seeds, on pairs whose better side is longer by chance: 32.1 tokens an answer where DPO comes to 36.7 (34.5 before), and 45 in 100 right where DPO has 42.',
    'alpha 0.07 is ours, for pairs whose chosen answers are about five tokens longer.',
  ],
  kin: { id: 'dpo', change: 'with a price on length', axis: 'bar' },
  aims: ['length'],
  eats: 'pairs',
  params: {
    beta,
    alpha: number({
      label: 'alpha',
      help: 'What a token of length costs; 0 is DPO.',
      min: 0,
      max: 1,
      default: 0.07,
      from: 'ours',
    }),
  },
  sources: [lengthBiased],
  passes: (params) => [{ id: 'r-dpo', label: 'R-DPO', objective: lengthRegularised(params) }],
  defaults: {
    paper: { beta: 0.1, learningRate: 5e-7, batchSize: 32 },
    learningRate: 1e-4,
    batchSize: 16,
    world: talkative,
  },
});
