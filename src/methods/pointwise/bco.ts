/**
 * BCO: a binary classifier of good and bad answers whose logit is the implicit reward, shifted by the mean reward so that both
 * classes lie on their sides of it.
 *
 *   d = mean of beta S over the answers of the batch, no gradient                              (1)
 *   L = softplus(-(beta S - d))   desirable                                                    (2)
 *       softplus(beta S - d)      undesirable;  mean over answers                              (3)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference
 *   beta strength of the pull to the reference
 *
 * Where we differ: d is the mean of the batch, where the paper and TRL keep a running one, which would be a state of the run;
 * undesirable answers have no weight by the density of their prompts.
 *
 * Source: Jung et al. 2024; TRL, bco_trainer.py.
 */
import { sampledAnswers } from '../../sources/sampled-answers';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { detach } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from '../pairwise/dpo';

const classified = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true, answerLabels: ['desirable'] },
  rewardScale: beta,
  loss({ answers }) {
    const rewards = answers.reward(beta); // [P]
    const shift = tf.mean(detach(rewards)) as Scalar; // (1)
    const towards = Float32Array.from(answers.labels('desirable'), (label) => (label > 0 ? -1 : 1));
    const perAnswer = tf.softplus(tf.mul(tf.tensor1d(towards), tf.sub(rewards, shift)) as Tensor1D); // (2), (3)
    return { loss: tf.mean(perAnswer) as Scalar, over: answers.count, rewards, aux: { delta: shift } };
  },
});

export const bco = defineMethod({
  id: 'bco',
  name: 'BCO',
  chapter: 'pointwise',
  paper: {
    title: 'Binary Classifier Optimization for Large Language Model Alignment',
    authors: 'Seungjae Jung, Gunsoo Han, Daniel Wontae Nam, Kyoung-Woon On',
    year: 2024,
    arxiv: '2404.04656',
    url: 'https://arxiv.org/abs/2404.04656',
  },
  summary:
    'Classifies single answers as good or bad by their implicit reward, measured from the mean reward.',
  tex: String.raw`\mathcal{L} = -\log\sigma\big( \pm(\beta S - \delta) \big), \quad \delta = \mathrm{sg}\big[\overline{\beta S}\big]`,
  notes: [
    'The shift is the mean reward of the batch, our reading: a running mean would be a state that a resumed run had to carry. Small batches make it noisy, and a batch of one answer has no signal beyond its label.',
    'The paper’s weight by the density of the prompts is left out: good and bad answers here are to the same problems.',
  ],
  kin: { id: 'kto', change: 'as a classifier, measured from the mean reward', axis: 'alone' },
  eats: 'answers',
  params: {
    beta: { ...beta, from: 'code' },
  },
  sources: [sampledAnswers],
  passes: (params) => [{ id: 'bco', label: 'BCO', objective: classified(params) }],
  defaults: { paper: { beta: 0.01, learningRate: 5e-7, batchSize: 128 }, learningRate: 1e-4, batchSize: 16 },
});
