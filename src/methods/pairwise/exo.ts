/**
 * EXO: the reverse KL between the pair's distribution under the implicit reward and the smoothed label. Mode-seeking, where DPO
 * is mean-seeking.
 *
 *   x = beta (S_w - S_l)                                                                       (1)
 *   L = s(x) (log s(x) - log(1 - eps)) + s(-x) (log s(-x) - log eps), mean over pairs          (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   s    sigmoid    eps  label smoothing, above 0
 *
 * Where we differ: nothing; two answers a prompt.
 *
 * Source: Ji et al. 2024, equation 16; TRL, dpo_trainer.py (exo_pair).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { logSigmoid } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';
import { beta } from './dpo';

const exact = ({ beta, labelSmoothing: eps }: { beta: number; labelSmoothing: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const x = pairs.margin(beta); // (1) [C]
    const won = tf.mul(tf.sigmoid(x), tf.sub(logSigmoid(x), Math.log1p(-eps)));
    const lost = tf.mul(tf.sigmoid(tf.neg(x)), tf.sub(logSigmoid(tf.neg(x) as Tensor1D), Math.log(eps)));
    const perPair = tf.add(won, lost) as Tensor1D; // (2)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const exo = defineMethod({
  id: 'exo',
  name: 'EXO',
  chapter: 'pairwise',
  paper: {
    title: 'Towards Efficient Exact Optimization of Language Model Alignment',
    authors: 'Haozhe Ji, Cheng Lu, Yilin Niu, Pei Ke, Hongning Wang, Jun Zhu, Jie Tang, Minlie Huang',
    year: 2024,
    arxiv: '2402.00856',
    url: 'https://arxiv.org/abs/2402.00856',
  },
  summary:
    'Minimises the divergence from the policy’s preference to the data’s, instead of the one from the data’s to the policy’s.',
  tex: String.raw`\mathcal{L} = \mathrm{KL}\big( (\sigma(\beta h), \sigma(-\beta h)) \,\|\, (1-\varepsilon, \varepsilon) \big)`,
  notes: ['The pairwise form of the paper (two answers to a prompt).'],
  kin: { id: 'dpo', change: 'with the divergence the other way round', axis: 'curve' },
  eats: 'pairs',
  params: {
    beta,
    labelSmoothing: number({
      label: 'label smoothing',
      help: 'Share of the pairs assumed to be the wrong way round; above 0.',
      min: 1e-6,
      max: 0.49,
      default: 1e-3,
      from: 'paper',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'exo', label: 'EXO', objective: exact(params) }],
  defaults: { paper: { beta: 0.5, learningRate: 1e-6, batchSize: 64 }, learningRate: 1e-4, batchSize: 16 },
});
