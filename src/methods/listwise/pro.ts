/**
 * PRO: a ranking learned from the top down by mean log-probs, without a reference, with supervised training on the best answer.
 *
 *   a = (sum over tokens of l_t) / n                                                           (1)
 *   L = -sum_k log( exp(a_k) / sum of exp(a_i) over k and all answers with a lower score )     (2)
 *       + sftWeight (-a_best), mean over prompts with answers of different scores              (3)
 *
 *   l_t  log-prob of token t under the policy      n  scored tokens      best  the answer with the highest score
 *
 * Where we differ: the plain form, without the paper's temperatures by the gap of the scores; the likelihood is averaged over
 * tokens; answers of equal score are not ordered among each other, and of several best ones the first is learned.
 *
 * Source: Song et al. 2023; our reading.
 */
import { rankedLists } from '../../sources/ranked-lists';
import type { Scalar } from '../../tf';
import { tf } from '../../tf';
import { pick } from '../maths';
import { defineMethod } from '../method';
import type { LossInput, Objective } from '../objective';
import { number } from '../params';
import { plackettLuce } from './dpo-pl';

/** The best answer of each prompt whose answers have different scores. */
const bestOf = ({ batch, lists }: LossInput): number[] =>
  lists.items.flatMap((own) => {
    const scores = own.map((r) => batch.responses[r]!.score!);
    const best = Math.max(...scores);
    return scores.some((score) => score < best) ? [own[scores.indexOf(best)]!] : [];
  });

const topDown = ({ sftWeight }: { sftWeight: number }): Objective => ({
  reads: { scores: true },
  rewardScale: 1,
  loss(input) {
    const { mean } = input.answers; // (1) [P]
    const { loss, over } = plackettLuce(input, mean); // (2)
    if (sftWeight === 0 || over === 0) return { loss, over, rewards: mean };
    const learned = tf.neg(tf.mean(pick(mean, bestOf(input))));
    return { loss: tf.add(loss, tf.mul(learned, sftWeight)) as Scalar, over, rewards: mean }; // (3)
  },
});

export const pro = defineMethod({
  id: 'pro',
  name: 'PRO',
  chapter: 'listwise',
  paper: {
    title: 'Preference Ranking Optimization for Human Alignment',
    authors: 'Feifan Song, Bowen Yu, Minghao Li, Haiyang Yu, Fei Huang, Yongbin Li, Houfeng Wang',
    year: 2023,
    arxiv: '2306.17492',
    url: 'https://arxiv.org/abs/2306.17492',
  },
  summary: 'Learns the best answer and, by mean log-probs, the order of the others below it; no reference.',
  tex: String.raw`\mathcal{L} = -\sum_k \log \frac{e^{a_k}}{e^{a_k} + \sum_{r_i < r_k} e^{a_i}} - \lambda a_{\mathrm{best}}`,
  notes: [
    'The formula was not checked against the paper’s text; its temperatures by the gap of the scores are left out.',
    'The weight of the likelihood is our choice. With two answers and weight 0 it is SimPO with beta 1 and no margin.',
  ],
  kin: { id: 'dpo-pl', change: 'on mean log-probs, with SFT on the best answer', axis: 'lists' },
  eats: 'lists',
  params: {
    sftWeight: number({
      label: 'SFT weight',
      help: 'Weight of the likelihood of the best answer.',
      min: 0,
      max: 10,
      default: 0.1,
      from: 'ours',
    }),
  },
  sources: [rankedLists],
  passes: (params) => [{ id: 'pro', label: 'PRO', objective: topDown(params) }],
  defaults: { paper: {}, learningRate: 1e-4, batchSize: 8 },
});
