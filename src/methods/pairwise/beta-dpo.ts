/**
 * beta-DPO: the strength of the pull follows the data. Batches whose pairs lie far apart are held tighter, and pairs that lie
 * far from the others are left out.
 *
 *   h     = S_w - S_l;  m = mean of h over the batch                                           (1)
 *   kept  the share `keep` of the pairs whose h is nearest to m                                (2)
 *   beta' = max(1e-3, beta (1 + a (mean of h over kept - m)))    level batch                   (3)
 *           max(1e-3, beta (1 + a (h - m)))                      level pair
 *   L     = softplus(-sg(beta') h), mean over kept                                             (4)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   sg   no gradient
 *
 * Where we differ: m is the batch's mean, where the released code keeps a running one, which would be a state of the run; the
 * nearest pairs are kept, where it draws them with weights exp(-((h - m) / s)^2 / 2).
 *
 * Source: Wu et al. 2024; junkangwu/beta-DPO, trainers.py (beta_DPO).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { ranksOf, withoutHistory } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { choice, number } from '../params';
import { beta } from './dpo';

/** beta' does not fall below it. */
const LOWEST = 1e-3;

interface BetaDpoParams {
  beta: number;
  a: number;
  keep: number;
  level: 'batch' | 'pair';
}

const dynamic = ({ beta, a, keep, level }: BetaDpoParams): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const h = pairs.difference(answers.logRatio); // (1) [C]
    const count = Math.max(1, Math.round(keep * pairs.count));
    const kept = withoutHistory(h, (values) => {
      const far = tf.abs(tf.sub(values, tf.mean(values))) as Tensor1D;
      return tf.cast(tf.less(ranksOf(tf.neg(far)), count), 'float32') as Tensor1D; // (2) [C]
    });
    const strength = withoutHistory(h, (values) => {
      const own = level === 'pair' ? values : tf.div(tf.sum(tf.mul(kept, values)), count);
      const scaled = tf.mul(tf.add(1, tf.mul(tf.sub(own, tf.mean(values)), a)), beta);
      return tf.mul(tf.maximum(scaled, LOWEST), tf.onesLike(values)) as Tensor1D; // (3)
    });
    const perPair = tf.softplus(tf.neg(tf.mul(strength, h)));
    return {
      loss: tf.div(tf.sum(tf.mul(kept, perPair)), count) as Scalar, // (4)
      over: count,
      rewards: answers.reward(beta),
      aux: { beta: tf.div(tf.sum(tf.mul(kept, strength)), count) as Scalar },
    };
  },
});

export const betaDpo = defineMethod({
  id: 'beta-dpo',
  name: 'beta-DPO',
  chapter: 'pairwise',
  paper: {
    title: 'β-DPO: Direct Preference Optimization with Dynamic β',
    authors:
      'Junkang Wu, Yuexiang Xie, Zhengyi Yang, Jiancan Wu, Jinyang Gao, Bolin Ding, Xiang Wang, Xiangnan He',
    year: 2024,
    arxiv: '2407.08639',
    url: 'https://arxiv.org/abs/2407.08639',
  },
  summary:
    'DPO with a beta that follows the margins of the batch, after pairs far from the others are set aside.',
  tex: String.raw`\mathcal{L} = -\log\sigma(\beta' h), \quad \beta' = \mathrm{sg}\big[\beta\,(1 + a(\bar h_{\mathrm{kept}} - \bar h))\big]`,
  notes: [
    'The mean is that of the batch, our reading: the released code compares with a running mean. Against the batch’s own mean a level of batches moves beta little; the paper’s level of pairs moves it more.',
    'The pairs nearest to the mean are kept, where the released code draws them at random; pairs set aside have no gradient.',
    'a is 0.6 in a paper that compares with this one, 0 by default in the released code.',
  ],
  kin: { id: 'dpo', change: 'with a beta that follows the margins of the batch', axis: 'bar' },
  aims: ['wrong-labels'],
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'code' },
    a: number({
      label: 'a',
      help: 'How strongly beta follows the margins; 0 with all pairs kept is DPO.',
      min: 0,
      max: 5,
      default: 0.6,
      from: 'ours',
    }),
    keep: number({
      label: 'share kept',
      help: 'Share of the pairs of a batch that are trained on, those nearest to the mean margin.',
      min: 0.1,
      max: 1,
      default: 0.8,
      from: 'code',
    }),
    level: choice({
      label: 'beta by',
      help: 'Whether a batch has one beta, or each pair its own.',
      options: { batch: 'batch', pair: 'pair' },
      default: 'batch',
      from: 'paper',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'beta-dpo', label: 'beta-DPO', objective: dynamic(params) }],
  defaults: { paper: { beta: 0.1 }, learningRate: 5e-5, batchSize: 16 },
});
