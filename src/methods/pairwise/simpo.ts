/**
 * SimPO: the reward of an answer is the mean log-prob of its tokens, as decoding sees it. No reference is needed, and a target
 * margin keeps the two apart.
 *
 *   a = (sum over tokens of l_t) / n                                                           (1)
 *   z = beta (a_w - a_l) - gamma,  gamma = beta gammaRatio                                     (2)
 *   L = softplus(-z) + eps z, mean over pairs                                                  (3)
 *     + sftWeight (-(sum of all chosen l_t) / (all chosen tokens of the batch))                (4)
 *
 *   l_t  log-prob of token t under the policy      n  scored tokens      eps  label smoothing
 *   beta a, the implicit reward
 *
 * Where we differ: nothing; EOS is scored with the answer, as in the released code.
 *
 * Source: Meng et al. 2024, equation 6; princeton-nlp/SimPO, scripts/simpo_trainer.py.
 */
import { lengthBiased } from '../../sources/length-biased';
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { chosenCrossEntropy } from '../chosen-cross-entropy';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';
import { talkative } from '../talkative';
import { beta } from './dpo';

interface SimpoParams {
  beta: number;
  gammaRatio: number;
  labelSmoothing: number;
  sftWeight: number;
}

/** SimPO's loss, which a guide may be trained with too. */
export const simple = ({ beta, gammaRatio, labelSmoothing, sftWeight }: SimpoParams): Objective => ({
  reads: {},
  rewardScale: beta,
  loss({ pairs, answers }) {
    const minusZ = tf.mul(tf.sub(pairs.difference(answers.mean), gammaRatio), -beta) as Tensor1D; // (2) [C]
    const perPair = tf.sub(tf.softplus(minusZ), tf.mul(minusZ, labelSmoothing)) as Tensor1D; // (3)
    const preference = tf.mean(perPair) as Scalar;
    return {
      loss: sftWeight > 0 ? tf.add(preference, tf.mul(chosenCrossEntropy(pairs), sftWeight)) : preference, // (4)
      over: pairs.count,
      rewards: tf.mul(answers.mean, beta),
    };
  },
});

export const simpo = defineMethod({
  id: 'simpo',
  name: 'SimPO',
  chapter: 'pairwise',
  paper: {
    title: 'SimPO: Simple Preference Optimization with a Reference-Free Reward',
    authors: 'Yu Meng, Mengzhou Xia, Danqi Chen',
    year: 2024,
    arxiv: '2405.14734',
    url: 'https://arxiv.org/abs/2405.14734',
  },
  summary:
    'Compares the mean log-probs of the two answers, with no reference and a margin to be reached: length no longer pays.',
  tex: String.raw`\mathcal{L} = -\log \sigma\!\left( \frac{\beta}{|y_w|}\log\pi_\theta(y_w) - \frac{\beta}{|y_l|}\log\pi_\theta(y_l) - \gamma \right)`,
  notes: [
    'The margin is given as its ratio to beta, as in the released code; TRL takes gamma itself.',
    'At this size its claim on length does not show: on talkative sums, whose right answers may be long, it comes to 37.5 tokens an answer where DPO has 36.7 (three seeds). What is said again there is nearly certain, and a mean over tokens hardly minds it: likely the reason.',
  ],
  kin: { id: 'dpo', change: 'on mean log-probs, against a target margin', axis: 'length' },
  aims: ['length'],
  symbols: {
    gamma: {
      tex: String.raw`\gamma`,
      say: 'the margin to be reached, here as its ratio to beta',
      value: 'params.gammaRatio',
    },
  },
  eats: 'pairs',
  params: {
    beta: {
      ...beta,
      help: 'Scale of the reward; there is no reference to hold to.',
      max: 20,
      default: 2,
      from: 'code',
    },
    gammaRatio: number({
      label: 'gamma / beta',
      help: 'The margin to be reached, as a share of beta.',
      min: 0,
      max: 2,
      default: 0.5,
      from: 'code',
    }),
    labelSmoothing: number({
      label: 'label smoothing',
      help: 'Share of the pairs assumed to be the wrong way round.',
      min: 0,
      max: 0.49,
      default: 0,
      from: 'code',
    }),
    sftWeight: number({
      label: 'SFT weight',
      help: 'Weight of the cross-entropy over the chosen tokens of the batch.',
      min: 0,
      max: 5,
      default: 0,
      from: 'code',
    }),
  },
  sources: [lengthBiased, rightAndWrong],
  passes: (params) => [{ id: 'simpo', label: 'SimPO', objective: simple(params) }],
  presets: [
    {
      id: 'large-beta',
      name: 'Large beta, small margin',
      summary: 'beta 10 and a ratio of 0.1: the best of a few tried on arithmetic.',
      params: { beta: 10, gammaRatio: 0.1 },
    },
    {
      id: 'mistral-instruct',
      name: 'As released for Mistral-Instruct',
      summary: 'beta 2.5, ratio 0.1.',
      params: { beta: 2.5, gammaRatio: 0.1 },
    },
    {
      id: 'llama-instruct',
      name: 'As released for Llama-3-Instruct',
      summary: 'beta 2.5, ratio 0.55.',
      params: { beta: 2.5, gammaRatio: 0.55 },
    },
    {
      id: 'gemma',
      name: 'As released for Gemma 2',
      summary: 'beta 10, ratio 0.5.',
      params: { beta: 10, gammaRatio: 0.5 },
    },
  ],
  defaults: {
    paper: { beta: 2, gammaRatio: 0.5, learningRate: 6e-7, batchSize: 128, warmup: 0.1 },
    learningRate: 1e-4,
    batchSize: 16,
    world: talkative,
  },
});
