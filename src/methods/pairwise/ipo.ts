/**
 * IPO: regress the log-ratio margin onto a fixed target. With deterministic preferences DPO's margin grows without bound for
 * any beta; a square has its minimum at a finite margin, so the pull to the reference stays.
 *
 *   h = S_w - S_l                              average: sum                                    (1)
 *   h = S_w / n_w - S_l / n_l                  average: token-mean                             (2)
 *   L = (h - 1 / (2 beta))^2, mean over pairs                                                  (3)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta the paper's tau                    n  scored tokens
 *
 * Where we differ: both averages are offered, since the paper's text and the widespread code disagree.
 *
 * Source: Azar et al. 2023, equation 17; TRL, dpo_trainer.py (ipo).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { choice } from '../params';
import { beta } from './dpo';

const squared = ({ beta, average }: { beta: number; average: 'token-mean' | 'sum' }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const h: Tensor1D =
      average === 'sum'
        ? pairs.margin(1) // (1) [C]
        : pairs.difference(answers.meanRatio); // (2) [C]
    return {
      loss: tf.mean(tf.square(tf.sub(h, 1 / (2 * beta)))) as Scalar, // (3)
      over: pairs.count,
      rewards: answers.reward(beta),
    };
  },
});

export const ipo = defineMethod({
  id: 'ipo',
  name: 'IPO',
  chapter: 'pairwise',
  paper: {
    title: 'A General Theoretical Paradigm to Understand Learning from Human Preferences',
    authors:
      'Mohammad Gheshlaghi Azar, Mark Rowland, Bilal Piot, Daniel Guo, Daniele Calandriello, Michal Valko, Rémi Munos',
    year: 2023,
    arxiv: '2310.12036',
    url: 'https://arxiv.org/abs/2310.12036',
  },
  summary:
    'Aims at a margin of fixed size instead of one that grows: a square takes the place of the logistic, so that the policy stays near the reference even where one answer always wins.',
  tex: String.raw`\mathcal{L} = \left( h - \frac{1}{2\tau} \right)^2, \quad h = \log\frac{\pi_\theta(y_w)\,\pi_{\mathrm{ref}}(y_l)}{\pi_{\mathrm{ref}}(y_w)\,\pi_\theta(y_l)}`,
  notes: [
    'beta is the paper’s tau. The paper’s form sums log-ratios over tokens; TRL and its users take the mean, and TRL reports that the authors’ results do too. The mean is the default, as in TRL.',
    'The finite margin shows: where DPO collapses at three times the rate, the sum with tau 0.5 holds (preset “held”); its price is speed.',
  ],
  kin: { id: 'dpo', change: 'with a square that aims at a fixed margin', axis: 'curve' },
  aims: ['hold-chosen', 'wrong-labels'],
  symbols: {
    margin: {
      tex: 'h',
      say: 'by how much the pair was pushed apart, in sums over tokens or in means, as “log-ratios” says',
      value: { by: 'average', of: { 'token-mean': 'pair.meanMargin', sum: 'pair.margin' } },
    },
    tau: {
      tex: String.raw`\tau`,
      say: 'the paper’s name for beta: the margin aimed at is 1 / (2 beta)',
      value: 'params.beta',
    },
  },
  eats: 'pairs',
  params: {
    beta: {
      ...beta,
      help: 'The paper’s tau: the margin aimed at is 1 / (2 beta); larger stays closer to the reference.',
    },
    average: choice({
      label: 'log-ratios',
      help: 'Whether an answer’s log-ratio is summed over its tokens or averaged; the margin aimed at is of that kind.',
      options: { 'token-mean': 'mean over tokens, as TRL', sum: 'sum, as the paper' },
      default: 'token-mean',
      from: 'code',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'ipo', label: 'IPO', objective: squared(params) }],
  presets: [
    {
      id: 'held',
      name: 'Held near the reference',
      summary:
        'The paper’s sum with tau 0.5, at a rate at which DPO collapses: the square stops the margin at 1.',
      params: { average: 'sum', beta: 0.5 },
      learningRate: 0.0003,
    },
    {
      id: 'sum',
      name: 'The paper’s sum',
      summary: 'tau 0.1 on sums of log-ratios.',
      params: { average: 'sum' },
    },
    {
      id: 'reachable-mean',
      name: 'A mean that can be reached',
      summary: 'tau 1 on means: 5 nats a token, which tau 0.1 asks for, are out of reach.',
      params: { beta: 1 },
    },
  ],
  defaults: { paper: { beta: 0.1, learningRate: 0.01, batchSize: 9 }, learningRate: 1e-4, batchSize: 16 },
});
