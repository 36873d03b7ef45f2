/**
 * DiscoPOP: the log-ratio modulated loss that was found by asking a language model for losses and trying them.
 *
 *   x = beta (S_w - S_l)                                                                       (1)
 *   m = sigmoid(x / tau)                                                                       (2)
 *   L = (1 - m) softplus(-x) + m exp(-x), mean over pairs                                      (3)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   tau  width of the mixture
 *
 * Where we differ: exp(-x) is cut at x = -80, where m is 0 in f32 already.
 *
 * Source: Lu et al. 2024, equation 5; TRL, dpo_trainer.py (discopop).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';
import { beta } from './dpo';

const discovered = ({ beta, tau }: { beta: number; tau: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const x = pairs.margin(beta); // (1) [C]
    const m = tf.sigmoid(tf.div(x, tau)); // (2)
    const exponential = tf.exp(tf.minimum(tf.neg(x), 80));
    const perPair = tf.add(tf.mul(tf.sub(1, m), tf.softplus(tf.neg(x))), tf.mul(m, exponential)) as Tensor1D; // (3)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const discopop = defineMethod({
  id: 'discopop',
  name: 'DiscoPOP',
  chapter: 'pairwise',
  paper: {
    title: 'Discovering Preference Optimization Algorithms with and for Large Language Models',
    authors:
      'Chris Lu, Samuel Holt, Claudio Fanconi, Alex J. Chan, Jakob Foerster, Mihaela van der Schaar, Robert Tjarko Lange',
    year: 2024,
    arxiv: '2406.08414',
    url: 'https://arxiv.org/abs/2406.08414',
  },
  summary:
    'A loss that a language model proposed: a mixture of the logistic and the exponential, by the size of the margin.',
  tex: String.raw`\mathcal{L} = (1 - m)\big(-\log\sigma(x)\big) + m\, e^{-x}, \quad m = \sigma(x/\tau),\ x = \beta h`,
  notes: [
    'At the default tau the loss is not monotone: from the reference the first step lowers the margin.',
  ],
  kin: { id: 'dpo', change: 'with a curve that a language model proposed', axis: 'curve' },
  eats: 'pairs',
  params: {
    beta,
    tau: number({
      label: 'tau',
      help: 'Width of the margin over which the loss turns from logistic to exponential.',
      min: 0.01,
      max: 10,
      scale: 'log',
      default: 0.05,
      from: 'paper',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'discopop', label: 'DiscoPOP', objective: discovered(params) }],
  defaults: { paper: { beta: 0.05, learningRate: 5e-7, batchSize: 128 }, learningRate: 1e-4, batchSize: 16 },
});
