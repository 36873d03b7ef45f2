/**
 * Cal-DPO: DPO ranks rewards without fixing their size; a square calibrates both to +-1 / (2 beta).
 *
 *   L = softplus(-(S_w - S_l)) + (S_w - 1 / (2 beta))^2 + (S_l + 1 / (2 beta))^2, mean over pairs  (1)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *
 * Where we differ: nothing; the paper's form, not that of the released code.
 *
 * Source: Xiao et al. 2024, equation 11.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from './dpo';

const calibrated = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const [w, l] = [pairs.chosen.logRatio, pairs.rejected.logRatio];
    const shift = 1 / (2 * beta);
    const calibration = tf.add(tf.square(tf.sub(w, shift)), tf.square(tf.add(l, shift)));
    const perPair = tf.add(tf.softplus(pairs.margin(-1)), calibration) as Tensor1D; // (1)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const calDpo = defineMethod({
  id: 'cal-dpo',
  name: 'Cal-DPO',
  chapter: 'pairwise',
  paper: {
    title: 'Cal-DPO: Calibrated Direct Preference Optimization for Language Model Alignment',
    authors: 'Teng Xiao, Yige Yuan, Huaisheng Zhu, Mingxiao Li, Vasant G. Honavar',
    year: 2024,
    arxiv: '2412.14516',
    url: 'https://arxiv.org/abs/2412.14516',
  },
  summary:
    'Adds to DPO that the two rewards be of a given size, so that the chosen one rises instead of both falling.',
  tex: String.raw`\mathcal{L} = -\log\sigma(h) + \Big(S_w - \frac{1}{2\beta}\Big)^2 + \Big(S_l + \frac{1}{2\beta}\Big)^2`,
  notes: ['The form of the paper: its DPO term has no beta. The released code halves the calibration.'],
  kin: { id: 'dpo', change: 'with both rewards calibrated to a size', axis: 'alone' },
  aims: ['hold-chosen'],
  eats: 'pairs',
  params: {
    beta: { ...beta, help: 'The log-ratios aimed at are 1 / (2 beta) and its negative.' },
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'cal-dpo', label: 'Cal-DPO', objective: calibrated(params) }],
  defaults: { paper: { beta: 0.001, learningRate: 5e-7, batchSize: 128 }, learningRate: 1e-4, batchSize: 16 },
});
