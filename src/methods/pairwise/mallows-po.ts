/**
 * MallowsPO: people agree more on some prompts than on others. Where the reference is sure of itself, a preference counts for
 * more; where its answers scatter, for less.
 *
 *   H   = (mean of -l0_t over the chosen answer + the same over the rejected one) / (2 maxEntropy), within 1e-3..1  (1)
 *   phi = -dispersion log H                                                                    (2)
 *   L   = softplus(-beta phi (S_w - S_l)), mean over pairs                                     (3)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *
 * Where we differ: the entropy of the reference is estimated by the log-probs of the answers themselves, where the released
 * code has the exact entropy of every next-token distribution; sums of log-ratios, where its default is means without reference.
 *
 * Source: Chen et al. 2024; haoxian-chen/MallowsPO, mallowsPO_trainer.py (mallows_dpo).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective, Sums } from '../objective';
import { number } from '../params';
import { beta } from './dpo';

interface MallowsParams {
  beta: number;
  dispersion: number;
  maxEntropy: number;
}

/** Mean surprisal of the reference. Constant. */
const surprisal = ({ refSum, length }: Sums): Tensor1D =>
  tf.neg(tf.div(refSum, tf.maximum(length, 1))) as Tensor1D;

const dispersed = ({ beta, dispersion, maxEntropy }: MallowsParams): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const both = tf.add(surprisal(pairs.chosen), surprisal(pairs.rejected));
    const entropy = tf.clipByValue(tf.div(both, 2 * maxEntropy), 1e-3, 1); // (1) [C]
    const phi = tf.mul(tf.log(entropy), -dispersion); // (2)
    const minusZ = tf.mul(phi, pairs.margin(-beta)) as Tensor1D;
    return {
      loss: tf.mean(tf.softplus(minusZ)) as Scalar, // (3)
      over: pairs.count,
      rewards: answers.reward(beta),
      aux: { dispersion: tf.mean(phi) as Scalar },
    };
  },
});

export const mallowsPo = defineMethod({
  id: 'mallows-po',
  name: 'MallowsPO',
  chapter: 'pairwise',
  paper: {
    title: 'MallowsPO: Fine-Tune Your LLM with Preference Dispersions',
    authors: 'Haoxian Chen, Hanyang Zhao, Henry Lam, David Yao, Wenpin Tang',
    year: 2024,
    arxiv: '2405.14953',
    url: 'https://arxiv.org/abs/2405.14953',
  },
  summary:
    'DPO whose beta goes by the prompt: preferences count for more where the reference is sure of its answers.',
  tex: String.raw`\mathcal{L} = -\log\sigma\big( \beta\, \phi\, (S_w - S_l) \big), \quad \phi = -d \log \frac{\bar H_{\mathrm{ref}}}{\log |V|}`,
  notes: [
    'The entropy of the reference is estimated by how surprised it is of the two answers, our reading; the released code computes it exactly.',
    'The largest entropy is the log of the vocabulary’s size; 3.04 is that of the built-in models’ 21 characters, and another model’s has to be set by hand.',
    'Only the logistic of the paper’s family.',
  ],
  kin: { id: 'dpo', change: 'with a beta that goes by how sure the reference is', axis: 'bar' },
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'ours' },
    dispersion: number({
      label: 'dispersion',
      help: 'Scale of the factor on beta.',
      min: 0.01,
      max: 10,
      scale: 'log',
      default: 0.29,
      from: 'code',
    }),
    maxEntropy: number({
      label: 'largest entropy',
      help: 'Log of the vocabulary’s size, in nats: the entropy that counts as 1.',
      min: 0.5,
      max: 15,
      default: 3.04,
      from: 'ours',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'mallows-po', label: 'MallowsPO', objective: dispersed(params) }],
  defaults: { paper: { dispersion: 0.29 }, learningRate: 5e-5, batchSize: 16 },
});
