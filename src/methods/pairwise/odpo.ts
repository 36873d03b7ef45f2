/**
 * ODPO: how much better the chosen answer is counts too. The implicit reward margin has to exceed an offset that grows with the
 * gap of the scores.
 *
 *   Delta = alpha log(s_w - s_l)       scale: log                                              (1)
 *           alpha (s_w - s_l)          scale: gap
 *           alpha log(s_w / s_l)       scale: ratio
 *   z = beta (S_w - S_l) - Delta                                                               (2)
 *   L = softplus(-z), mean over pairs with a finite Delta                                      (3)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   s    score of an answer, a constant
 *
 * Where we differ: pairs whose offset is not finite are left out, where the paper drops ties when the data are made.
 *
 * Source: Amini et al. 2024, equations 7 to 9; rycolab/odpo, trainers.py.
 */
import { bestAndWorst } from '../../sources/best-and-worst';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { nothing, pick } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { choice, number } from '../params';
import { beta } from './dpo';

interface OdpoParams {
  beta: number;
  alpha: number;
  scale: 'log' | 'gap' | 'ratio';
}

/** (1) */
const deltaOf = ({ alpha, scale }: OdpoParams, won: number, lost: number): number => {
  if (scale === 'gap') return alpha * (won - lost);
  return alpha * Math.log(scale === 'log' ? won - lost : won / lost);
};

const offset = (params: OdpoParams): Objective => ({
  reads: { reference: true, scores: true },
  rewardScale: params.beta,
  loss({ batch, pairs, answers }) {
    const delta = pairs.items.map(({ chosen, rejected }) =>
      deltaOf(params, batch.responses[chosen]!.score!, batch.responses[rejected]!.score!),
    );
    const used = delta.flatMap((d, i) => (Number.isFinite(d) ? [i] : []));
    const rewards = answers.reward(params.beta);
    if (used.length === 0) return { loss: nothing(answers.sum), over: 0, rewards };
    const minusZ: Tensor1D = tf.sub(
      tf.tensor1d(used.map((i) => delta[i]!)),
      pick(pairs.margin(params.beta), used),
    ); // (2)
    return { loss: tf.mean(tf.softplus(minusZ)) as Scalar, over: used.length, rewards }; // (3)
  },
});

export const odpo = defineMethod({
  id: 'odpo',
  name: 'ODPO',
  chapter: 'pairwise',
  paper: {
    title: 'Direct Preference Optimization with an Offset',
    authors: 'Afra Amini, Tim Vieira, Ryan Cotterell',
    year: 2024,
    arxiv: '2402.10571',
    url: 'https://arxiv.org/abs/2402.10571',
  },
  summary: 'Asks for a larger margin where the scores of the two answers lie further apart.',
  tex: String.raw`\mathcal{L} = -\log \sigma\!\left( \beta h - \Delta \right), \quad \Delta = \alpha f\big(r(y_w) - r(y_l)\big)`,
  notes: [
    'With the logarithm, a gap below 1 gives a negative offset: the pair is asked for less than in DPO. Rescaling the scores changes the method.',
    'A pair without a finite offset (equal scores, or a ratio of scores that are not positive) is left out of the mean.',
    'On chained arithmetic no difference from DPO on the same pairs could be seen.',
  ],
  kin: { id: 'dpo', change: 'with an offset that grows with the gap of the scores', axis: 'bar' },
  aims: ['fewer-pairs'],
  eats: 'pairs',
  params: {
    beta,
    alpha: number({
      label: 'alpha',
      help: 'Size of the offset; 0 is DPO.',
      min: 0,
      max: 10,
      default: 1,
      from: 'paper',
    }),
    scale: choice({
      label: 'offset from',
      help: 'How the scores become an offset.',
      options: { log: 'the log of the gap', gap: 'the gap', ratio: 'the log of the ratio' },
      default: 'log',
      from: 'paper',
    }),
  },
  sources: [bestAndWorst],
  passes: (params) => [{ id: 'odpo', label: 'ODPO', objective: offset(params) }],
  presets: [
    {
      id: 'imdb',
      name: 'As released for IMDB',
      summary: 'beta 0.7, alpha 0.5.',
      params: { beta: 0.7, alpha: 0.5 },
    },
    {
      id: 'toxicity',
      name: 'As released for toxicity',
      summary: 'beta 0.05, alpha 1.',
      params: { beta: 0.05, alpha: 1 },
    },
    {
      id: 'tldr',
      name: 'As released for TL;DR',
      summary: 'beta 0.5, alpha 1.',
      params: { beta: 0.5, alpha: 1 },
    },
    {
      id: 'every-pair',
      name: 'Every pair of a problem',
      summary: 'All answers to a problem that differ in score are pairs, as in the paper.',
      source: { id: 'all-pairs-by-score' },
    },
  ],
  defaults: {
    paper: { beta: 0.5, alpha: 1, learningRate: 5e-7, batchSize: 32, optimizer: 'RMSprop', warmupSteps: 150 },
    learningRate: 1e-4,
    batchSize: 16,
  },
});
