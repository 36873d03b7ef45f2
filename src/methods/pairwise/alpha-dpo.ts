/**
 * alpha-DPO: SimPO whose margin goes by the pair. Pairs that the policy has moved further apart than the reference, compared
 * with the other pairs, are asked for more.
 *
 *   u = a_w - a_l, the mean log-probs (or the sums)                                            (1)
 *   M = (h - mean of h) / (deviation of h), h the same difference of log-ratios                (2)
 *   z = beta (u - sg(gammaRatio + alpha M))                                                    (3)
 *   L = softplus(-z), mean over pairs                                                          (4)
 *
 *   w, l  chosen, rejected     beta  scale of the reward     sg  no gradient
 *
 * Where we differ: mean and deviation are the batch's, where the released code keeps running ones, which would be a state of
 * the run; the deviation (of n - 1) is at least 1e-4, and a single pair has M = 0.
 *
 * Source: Wu et al. 2024; junkangwu/alpha-DPO, scripts/dpo_trainer.py (alpha-dpo).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { withoutHistory } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { choice, number } from '../params';
import { beta } from './dpo';

interface AlphaDpoParams {
  beta: number;
  alpha: number;
  gammaRatio: number;
  average: 'token-mean' | 'sum';
}

/** (2): distance from the mean in deviations of the batch, no gradient. */
const standardised = (gap: Tensor1D): Tensor1D =>
  withoutHistory(gap, (values) => {
    const centred = tf.sub(values, tf.mean(values));
    const variance = tf.div(tf.sum(tf.square(centred)), Math.max(1, values.size - 1));
    return tf.div(centred, tf.maximum(tf.sqrt(variance), 1e-4)) as Tensor1D;
  });

const adaptive = ({ beta, alpha, gammaRatio, average }: AlphaDpoParams): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const [own, ratio] =
      average === 'sum' ? [answers.sum, answers.logRatio] : [answers.mean, answers.meanRatio];
    const u = pairs.difference(own); // (1) [C]
    const margin = tf.add(tf.mul(standardised(pairs.difference(ratio)), alpha), gammaRatio);
    const minusZ = tf.mul(tf.sub(margin, u), beta) as Tensor1D; // (3)
    return {
      loss: tf.mean(tf.softplus(minusZ)) as Scalar, // (4)
      over: pairs.count,
      rewards: tf.mul(own, beta),
    };
  },
});

export const alphaDpo = defineMethod({
  id: 'alpha-dpo',
  name: 'alpha-DPO',
  chapter: 'pairwise',
  paper: {
    title: 'AlphaDPO: Adaptive Reward Margin for Direct Preference Optimization',
    authors:
      'Junkang Wu, Xue Wang, Zhengyi Yang, Jiancan Wu, Jinyang Gao, Bolin Ding, Xiang Wang, Xiangnan He',
    year: 2024,
    arxiv: '2410.10148',
    url: 'https://arxiv.org/abs/2410.10148',
  },
  summary:
    'SimPO with a margin for each pair, by how far policy and reference differ on it compared with the other pairs.',
  tex: String.raw`\mathcal{L} = -\log\sigma\Big( \beta\big( a_w - a_l - \mathrm{sg}[\gamma + \alpha M] \big) \Big), \quad M = \frac{h - \bar h}{\mathrm{sd}(h)}`,
  notes: [
    'Mean and deviation are those of the batch, our reading: the released code keeps running ones. Small batches are noisy.',
    'The defaults of alpha and of the margin are ours. The rewards shown are beta times the mean log-prob, as in SimPO.',
  ],
  kin: { id: 'simpo', change: 'with a margin that goes by the pair', axis: 'bar' },
  aims: ['length'],
  eats: 'pairs',
  params: {
    beta: {
      ...beta,
      help: 'Scale of the reward; there is no reference to hold to.',
      max: 20,
      default: 2,
      from: 'ours',
    },
    alpha: number({
      label: 'alpha',
      help: 'How much of the margin goes by the pair; 0 is SimPO.',
      min: 0,
      max: 2,
      default: 0.1,
      from: 'ours',
    }),
    gammaRatio: number({
      label: 'gamma / beta',
      help: 'The margin that all pairs are asked for, as a share of beta.',
      min: 0,
      max: 2,
      default: 0.5,
      from: 'ours',
    }),
    average: choice({
      label: 'log-probs',
      help: 'Whether answers count by the mean or the sum over their tokens.',
      options: { 'token-mean': 'mean over tokens', sum: 'sum over tokens' },
      default: 'token-mean',
      from: 'code',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'alpha-dpo', label: 'alpha-DPO', objective: adaptive(params) }],
  defaults: { paper: {}, learningRate: 1e-4, batchSize: 16 },
});
