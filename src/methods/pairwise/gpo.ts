/**
 * GPO: one family for offline preference losses. Any f of the implicit reward margin that falls at 0 gives a method.
 *
 *   x = beta (S_w - S_l)                                                                       (1)
 *   L = f(x), mean over pairs                                                                  (2)
 *       logistic log(1 + exp(-x))    hinge max(0, 1 - x)    squared (1 - x)^2                  (3)
 *       truncated-squared max(0, 1 - x)^2    exponential exp(-x)    savage 1 / (1 + exp(x))^2
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *
 * Where we differ: the exponential is cut off at x = -80, where f32 ends.
 *
 * Source: Tang et al. 2024; our reading of its list of curves, there is no official code.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { choice } from '../params';
import { beta } from './dpo';

/** The largest exponent that f32 holds with room to spare. */
const HIGHEST = 80;

/** (3), of -x */
const shapes = {
  logistic: (minusX: Tensor1D) => tf.softplus(minusX),
  hinge: (minusX: Tensor1D) => tf.relu(tf.add(1, minusX)),
  squared: (minusX: Tensor1D) => tf.square(tf.add(1, minusX)),
  'truncated-squared': (minusX: Tensor1D) => tf.square(tf.relu(tf.add(1, minusX))),
  exponential: (minusX: Tensor1D) => tf.exp(tf.minimum(minusX, HIGHEST)),
  savage: (minusX: Tensor1D) => tf.square(tf.sigmoid(minusX)),
};

interface GpoParams {
  beta: number;
  f: keyof typeof shapes;
}

const shaped = ({ beta, f }: GpoParams): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const perPair = shapes[f](pairs.margin(-beta)); // (1), (2) [C]
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const gpo = defineMethod({
  id: 'gpo',
  name: 'GPO',
  chapter: 'pairwise',
  paper: {
    title: 'Generalized Preference Optimization: A Unified Approach to Offline Alignment',
    authors:
      'Yunhao Tang, Zhaohan Daniel Guo, Zeyu Zheng, Daniele Calandriello, Rémi Munos, Mark Rowland, Pierre Harvey Richemond, Michal Valko, Bernardo Ávila Pires, Bilal Piot',
    year: 2024,
    arxiv: '2402.05749',
    url: 'https://arxiv.org/abs/2402.05749',
  },
  summary:
    'The family that DPO, IPO and the hinge belong to: choose the curve that the implicit reward margin goes through.',
  tex: String.raw`\mathcal{L} = f\big(\beta (S_w - S_l)\big), \quad f \in \big\{ \log(1+e^{-x}),\ (1-x)_+,\ (1-x)^2,\ (1-x)_+^2,\ e^{-x},\ (1+e^{x})^{-2} \big\}`,
  notes: [
    'Logistic is DPO and hinge is the hinge; squared is IPO over sums with half of beta as its tau, times beta squared.',
    'The savage loss is not convex: pairs far on the wrong side are given up.',
    'The list of curves was not checked against the paper’s text.',
  ],
  kin: { id: 'dpo', change: 'with a choice of curves instead of the logistic', axis: 'curve' },
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'ours' },
    f: choice({
      label: 'curve',
      help: 'What the implicit reward margin goes through.',
      options: {
        logistic: 'as DPO',
        hinge: 'nothing beyond a margin of 1',
        squared: 'as IPO, aims at a margin of 1',
        'truncated-squared': 'the square, nothing beyond 1',
        exponential: 'wrong pairs count without bound',
        savage: 'far wrong pairs are given up',
      },
      default: 'logistic',
      from: 'paper',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'gpo', label: 'GPO', objective: shaped(params) }],
  defaults: { paper: {}, learningRate: 5e-5, batchSize: 16 },
});
