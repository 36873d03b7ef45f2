/**
 * WPO: pairs that the policy would not write itself count for less, so that old data resemble fresh samples.
 *
 *   W = exp(mean over the answer's tokens of (l_t - log sum_v p_v^2))                          (1)
 *   L = sg(min(1, W_w W_l)) softplus(-beta (S_w - S_l)), mean over pairs                       (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   p_v  next-token probabilities of the policy at that state      beta  strength of the pull to the reference
 *   sg   no gradient
 *
 * Where we differ: nothing; the adjustment by the squared probabilities and the cut at 1 as in TRL.
 *
 * Source: Zhou et al. 2024, equation 2; TRL, dpo_trainer.py (use_weighting).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { detach, pick } from '../maths';
import { defineMethod } from '../method';
import type { LossInput, Objective } from '../objective';
import { flag } from '../params';
import { beta } from './dpo';

interface WpoParams {
  beta: number;
  clamp: boolean;
}

/** (1), as logs, of both sides together. [C], no gradient */
const logWeights = ({ tokens, squares, answers, pairs }: LossInput): Tensor1D => {
  const adjusted = tokens.sumPerAnswer(tf.sub(tokens.logProb, squares!) as Tensor1D);
  const log = detach(tf.div(adjusted, tf.maximum(answers.length, 1)) as Tensor1D); // [P]
  const side = (of: 'chosen' | 'rejected') =>
    pick(
      log,
      pairs.items.map((pair) => pair[of]),
    );
  return tf.add(side('chosen'), side('rejected')) as Tensor1D;
};

const weighted = ({ beta, clamp }: WpoParams): Objective => ({
  reads: { reference: true, squares: true },
  rewardScale: beta,
  loss(input) {
    const { pairs, answers } = input;
    const log = logWeights(input);
    const weight = tf.exp(clamp ? tf.minimum(log, 0) : log);
    const perPair = tf.mul(weight, tf.softplus(pairs.margin(-beta))); // (2) [C]
    return {
      loss: tf.mean(perPair) as Scalar,
      over: pairs.count,
      rewards: answers.reward(beta),
      aux: { weight: tf.mean(weight) as Scalar },
    };
  },
});

export const wpo = defineMethod({
  id: 'wpo',
  name: 'WPO',
  chapter: 'pairwise',
  paper: {
    title: 'WPO: Enhancing RLHF with Weighted Preference Optimization',
    authors:
      'Wenxuan Zhou, Ravi Agrawal, Shujian Zhang, Sathish Reddy Indurthi, Sanqiang Zhao, Kaiqiang Song, Silei Xu, Chenguang Zhu',
    year: 2024,
    arxiv: '2406.11827',
    url: 'https://arxiv.org/abs/2406.11827',
  },
  summary: 'DPO with each pair weighted by how likely the policy is to write its answers itself.',
  tex: String.raw`\mathcal{L} = -w_w w_l \log\sigma\big(\beta (S_w - S_l)\big), \quad w = \exp\Big( \frac1n \sum_t \log \frac{\pi_\theta(y_t)}{\sum_v \pi_\theta(v)^2} \Big)`,
  notes: [
    'The weight is at most 1, as in TRL; turn “weights at most 1” off for the product as it stands.',
    'On the model’s own fresh answers all weights are near 1, and it is DPO.',
  ],
  kin: { id: 'dpo', change: 'with pairs weighted by how likely they are written', axis: 'bar' },
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'code' },
    clamp: flag({
      label: 'weights at most 1',
      help: 'Whether the weight of a pair is cut off at 1.',
      default: true,
      from: 'code',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'wpo', label: 'WPO', objective: weighted(params) }],
  defaults: { paper: { beta: 0.01 }, learningRate: 5e-5, batchSize: 16 },
});
