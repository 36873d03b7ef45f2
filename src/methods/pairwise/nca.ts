/**
 * NCA: noise contrastive estimation of absolute rewards; the chosen log-ratio is pushed up, and both are held down.
 *
 *   L = -log s(beta S_w) - log s(-beta S_w) / 2 - log s(-beta S_l) / 2, mean over pairs         (1)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   s    sigmoid
 *
 * Where we differ: nothing; two answers a prompt.
 *
 * Source: Chen et al. 2024, equation 10 with two answers; TRL, dpo_trainer.py (nca_pair).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from './dpo';

const contrastive = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const [w, l] = [pairs.chosen.reward(beta), pairs.rejected.reward(beta)];
    // -log s(w) is softplus(-w), -log s(-w) is softplus(w)
    const held = tf.mul(tf.add(tf.softplus(w), tf.softplus(l)), 0.5);
    const perPair = tf.add(tf.softplus(tf.neg(w)), held) as Tensor1D; // (1)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const nca = defineMethod({
  id: 'nca',
  name: 'NCA',
  chapter: 'pairwise',
  paper: {
    title: 'Noise Contrastive Alignment of Language Models with Explicit Rewards',
    authors: 'Huayu Chen, Guande He, Lifan Yuan, Ganqu Cui, Hang Su, Jun Zhu',
    year: 2024,
    arxiv: '2402.05369',
    url: 'https://arxiv.org/abs/2402.05369',
  },
  summary:
    'Judges each answer by itself against noise as well, so that the likelihood of the chosen answer does not fall.',
  tex: String.raw`\mathcal{L} = -\log\sigma(\beta S_w) - \tfrac12\log\sigma(-\beta S_w) - \tfrac12\log\sigma(-\beta S_l)`,
  notes: ['The pairwise form.'],
  kin: { id: 'dpo', change: 'with each answer judged by itself', axis: 'alone' },
  aims: ['hold-chosen'],
  eats: 'pairs',
  params: {
    beta: { ...beta, default: 0.1, from: 'ours' },
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'nca', label: 'NCA', objective: contrastive(params) }],
  defaults: { paper: { beta: 0.01, learningRate: 5e-6, batchSize: 32 }, learningRate: 1e-4, batchSize: 16 },
});
