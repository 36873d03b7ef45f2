/**
 * AOT without pairs: the log-ratios of all chosen answers of the batch are to dominate those of all rejected ones.
 *
 *   x_i = beta (sort_i S_w - sort_i S_l)                                                       (1)
 *   L = (1 - eps) softplus(-x) + eps softplus(x), mean over i                                  (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   eps  label smoothing    sort_i  the i-th smallest of the batch
 *
 * Where we differ: nothing.
 *
 * Source: Melnyk et al. 2024, section 3; TRL, dpo_trainer.py (aot_unpaired).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { sortedInBatch } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';
import { beta } from './dpo';

const apart = ({ beta, labelSmoothing: eps }: { beta: number; labelSmoothing: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const [w, l] = [sortedInBatch(pairs.chosen.logRatio), sortedInBatch(pairs.rejected.logRatio)];
    const x = tf.mul(tf.sub(w, l), beta) as Tensor1D; // (1) [C]
    const perPair = tf.add(tf.softplus(tf.neg(x)), tf.mul(x, eps)); // (2): softplus(x) = softplus(-x) + x
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const aotUnpaired = defineMethod({
  id: 'aot-unpaired',
  name: 'AOT (unpaired)',
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
    'As AOT, with good and bad answers sorted each by themselves: they need not belong to the same prompts.',
  tex: String.raw`\mathcal{L} = \frac1C\sum_i -\log\sigma\big( \beta (S_{w,(i)} - S_{l,(i)}) \big)`,
  notes: [
    'The sort is over a micro-batch: its size is part of the method.',
    'Fed with pairs here; which answers belong together counts for nothing.',
  ],
  kin: { id: 'aot', change: 'with chosen and rejected answers sorted apart', axis: 'curve' },
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
  passes: (params) => [{ id: 'aot-unpaired', label: 'AOT (unpaired)', objective: apart(params) }],
  defaults: { paper: { beta: 0.01, learningRate: 5e-7, batchSize: 16 }, learningRate: 1e-4, batchSize: 16 },
});
