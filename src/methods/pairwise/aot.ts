/**
 * AOT: stochastic dominance of the policy's margins over the reference's, by optimal transport in one dimension, which is a sort.
 *
 *   P = Lp_w - Lp_l,  Q = the same of the reference,  Lp the summed log-prob                   (1)
 *   x_i = beta (sort_i P - sort_i Q)                                                           (2)
 *   L = (1 - eps) softplus(-x) + eps softplus(x), mean over i                                  (3)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   eps  label smoothing    sort_i  the i-th smallest of the batch
 *
 * Where we differ: nothing.
 *
 * Source: Melnyk et al. 2024, section 3; TRL, dpo_trainer.py (aot).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { sortedInBatch } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';
import { beta } from './dpo';

const transported = ({ beta, labelSmoothing: eps }: { beta: number; labelSmoothing: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const policy = sortedInBatch(pairs.difference(answers.sum)); // (1) [C]
    const reference = sortedInBatch(pairs.difference(answers.refSum));
    const x = tf.mul(tf.sub(policy, reference), beta) as Tensor1D; // (2)
    const perPair = tf.add(tf.softplus(tf.neg(x)), tf.mul(x, eps)); // (3): softplus(x) = softplus(-x) + x
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const aot = defineMethod({
  id: 'aot',
  name: 'AOT',
  chapter: 'pairwise',
  paper: {
    title: 'Distributional Preference Alignment of LLMs via Optimal Transport',
    authors:
      'Igor Melnyk, Youssef Mroueh, Brian Belgodere, Mattia Rigotti, Apoorva Nitsure, Mikhail Yurochkin, Kristjan Greenewald, Jiri Navratil, Jerret Ross',
    year: 2024,
    arxiv: '2406.05882',
    url: 'https://arxiv.org/abs/2406.05882',
  },
  summary:
    'Compares the sorted margins of the batch with those of the reference: the whole distribution is to move, not each pair.',
  tex: String.raw`\mathcal{L} = \frac1C\sum_i -\log\sigma\big( \beta (P_{(i)} - Q_{(i)}) \big), \quad P = \log\frac{\pi_\theta(y_w)}{\pi_\theta(y_l)},\ Q = \log\frac{\pi_{\mathrm{ref}}(y_w)}{\pi_{\mathrm{ref}}(y_l)}`,
  notes: ['The sort is over a micro-batch: its size is part of the method.'],
  kin: { id: 'dpo', change: 'on sorted margins of the batch', axis: 'curve' },
  eats: 'pairs',
  params: {
    beta,
    labelSmoothing: number({
      label: 'label smoothing',
      help: 'Share of the pairs assumed to be the wrong way round.',
      min: 0,
      max: 0.49,
      default: 0,
      from: 'code',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'aot', label: 'AOT', objective: transported(params) }],
  defaults: { paper: { beta: 0.01, learningRate: 5e-7, batchSize: 16 }, learningRate: 1e-4, batchSize: 16 },
});
