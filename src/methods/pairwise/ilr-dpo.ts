/**
 * iLR-DPO (R-DPO when done once): the reward is r - alpha |y|, so that the implicit one is beta log-ratio + alpha |y|.
 *
 *   z = beta (S_w - S_l) + alpha (n_w - n_l)                                                   (1)
 *   L = softplus(-z), mean over pairs                                                          (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   n    scored tokens, a constant
 *
 * Where we differ: one round on given pairs; rounds come with a pass for each.
 *
 * Source: Liu et al. 2024, equation 5; the authors' MODPO code for the sign and the unit.
 */
import { lengthBiased } from '../../sources/length-biased';
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';
import { talkative } from '../talkative';
import { beta } from './dpo';

/** (2), for methods that are made of it. */
export const lengthRegularised = ({ beta, alpha }: { beta: number; alpha: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const lengths = tf.sub(pairs.chosen.length, pairs.rejected.length);
    const z = tf.add(pairs.margin(beta), tf.mul(lengths, alpha)); // (1) [C]
    const perPair = tf.softplus(tf.neg(z)) as Tensor1D; // (2)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const ilrDpo = defineMethod({
  id: 'ilr-dpo',
  name: 'iLR-DPO',
  chapter: 'pairwise',
  paper: {
    title:
      'Iterative Length-Regularized Direct Preference Optimization: A Case Study on Improving 7B Language Models to GPT-4 Level',
    authors: 'Jie Liu, Zhanhui Zhou, Jiaheng Liu, Xingyuan Bu, Chao Yang, Han-Sen Zhong, Wanli Ouyang',
    year: 2024,
    arxiv: '2406.11817',
    url: 'https://arxiv.org/abs/2406.11817',
  },
  summary:
    'DPO with a margin by length: a chosen answer that is longer has less to gain, so that answers do not grow.',
  tex: String.raw`\mathcal{L} = -\log\sigma\big( \beta h + \alpha(|y_w| - |y_l|) \big)`,
  notes: [
    'One round; the paper iterates with fresh answers. alpha is not stated in the paper; 0.02 is our reading.',
    'Lengths are in tokens, as in the authors’ code. With the sign turned round the method would reward length.',
  ],
  kin: { id: 'dpo', change: 'with a margin by length', axis: 'bar' },
  aims: ['length'],
  eats: 'pairs',
  params: {
    beta,
    alpha: number({
      label: 'alpha',
      help: 'What a token of length costs; 0 is DPO.',
      min: 0,
      max: 1,
      default: 0.02,
      from: 'ours',
    }),
  },
  sources: [lengthBiased, rightAndWrong],
  passes: (params) => [{ id: 'ilr-dpo', label: 'iLR-DPO', objective: lengthRegularised(params) }],
  defaults: {
    paper: { beta: 0.1, learningRate: 5e-7, batchSize: 128 },
    learningRate: 1e-4,
    batchSize: 16,
    world: talkative,
  },
});
