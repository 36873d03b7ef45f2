/**
 * NPO: only the rejected half of DPO. Answers that are to be unlearned become less likely, the less the lower they are already;
 * gradient ascent on them would not stop.
 *
 *   L = (2 / beta) softplus(beta S_l) + retainWeight (-a_w), mean over pairs                   (1)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   a    mean log-prob of an answer's tokens     beta  strength of the pull to the reference; near 0 it is gradient ascent
 *
 * Where we differ: answers to forget are the rejected ones of pairs; the chosen ones may serve as what is to be retained.
 *
 * Source: Zhang et al. 2024; our reading.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';
import { beta } from './dpo';

const negative = ({ beta, retainWeight }: { beta: number; retainWeight: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const forget = tf.mul(tf.softplus(pairs.rejected.reward(beta)), 2 / beta); // [C]
    const perPair = (
      retainWeight > 0 ? tf.sub(forget, tf.mul(pairs.chosen.mean, retainWeight)) : forget
    ) as Tensor1D; // (1)
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const npo = defineMethod({
  id: 'npo',
  name: 'NPO',
  chapter: 'pairwise',
  paper: {
    title: 'Negative Preference Optimization: From Catastrophic Collapse to Effective Unlearning',
    authors: 'Ruiqi Zhang, Licong Lin, Yu Bai, Song Mei',
    year: 2024,
    arxiv: '2404.05868',
    url: 'https://arxiv.org/abs/2404.05868',
  },
  summary:
    'Unlearning: pushes the rejected answers down, ever more gently, and leaves the chosen ones alone.',
  tex: String.raw`\mathcal{L} = -\frac{2}{\beta}\log\sigma(-\beta S_l) - \lambda a_w`,
  notes: [
    'The formula was not checked against the paper’s text.',
    'The paper forgets texts of their own; here they are the rejected answers of pairs.',
    'The term that retains is the mean log-prob of the chosen answers; its weight is our choice, and 0 is plain NPO.',
  ],
  kin: { id: 'dpo', change: 'with the rejected answer alone', axis: 'alone' },
  aims: ['refusals'],
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'ours' },
    retainWeight: number({
      label: 'retain weight',
      help: 'Weight of the likelihood of the chosen answers, as what is to be kept; 0 only forgets.',
      min: 0,
      max: 10,
      default: 0,
      from: 'ours',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'npo', label: 'NPO', objective: negative(params) }],
  defaults: { paper: { beta: 0.1 }, learningRate: 2e-5, batchSize: 16 },
});
