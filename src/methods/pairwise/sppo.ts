/**
 * SPPO: the update of a two-player game played by the policy with itself, as a regression of log-ratios.
 *
 *   L = (S_w - 1 / (2 beta))^2 + (S_l + 1 / (2 beta))^2, mean over pairs                       (1)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *
 * Where we differ: preferences are certain, as in TRL's sppo_hard; one round, since rounds are a matter of passes.
 *
 * Source: Wu et al. 2024, equation 4.7; TRL, dpo_trainer.py (sppo_hard).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from './dpo';

const selfPlay = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const shift = 1 / (2 * beta);
    const won = tf.square(tf.sub(pairs.chosen.logRatio, shift));
    const perPair = tf.add(won, tf.square(tf.add(pairs.rejected.logRatio, shift))) as Tensor1D; // (1)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const sppo = defineMethod({
  id: 'sppo',
  name: 'SPPO',
  chapter: 'pairwise',
  paper: {
    title: 'Self-Play Preference Optimization for Language Model Alignment',
    authors: 'Yue Wu, Zhiqing Sun, Huizhuo Yuan, Kaixuan Ji, Yiming Yang, Quanquan Gu',
    year: 2024,
    arxiv: '2405.00675',
    url: 'https://arxiv.org/abs/2405.00675',
  },
  summary:
    'Moves each log-ratio to a fixed size, up for the winner and down for the loser: one step of self-play.',
  tex: String.raw`\mathcal{L} = \Big(S_w - \frac{1}{2\beta}\Big)^2 + \Big(S_l + \frac{1}{2\beta}\Big)^2`,
  notes: [
    'The hard form of TRL: the winner wins for certain. The paper takes estimated probabilities and half the sum.',
  ],
  kin: { id: 'ipo', change: 'on each answer by itself', axis: 'alone' },
  eats: 'pairs',
  params: {
    beta: { ...beta, help: 'The log-ratios aimed at are 1 / (2 beta) and its negative.' },
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'sppo', label: 'SPPO', objective: selfPlay(params) }],
  defaults: { paper: { beta: 0.001, learningRate: 5e-7, batchSize: 64 }, learningRate: 1e-4, batchSize: 16 },
});
