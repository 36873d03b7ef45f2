/**
 * APO-zero: anchored preference optimisation for chosen answers that are better than what the model writes: up with the one, down
 * with the other.
 *
 *   L = 1 - s(beta S_w) + s(beta S_l), mean over pairs                                         (1)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   s    sigmoid
 *
 * Where we differ: nothing.
 *
 * Source: D'Oosterlinck et al. 2024, equation 8; TRL, dpo_trainer.py (apo_zero).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from './dpo';

const anchoredZero = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const [w, l] = [pairs.chosen.reward(beta), pairs.rejected.reward(beta)];
    const perPair = tf.add(tf.sub(1, tf.sigmoid(w)), tf.sigmoid(l)) as Tensor1D; // (1)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const apoZero = defineMethod({
  id: 'apo-zero',
  name: 'APO-zero',
  chapter: 'pairwise',
  paper: {
    title:
      'Anchored Preference Optimization and Contrastive Revisions: Addressing Underspecification in Alignment',
    authors:
      'Karel D’Oosterlinck, Winnie Xu, Chris Develder, Thomas Demeester, Amanpreet Singh, Christopher Potts, Douwe Kiela, Shikib Mehri',
    year: 2024,
    arxiv: '2408.06266',
    url: 'https://arxiv.org/abs/2408.06266',
  },
  summary:
    'Says which way each likelihood should go: the chosen one up, the rejected one down, where DPO only widens the gap.',
  tex: String.raw`\mathcal{L} = 1 - \sigma(\beta S_w) + \sigma(\beta S_l)`,
  notes: ['For data whose chosen answers are better than the model’s own.'],
  kin: { id: 'dpo', change: 'with the chosen anchored to rise, the other to fall', axis: 'alone' },
  aims: ['hold-chosen'],
  eats: 'pairs',
  params: {
    beta,
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'apo-zero', label: 'APO-zero', objective: anchoredZero(params) }],
  defaults: { paper: { beta: 0.1, learningRate: 2e-7, batchSize: 16 }, learningRate: 1e-4, batchSize: 16 },
});
