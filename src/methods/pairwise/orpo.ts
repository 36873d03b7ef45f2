/**
 * ORPO: one stage instead of SFT and then alignment. The chosen answer is learned, and the odds of the two answers are pushed
 * apart.
 *
 *   a = (sum over tokens of l_t) / n,  r = a - log(1 - exp(a))                                 (1)
 *   L = -sftWeight a_w + lambda softplus(-beta (r_w - r_l)), mean over pairs                   (2)
 *
 *   l_t  log-prob of token t under the policy      n  scored tokens      s  sigmoid
 *   beta strength of the odds term (1 in the one-stage form)     lambda  its weight
 *
 * Where we differ: the likelihood term is averaged by answer, and the prompt is not learned.
 *
 * Source: Hong et al. 2024, equations 4 to 7; Gorbatovski et al. 2025 (arXiv 2502.01237) for beta and the two-stage form.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { logOdds } from '../log-odds';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import type { OddsParams } from '../stages';
import { inStages, oddsParams, twoStages } from '../stages';

const oddsRatio = ({ beta, lambda, sftWeight }: OddsParams): Objective => ({
  reads: {},
  rewardScale: beta,
  loss({ pairs, answers }) {
    const odds = logOdds(answers.mean); // (1) [P]
    const apart = tf.softplus(tf.mul(pairs.difference(odds), -beta)); // [C]
    const perPair = tf.sub(tf.mul(apart, lambda), tf.mul(pairs.chosen.mean, sftWeight)) as Tensor1D; // (2)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: tf.mul(odds, beta) };
  },
});

export const orpo = defineMethod({
  id: 'orpo',
  name: 'ORPO',
  chapter: 'pairwise',
  paper: {
    title: 'ORPO: Monolithic Preference Optimization without Reference Model',
    authors: 'Jiwoo Hong, Noah Lee, James Thorne',
    year: 2024,
    arxiv: '2403.07691',
    url: 'https://arxiv.org/abs/2403.07691',
  },
  summary:
    'SFT on the chosen answer with a penalty by the odds of the two answers: no reference and no stage before.',
  tex: String.raw`\mathcal{L} = -a_w - \lambda \log\sigma\!\left( \beta\log\frac{p_w}{1-p_w} - \beta\log\frac{p_l}{1-p_l} \right), \quad p = e^{a}`,
  notes: [
    'The likelihood term is over the answer alone and averaged by answer; TRL’s is over prompt and answer, pooled over the batch.',
    'What is called beta in most ORPO code is lambda here; beta scales the odds, as in the study of alignment losses by Gorbatovski et al. 2025.',
  ],
  kin: { id: 'simpo', change: 'by the odds of the mean probability, with SFT', axis: 'no-reference' },
  aims: ['hold-chosen'],
  eats: 'pairs',
  params: oddsParams,
  sources: [rightAndWrong],
  passes: (params) => inStages(params, { id: 'orpo', label: 'ORPO' }, oddsRatio),
  presets: [twoStages],
  defaults: { paper: { lambda: 0.1, learningRate: 8e-6, batchSize: 64 }, learningRate: 1e-4, batchSize: 16 },
});
