/**
 * Accelerated Preference Optimization: rounds of DPO with Nesterov's momentum. Iterated DPO is a proximal-point method; here every
 * round but the first begins a little further along the way that the last one went.
 *
 *   hat_k = the weights after round k of DPO: from pi_(k-1), against pi_(k-1), on its answers  (1)
 *   pi_k  = hat_k + alpha (hat_k - hat_(k-1)),  hat_0 = pi_0 = the start                       (2)
 *   L     = softplus(-beta_k (S_w - S_l)), mean over pairs;  beta_k = beta growth^(k-1)        (3)
 *
 *   S     sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   alpha momentum; 0 is iterated DPO
 *
 * The run returns hat_k of its last round, before any extrapolation. (2) is a step in the space of weights, as in the paper's
 * experiments; it is exact in that of distributions for log-linear policies.
 *
 * Where we differ: rounds are a share of the run's steps each; the judge is the verifier, and beta stays the same unless it is told to
 * grow: with Adam and so few steps its size hardly counts.
 *
 * Source: He et al. 2024, algorithm 1 and section 6. No official code.
 */
import { bestAndWorst } from '../../sources/best-and-worst';
import { sourceWith } from '../../sources/source';
import { defineMethod } from '../method';
import { beta, logistic } from '../pairwise/dpo';
import { number } from '../params';
import type { Blend } from '../pass';
import { inRounds, roundId } from '../round';

/** (2): what round k begins with and is compared with. */
const ahead = (k: number, alpha: number): Blend => {
  if (k === 1) return 'start';
  const [last, before] = [roundId(k - 1), k === 2 ? 'start' : roundId(k - 2)];
  if (alpha === 0) return last;
  return [
    [1 + alpha, last],
    [-alpha, before],
  ];
};

export const apo = defineMethod({
  id: 'apo',
  name: 'APO (accelerated)',
  chapter: 'rounds',
  paper: {
    title: 'Accelerated Preference Optimization for Large Language Model Alignment',
    authors: 'Jiafan He, Huizhuo Yuan, Quanquan Gu',
    year: 2024,
    arxiv: '2410.06293',
    url: 'https://arxiv.org/abs/2410.06293',
  },
  summary:
    'Rounds of DPO on fresh answers with momentum: each round begins a step further in the direction of the last one.',
  tex: String.raw`\hat\theta_{k} = \arg\min_\theta \mathcal{L}_{\mathrm{DPO}}(\theta;\, \theta_{k-1}), \qquad \theta_{k} = \hat\theta_{k} + \alpha\,(\hat\theta_{k} - \hat\theta_{k-1})`,
  notes: [
    'Not to be confused with Anchored Preference Optimization, whose losses are APO-zero and APO-down.',
    'The rounds share the run’s steps evenly. The paper has betas of 0.01, 0.1 and 1: beta 0.01 with growth 10.',
    'With all weights trained the extrapolation is exact; that of an adapter is cut back to its rank.',
    'At this size, over three seeds of chained arithmetic: 54.0 right answers in 100 become 76.7 (gain 15.8 to 29.5), as many steps of DPO on one set of pairs at its own rate 68.8. A trial saw momentum of 0.3 or 0.6 within the noise of none.',
    'Of a file the rounds take a part each, since there is nothing here to judge new answers by.',
  ],
  kin: { id: 'dpo', change: 'in rounds of fresh answers, with momentum', axis: 'again' },
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'ours' },
    alpha: number({
      label: 'alpha',
      help: 'Momentum: how far a round begins beyond the last one, as a share of the way that it went; 0 is iterated DPO.',
      min: 0,
      max: 0.9,
      default: 0.3,
      from: 'paper',
    }),
    rounds: number({
      label: 'rounds',
      help: 'How often new answers are sampled and trained on.',
      min: 1,
      max: 8,
      integer: true,
      default: 3,
      from: 'paper',
    }),
    growth: number({
      label: 'growth of beta',
      help: 'Factor from one round’s beta to the next; the paper’s is 10, from 0.01.',
      min: 1,
      max: 100,
      scale: 'log',
      default: 1,
      from: 'ours',
    }),
  },
  sources: [sourceWith(bestAndWorst, { samples: 5, temperature: 0.7, topP: 0.9 })],
  passes: ({ beta, alpha, rounds, growth }) =>
    inRounds(rounds, (k) => ({
      objective: logistic({ beta: beta * growth ** (k - 1) }), // (3)
      from: ahead(k, alpha),
      reference: ahead(k, alpha), // (1)
      share: 1 / rounds,
      ...(k > 1 && { trees: 'fresh' as const }),
    })),
  defaults: {
    paper: {
      beta: '0.01, 0.1, 1',
      alpha: 0.3,
      rounds: 3,
      learningRate: 5e-7,
      batchSize: 64,
      optimizer: 'RMSprop',
    },
    learningRate: 1e-4,
    batchSize: 16,
  },
});
