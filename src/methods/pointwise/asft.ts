/**
 * ASFT: the pointwise sibling of ORPO: likelihood of the chosen and unlikelihood of the rejected answer, without comparison.
 *
 *   a = (sum over tokens of l_t) / n,  r = a - log(1 - exp(a))                                 (1)
 *   L = -sftWeight a_w + lambda (softplus(-beta r_w) + softplus(beta r_l)), mean over pairs     (2)
 *
 *   l_t  log-prob of token t under the policy      n  scored tokens      s  sigmoid
 *   beta strength of the odds term (1 in the one-stage form)     lambda  its weight
 *
 * Where we differ: nothing known; there is no official code.
 *
 * Source: Wang et al. 2024; Gorbatovski et al. 2025 (arXiv 2502.01237), section 2.4 and appendix C.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { logOdds } from '../log-odds';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import type { OddsParams } from '../stages';
import { inStages, oddsParams, twoStages } from '../stages';

const absolute = ({ beta, lambda, sftWeight }: OddsParams): Objective => ({
  reads: {},
  rewardScale: beta,
  loss({ pairs, answers }) {
    const [w, l] = [logOdds(pairs.chosen.mean), logOdds(pairs.rejected.mean)]; // (1) [C]
    const align = tf.add(tf.softplus(tf.mul(w, -beta)), tf.softplus(tf.mul(l, beta)));
    const perPair = tf.sub(tf.mul(align, lambda), tf.mul(pairs.chosen.mean, sftWeight)) as Tensor1D; // (2)
    return {
      loss: tf.mean(perPair) as Scalar,
      over: pairs.count,
      rewards: tf.mul(logOdds(answers.mean), beta),
    };
  },
});

export const asft = defineMethod({
  id: 'asft',
  name: 'ASFT',
  chapter: 'pointwise',
  paper: {
    title: 'ASFT: Aligned Supervised Fine-Tuning through Absolute Likelihood',
    authors: 'Ruoyu Wang, Jiachen Sun, Shaowei Hua, Quan Fang',
    year: 2024,
    arxiv: '2409.10571',
    url: 'https://arxiv.org/abs/2409.10571',
  },
  summary:
    'As ORPO, but each answer by itself: the odds of the chosen one up, those of the rejected one down.',
  tex: String.raw`\mathcal{L} = -a_w - \lambda\log\sigma(\beta r_w) - \lambda\log\sigma(-\beta r_l), \quad r = \log\frac{p}{1-p},\ p = e^{a}`,
  notes: [
    'The definition is that of Gorbatovski et al. 2025; the paper’s own settings were not found.',
    'On easy text both mean probabilities are near 1, and the gradient on the rejected side is then the larger one.',
  ],
  kin: { id: 'orpo', change: 'with each answer by itself', axis: 'no-reference' },
  eats: 'pairs',
  params: oddsParams,
  sources: [rightAndWrong],
  passes: (params) => inStages(params, { id: 'asft', label: 'ASFT' }, absolute),
  presets: [twoStages],
  defaults: { paper: { learningRate: 6e-6, batchSize: 128 }, learningRate: 5e-5, batchSize: 16 },
});
