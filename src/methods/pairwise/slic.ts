/**
 * SLiC-HF: the log-prob of the chosen answer has to exceed that of the rejected one by a margin, while the model keeps to good
 * text by its likelihood. No reference.
 *
 *   L = max(0, delta - (log p_w - log p_l)) - lambda log p_w, mean over pairs                  (1)
 *
 *   log p   sum over the answer's tokens of l_t, the log-prob under the policy      w, l  chosen, rejected
 *   delta   margin       lambda  weight of the likelihood
 *
 * Where we differ: the likelihood is that of the chosen answer, where the paper takes the target of supervised training.
 *
 * Source: Zhao et al. 2023; our reading, there is no official code.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';

interface SlicParams {
  delta: number;
  lambda: number;
}

const calibrated = ({ delta, lambda }: SlicParams): Objective => ({
  reads: {},
  rewardScale: 1,
  loss({ pairs, answers }) {
    const rank = tf.relu(tf.sub(delta, pairs.difference(answers.sum))); // [C]
    const perPair = tf.sub(rank, tf.mul(pairs.chosen.sum, lambda)) as Tensor1D; // (1)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.sum };
  },
});

export const slic = defineMethod({
  id: 'slic',
  name: 'SLiC-HF',
  chapter: 'pairwise',
  paper: {
    title: 'SLiC-HF: Sequence Likelihood Calibration with Human Feedback',
    authors: 'Yao Zhao, Rishabh Joshi, Tianqi Liu, Misha Khalman, Mohammad Saleh, Peter J. Liu',
    year: 2023,
    arxiv: '2305.10425',
    url: 'https://arxiv.org/abs/2305.10425',
  },
  summary:
    'Ranks the two answers by their likelihoods with a hinge, and keeps the likelihood of the chosen one up.',
  tex: String.raw`\mathcal{L} = \max\big(0,\ \delta - \log\pi_\theta(y_w) + \log\pi_\theta(y_l)\big) - \lambda \log\pi_\theta(y_w)`,
  notes: [
    'The formula was not checked against the paper’s text, and the weight of the likelihood is our choice. Both terms are sums over tokens, so that long answers pull harder.',
    'The chosen answer stands for the paper’s target of supervised training.',
  ],
  kin: { id: 'hinge', change: 'without a reference, with SFT beside it', axis: 'no-reference' },
  eats: 'pairs',
  params: {
    delta: number({
      label: 'delta',
      help: 'By how much the log-prob of the chosen answer has to be the larger one.',
      min: 0,
      max: 20,
      default: 1,
      from: 'paper',
    }),
    lambda: number({
      label: 'lambda',
      help: 'Weight of the likelihood of the chosen answer.',
      min: 0,
      max: 10,
      default: 0.1,
      from: 'ours',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'slic', label: 'SLiC-HF', objective: calibrated(params) }],
  defaults: { paper: { delta: 1, learningRate: 1e-4, batchSize: 512 }, learningRate: 5e-5, batchSize: 16 },
});
