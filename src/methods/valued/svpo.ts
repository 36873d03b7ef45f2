/**
 * SVPO: step-level DPO, and a value head at the ends of steps that learns from the same pairs by ranking and from the search by
 * regression.
 *
 *   V   = tanh(v . h + b) at the last token of a step; of a side, at its last step             (1)
 *   L   = softplus(-beta (S_w - S_l)) + marginWeight max(0, margin - (V_w - V_l))              (2)
 *       + valueWeight (sum over the steps with a q of both sides of (V - q)^2) / (K + 1e-3)    (3)
 *       - sftWeight a_w, mean over pairs                                                       (4)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   q    worth of a step in -1..1      K  steps with a q      a  mean log-prob
 *
 * Rounds: the policy searches with its value head (the first time by rollouts, or by ended answers alone), and trains from and
 * against what the last round left; the head goes on.
 *
 * Where we differ: the value head shares the policy's trunk and trains at its learning rate. The search of the first round may
 * judge by rollouts, where the paper has nothing but ended answers.
 *
 * Source: Chen et al. 2024; MARIO-Math-Reasoning/Super_MARIO for the value head and (3).
 */

import { sparseMatrix, sparseProduct } from '../../kernels/sparse-product';
import { judgedAnswers } from '../../sources/judged-answers';
import { sourceWith } from '../../sources/source';
import { treeSearch } from '../../sources/tree-search';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { range } from '../../util/range';
import { guided, guideOf } from '../guided';
import { pick } from '../maths';
import { defineMethod } from '../method';
import type { LossInput, Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { number } from '../params';
import type { Pass } from '../pass';

interface SvpoParams {
  beta: number;
  marginWeight: number;
  valueWeight: number;
  sftWeight: number;
  margin: number;
}

const valueHead = { name: 'value', at: 'step', tanh: true } as const;

/** (3) of each pair */
const regression = ({ pairs, batch, steps, head }: LossInput): Tensor1D => {
  const q = steps.labels('q');
  const error = tf.square(tf.sub(head!, tf.tensor1d(Array.from(q, (x) => (Number.isNaN(x) ? 0 : x)))));
  const rows = pairs.items.map(({ chosen, rejected }) => {
    const own = [chosen, rejected].flatMap((answer) => {
      const { stepStart, stepEnd } = batch.responses[answer]!;
      return range(stepEnd - stepStart).map((k) => stepStart + k);
    });
    const known = own.filter((s) => !Number.isNaN(q[s]!));
    return known.map((s) => [s, 1 / (known.length + 1e-3)] as const);
  });
  return sparseProduct(sparseMatrix(rows, error.size), error as Tensor1D);
};

const valued = ({ beta, marginWeight, valueWeight, sftWeight, margin }: SvpoParams): Objective => ({
  reads: { reference: true, head: valueHead },
  rewardScale: beta,
  loss(input) {
    const { pairs, answers, batch, head } = input;
    const end = batch.responses.map(({ stepEnd }) => stepEnd - 1);
    const worth = pick(head!, end); // V of each answer (1) [P]
    const ranking = tf.relu(tf.sub(margin, pairs.difference(worth)));
    const preference = tf.add(tf.softplus(pairs.margin(-beta)), tf.mul(ranking, marginWeight)); // (2)
    const withValue = tf.add(preference, tf.mul(regression(input), valueWeight)); // (3)
    const perPair = tf.sub(withValue, tf.mul(pairs.chosen.mean, sftWeight)) as Tensor1D; // (4)
    return {
      loss: tf.mean(perPair) as Scalar,
      over: pairs.count,
      rewards: answers.reward(beta),
      aux: { 'values/margins': tf.mean(pairs.difference(worth)) as Scalar },
    };
  },
});

const round = (k: number) => `round-${k}`;

export const svpo = defineMethod({
  id: 'svpo',
  name: 'SVPO',
  chapter: 'valued',
  paper: {
    title: 'Step-level Value Preference Optimization for Mathematical Reasoning',
    authors: 'Guoxin Chen, Minpeng Liao, Chengxi Li, Kai Fan',
    year: 2024,
    arxiv: '2406.10858',
    url: 'https://arxiv.org/abs/2406.10858',
  },
  summary:
    'Trains policy and value together: steps are preferred as in DPO, and a value head ranks them and predicts their worth.',
  tex: String.raw`\mathcal{L} = -\log\sigma(\beta h) + \lambda_m \max\big(0, \gamma - (V_w - V_l)\big) + \lambda_v \frac{\sum_k (V_k - Q_k)^2}{K}`,
  notes: [
    'The paper’s margin, beta and weights were not found; those here are ours.',
    'q is what the search found, from -1 to 1; of answers with judged steps, which can be chosen instead, it is the verifier’s.',
    'The search is smaller than the paper’s (16 simulations and 4 children, where it has 40 and 5), and draws new problems every round.',
    'Guided decoding keeps the beginnings that the value head likes best; it is measured with the trained policy and with the one that the run began with, on the same problems as the greedy answers.',
    'What shows at this size, over three seeds: two rounds turn the built-in habit round, from 54.0 right answers in 100 to 72.2 and 77.3 (gain 22.6 to 24.1). What does not: that the value guides decoding. It helps the model that the run began with by 0 to 5.5, and costs the trained one 9.3 (77.3 greedily, 68.0 guided): sampled steps lose more than it wins back.',
    'Of a file of pairs there is no search: its rounds share the file out, and steps without a q train no value.',
  ],
  kin: { id: 'dpo', change: 'with a value head at the steps', axis: 'value' },
  aims: ['blame'],
  eats: 'steps',
  params: {
    beta,
    marginWeight: number({
      label: 'weight of ranking',
      help: 'Of the value head’s margin loss.',
      min: 0,
      max: 10,
      default: 1,
      from: 'ours',
    }),
    valueWeight: number({
      label: 'weight of regression',
      help: 'Of the value head’s squared error.',
      min: 0,
      max: 10,
      default: 1,
      from: 'ours',
    }),
    sftWeight: number({
      label: 'SFT weight',
      help: 'Of the chosen side’s mean log-prob.',
      min: 0,
      max: 10,
      default: 0,
      from: 'ours',
    }),
    margin: number({
      label: 'margin',
      help: 'By how much the chosen side’s value should exceed the rejected one’s, on a scale of -1 to 1.',
      min: 0,
      max: 2,
      default: 0.5,
      from: 'ours',
    }),
    rounds: number({
      label: 'rounds',
      help: 'How often the policy searches and trains on what it found.',
      min: 1,
      max: 8,
      integer: true,
      default: 2,
      from: 'ours',
    }),
    ...guided,
  },
  sources: [
    sourceWith(treeSearch, {
      rule: 'puct',
      c: 1.25,
      judge: 'head',
      signed: true,
      onRightPath: true,
    }),
    judgedAnswers,
  ],
  passes: (params) =>
    range(params.rounds).map((k): Pass => {
      const pass = { id: round(k + 1), label: `Round ${k + 1}`, objective: valued(params) };
      return k === 0 ? pass : { ...pass, from: round(k), reference: round(k), trees: 'fresh' };
    }),
  guides: guideOf,
  defaults: { paper: { batchSize: 128, learningRate: 1e-6 }, learningRate: 5e-5, batchSize: 16 },
});
