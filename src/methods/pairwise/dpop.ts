/**
 * DPO-Positive (Smaug): DPO may lower the chosen answer as long as the rejected one falls faster. A penalty on what the chosen
 * answer lost against the reference forbids it.
 *
 *   z = beta (S_w - S_l - lambda max(0, -S_w))                                                 (1)
 *   L = softplus(-z), mean over pairs                                                          (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference      lambda  weight of the penalty, inside the logistic
 *
 * Where we differ: nothing known; there is no official training code.
 *
 * Source: Pal et al. 2024; our reading.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';
import { beta } from './dpo';

const positive = ({ beta, lambda }: { beta: number; lambda: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const lost = tf.relu(pairs.chosen.reward(-beta)); // [C]
    const minusZ = tf.add(pairs.margin(-beta), tf.mul(lost, lambda)) as Tensor1D; // (1)
    return {
      loss: tf.mean(tf.softplus(minusZ)) as Scalar, // (2)
      over: pairs.count,
      rewards: answers.reward(beta),
      aux: { penalty: tf.mean(lost) as Scalar },
    };
  },
});

export const dpop = defineMethod({
  id: 'dpop',
  name: 'DPOP',
  chapter: 'pairwise',
  paper: {
    title: 'Smaug: Fixing Failure Modes of Preference Optimisation with DPO-Positive',
    authors: 'Arka Pal, Deep Karkhanis, Samuel Dooley, Manley Roberts, Siddartha Naidu, Colin White',
    year: 2024,
    arxiv: '2402.13228',
    url: 'https://arxiv.org/abs/2402.13228',
  },
  summary: 'DPO with a penalty once the chosen answer becomes less likely than it was under the reference.',
  tex: String.raw`\mathcal{L} = -\log\sigma\big( \beta (S_w - S_l - \lambda \max(0, -S_w)) \big)`,
  notes: [
    'The formula and lambda 50 were not checked against the paper’s text.',
    'At the start the chosen log-ratio is 0, just where the penalty sets in; it has no slope there yet.',
  ],
  kin: { id: 'dpo', change: 'with a penalty where the chosen answer falls', axis: 'term' },
  aims: ['hold-chosen'],
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'ours' },
    lambda: number({
      label: 'lambda',
      help: 'Weight of the penalty; 0 is DPO.',
      min: 0,
      max: 500,
      default: 50,
      from: 'ours',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'dpop', label: 'DPOP', objective: positive(params) }],
  defaults: { paper: { lambda: 50 }, learningRate: 5e-5, batchSize: 16 },
});
