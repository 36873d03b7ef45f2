/**
 * Robust DPO: an unbiased estimate of the loss on clean labels when a share eps of them has been flipped.
 *
 *   x = beta (S_w - S_l)                                                                       (1)
 *   L = ((1 - eps) softplus(-x) - eps softplus(x)) / (1 - 2 eps), mean over pairs              (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   eps  share of flipped labels, below 1/2
 *
 * Where we differ: nothing.
 *
 * Source: Chowdhury et al. 2024, equation 12; TRL, dpo_trainer.py (robust).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';
import { beta } from './dpo';

const robust = ({ beta, labelSmoothing: eps }: { beta: number; labelSmoothing: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const x = pairs.margin(beta); // (1) [C]
    const clean = tf.mul(tf.softplus(tf.neg(x)), (1 - eps) / (1 - 2 * eps));
    const perPair = tf.sub(clean, tf.mul(tf.softplus(x), eps / (1 - 2 * eps))) as Tensor1D; // (2)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const robustDpo = defineMethod({
  id: 'robust-dpo',
  name: 'Robust DPO',
  chapter: 'pairwise',
  paper: {
    title: 'Provably Robust DPO: Aligning Language Models with Noisy Feedback',
    authors: 'Sayak Ray Chowdhury, Anush Kini, Nagarajan Natarajan',
    year: 2024,
    arxiv: '2403.00409',
    url: 'https://arxiv.org/abs/2403.00409',
  },
  summary:
    'Corrects DPO for a known share of pairs that are the wrong way round, so that on average the clean loss is minimised.',
  tex: String.raw`\mathcal{L} = \frac{-(1-\varepsilon)\log\sigma(\beta h) + \varepsilon\log\sigma(-\beta h)}{1 - 2\varepsilon}`,
  notes: [
    'The loss has no lower bound: a margin that grows is paid for without end.',
    'With 30 % of the labels flipped one pass on chained arithmetic gained nothing on DPO.',
  ],
  kin: { id: 'dpo', change: 'corrected for a known share of flipped labels', axis: 'curve' },
  aims: ['wrong-labels'],
  eats: 'pairs',
  params: {
    beta,
    labelSmoothing: number({
      label: 'share of flipped labels',
      help: 'Share of the pairs known to be the wrong way round.',
      min: 0,
      max: 0.49,
      default: 0.1,
      from: 'paper',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'robust-dpo', label: 'Robust DPO', objective: robust(params) }],
  presets: [
    {
      id: 'flipped',
      name: '30 % of the labels flipped',
      summary: 'Three pairs in ten are turned round, and the loss is corrected for that share.',
      params: { labelSmoothing: 0.3 },
      wrappers: { 'noisy-labels': { noiseKind: 'flip', flipped: 0.3 } },
      learningRate: 0.0001,
    },
  ],
  defaults: { paper: { beta: 0.1, learningRate: 1e-5, batchSize: 16 }, learningRate: 1e-4, batchSize: 16 },
});
