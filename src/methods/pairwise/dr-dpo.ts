/**
 * Dr. DPO: pairs that fit badly may be mislabelled. Instead of the mean of the losses, a soft minimum over the batch, in which
 * pairs with a large loss lose weight.
 *
 *   l = softplus(-beta (S_w - S_l)), of each pair                                              (1)
 *   L = -beta' log mean exp(-l / beta')                                                        (2)
 *
 *   S     sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta  strength of the pull to the reference      beta'  trust in the labels; large ones give the mean
 *
 * Where we differ: nothing; the mean is over the batch, and with accumulation over the micro-batch.
 *
 * Source: Wu et al. 2024; junkangwu/Dr_DPO. Our reading of what is said of the code.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';
import { beta } from './dpo';

const robust = ({ beta, betaPrime }: { beta: number; betaPrime: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const scaled = tf.div(tf.softplus(pairs.margin(-beta)), -betaPrime); // (1) [C]
    const logMean = tf.sub(tf.logSumExp(scaled), Math.log(pairs.count));
    return {
      loss: tf.mul(logMean, -betaPrime) as Scalar, // (2)
      over: pairs.count,
      rewards: answers.reward(beta),
    };
  },
});

export const drDpo = defineMethod({
  id: 'dr-dpo',
  name: 'Dr. DPO',
  chapter: 'pairwise',
  paper: {
    title:
      'Towards Robust Alignment of Language Models: Distributionally Robustifying Direct Preference Optimization',
    authors:
      'Junkang Wu, Yuexiang Xie, Zhengyi Yang, Jiancan Wu, Jiawei Chen, Jinyang Gao, Bolin Ding, Xiang Wang, Xiangnan He',
    year: 2024,
    arxiv: '2407.07880',
    url: 'https://arxiv.org/abs/2407.07880',
  },
  summary: 'DPO in which the pairs of a batch with the largest losses, perhaps mislabelled, count for less.',
  tex: String.raw`\mathcal{L} = -\beta' \log \frac1N \sum_i e^{-\ell_i / \beta'}, \quad \ell_i = -\log\sigma\big(\beta (S_w - S_l)_i\big)`,
  notes: [
    'The soft minimum is over the pairs of one micro-batch: accumulation makes it weaker than one large batch does.',
    'A batch of one pair is DPO.',
    'The formula was not checked against the paper’s text.',
  ],
  kin: { id: 'dpo', change: 'with a soft minimum over the batch for the mean', axis: 'bar' },
  aims: ['wrong-labels'],
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'ours' },
    betaPrime: number({
      label: 'beta′',
      help: 'Trust in the labels: small values leave out pairs with a large loss, large ones are DPO.',
      min: 0.01,
      max: 1000,
      scale: 'log',
      default: 1,
      from: 'ours',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'dr-dpo', label: 'Dr. DPO', objective: robust(params) }],
  defaults: { paper: {}, learningRate: 5e-5, batchSize: 16 },
});
