/**
 * RSO: DPO's family on better data. Answers are drawn so that they follow the optimal policy instead of the one that is
 * trained: an answer is kept with a probability that grows with its score. Pairs are made of those kept.
 *
 *   kept with probability exp((r - r_max) / b), r_max the best score of those still in play     (1)
 *   L = max(0, 1 - beta (S_w - S_l))  hinge, or  softplus(-beta (S_w - S_l))  logistic         (2)
 *   mean over pairs
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference (the paper's gamma)      r  score      b  temperature of the sampling
 *
 * Where we differ: the score is the verifier's, not a trained ranker's. (1) is the source; (2) are the losses of hinge and DPO.
 *
 * Source: Liu et al. 2023, algorithm 1; TRL, dpo_trainer.py (hinge).
 */
import { rejectionSampled } from '../../sources/rejection-sampled';
import { defineMethod } from '../method';
import { choice } from '../params';
import { beta, logistic } from './dpo';
import { hinged } from './hinge';

export const rso = defineMethod({
  id: 'rso',
  name: 'RSO',
  chapter: 'pairwise',
  paper: {
    title: 'Statistical Rejection Sampling Improves Preference Optimization',
    authors: 'Tianqi Liu, Yao Zhao, Rishabh Joshi, Misha Khalman, Mohammad Saleh, Peter J. Liu, Jialu Liu',
    year: 2023,
    arxiv: '2309.06657',
    url: 'https://arxiv.org/abs/2309.06657',
  },
  summary:
    'Trains on pairs of answers that rejection sampling by their score has kept, so that they look like those of the policy that is aimed at.',
  tex: String.raw`\mathcal{L} = \max\big(0,\ 1 - \beta (S_w - S_l)\big), \quad P(y \text{ kept}) = e^{(r(y) - r_{\max}) / b}`,
  notes: [
    'Scores are the verifier’s, from 0 to 1, where the paper trains a ranker; the sampling’s temperature has to be read on that scale.',
    'Any other source of pairs gives the plain hinge or plain DPO: the method is its source.',
  ],
  kin: { id: 'hinge', change: 'on pairs of answers kept by rejection sampling', axis: 'pairs' },
  aims: ['fewer-pairs'],
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'ours' },
    loss: choice({
      label: 'loss',
      help: 'Which loss the pairs are trained with.',
      options: { hinge: 'the hinge of SLiC', logistic: 'the logistic of DPO' },
      default: 'hinge',
      from: 'paper',
    }),
  },
  sources: [rejectionSampled],
  passes: ({ loss, ...params }) => [
    { id: 'rso', label: 'RSO', objective: loss === 'hinge' ? hinged(params) : logistic(params) }, // (2)
  ],
  defaults: { paper: { beta: 0.05, learningRate: 1e-5, batchSize: 32 }, learningRate: 1e-4, batchSize: 16 },
});
