/**
 * Length-normalised DPO: log-ratios are averaged over the tokens of each answer.
 *
 *   z = beta (S_w / n_w - S_l / n_l)                                                           (1)
 *   L = softplus(-z), mean over pairs                                                          (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   n    scored tokens
 *
 * Where we differ: nothing.
 *
 * Source: Lambert et al. 2024, equation 6; TRL, dpo_trainer.py (sigmoid_norm).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from './dpo';

const normalised = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const h = pairs.difference(answers.meanRatio);
    const perPair = tf.softplus(tf.mul(h, -beta)) as Tensor1D; // (1), (2)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const dpoNorm = defineMethod({
  id: 'dpo-norm',
  name: 'DPO-norm',
  chapter: 'pairwise',
  paper: {
    title: 'Tulu 3: Pushing Frontiers in Open Language Model Post-Training',
    authors: 'Nathan Lambert, Jacob Morrison, Valentina Pyatkin, Shengyi Huang, Hamish Ivison, et al.',
    year: 2024,
    arxiv: '2411.15124',
    url: 'https://arxiv.org/abs/2411.15124',
  },
  summary: 'DPO on mean instead of summed log-ratios, so that a long answer earns no more than a short one.',
  tex: String.raw`\mathcal{L} = -\log\sigma\!\left( \beta\frac{S_w}{|y_w|} - \beta\frac{S_l}{|y_l|} \right)`,
  notes: ['beta is per token here: values like 5 are usual.'],
  kin: { id: 'dpo', change: 'on mean log-ratios', axis: 'length' },
  aims: ['length'],
  eats: 'pairs',
  params: {
    beta: { ...beta, max: 50 },
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'dpo-norm', label: 'DPO-norm', objective: normalised(params) }],
  defaults: { paper: { beta: 5, learningRate: 5e-7, batchSize: 128 }, learningRate: 1e-4, batchSize: 16 },
});
