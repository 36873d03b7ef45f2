/**
 * Hinge: DPO with the hinge of SLiC on the implicit reward margin (hinge-norm in the RSO paper).
 *
 *   x = beta (S_w - S_l)                                                                       (1)
 *   L = max(0, 1 - x), mean over pairs                                                         (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *
 * Where we differ: pairs are the verifier's, not drawn by rejection sampling.
 *
 * Source: Liu et al. 2023, equation 9; TRL, dpo_trainer.py (hinge).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from './dpo';

export const hinged = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const x = pairs.margin(beta); // (1) [C]
    const perPair = tf.relu(tf.sub(1, x)) as Tensor1D; // (2)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const hinge = defineMethod({
  id: 'hinge',
  name: 'Hinge',
  chapter: 'pairwise',
  paper: {
    title: 'Statistical Rejection Sampling Improves Preference Optimization',
    authors: 'Tianqi Liu, Yao Zhao, Rishabh Joshi, Misha Khalman, Mohammad Saleh, Peter J. Liu, Jialu Liu',
    year: 2023,
    arxiv: '2309.06657',
    url: 'https://arxiv.org/abs/2309.06657',
  },
  summary: 'A hinge in the place of the logistic: pairs with a margin of 1 are left alone.',
  tex: String.raw`\mathcal{L} = \max(0,\ 1 - \beta h)`,
  notes: ['Only the loss: RSO is the one with the paper’s statistical rejection sampling of the pairs.'],
  kin: { id: 'dpo', change: 'with a hinge instead of the logistic', axis: 'curve' },
  eats: 'pairs',
  params: {
    beta,
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'hinge', label: 'Hinge', objective: hinged(params) }],
  defaults: { paper: { beta: 0.05, learningRate: 1e-5, batchSize: 32 }, learningRate: 1e-4, batchSize: 16 },
});
