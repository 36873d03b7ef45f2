/**
 * APO-down: anchored preference optimisation for chosen answers that are worse than what the model writes: both go down, the
 * rejected one faster.
 *
 *   L = s(beta S_w) + 1 - s(beta (S_w - S_l)), mean over pairs                                 (1)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   s    sigmoid
 *
 * Where we differ: nothing.
 *
 * Source: D'Oosterlinck et al. 2024, equation 9; TRL, dpo_trainer.py (apo_down).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from './dpo';

const anchoredDown = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const held = tf.sigmoid(pairs.chosen.reward(beta));
    const perPair = tf.add(held, tf.sub(1, tf.sigmoid(pairs.margin(beta)))) as Tensor1D; // (1)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const apoDown = defineMethod({
  id: 'apo-down',
  name: 'APO-down',
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
    'Lowers both likelihoods, the rejected one faster: for a model that is already better than its data.',
  tex: String.raw`\mathcal{L} = \sigma(\beta S_w) + 1 - \sigma(\beta h)`,
  notes: ['For data whose chosen answers are worse than the model’s own.'],
  kin: { id: 'dpo', change: 'with both lowered, the rejected one faster', axis: 'alone' },
  eats: 'pairs',
  params: {
    beta,
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'apo-down', label: 'APO-down', objective: anchoredDown(params) }],
  defaults: { paper: { beta: 0.1, learningRate: 2e-7, batchSize: 16 }, learningRate: 1e-4, batchSize: 16 },
});
