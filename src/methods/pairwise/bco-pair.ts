/**
 * BCO on pairs: binary classification by the implicit reward, each answer by itself.
 *
 *   L = softplus(-beta S_w) + softplus(beta S_l), mean over pairs                              (1)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *
 * Where we differ: the paper shifts rewards by their running mean; TRL's pairwise form, which this is, does not.
 *
 * Source: Jung et al. 2024, equation 11; TRL, dpo_trainer.py (bco_pair).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from './dpo';

/** Both classifications, which MPO takes as its measure of quality. */
export const classified = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const [w, l] = [pairs.chosen.reward(beta), pairs.rejected.reward(beta)];
    const perPair = tf.add(tf.softplus(tf.neg(w)), tf.softplus(l)) as Tensor1D; // (1)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const bcoPair = defineMethod({
  id: 'bco-pair',
  name: 'BCO (pairs)',
  chapter: 'pairwise',
  paper: {
    title: 'Binary Classifier Optimization for Large Language Model Alignment',
    authors: 'Seungjae Jung, Gunsoo Han, Daniel Wontae Nam, Kyoung-Woon On',
    year: 2024,
    arxiv: '2404.04656',
    url: 'https://arxiv.org/abs/2404.04656',
  },
  summary:
    'Two classifiers instead of a comparison: the chosen answer is classified as good, the rejected one as bad.',
  tex: String.raw`\mathcal{L} = -\log\sigma(\beta S_w) - \log\sigma(-\beta S_l)`,
  notes: ['TRL’s pairwise form, without the paper’s running shift of the reward.'],
  kin: { id: 'dpo', change: 'with two classifications instead of a comparison', axis: 'alone' },
  eats: 'pairs',
  params: {
    beta,
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'bco-pair', label: 'BCO (pairs)', objective: classified(params) }],
  defaults: { paper: { beta: 0.1, learningRate: 5e-7, batchSize: 128 }, learningRate: 1e-4, batchSize: 16 },
});
