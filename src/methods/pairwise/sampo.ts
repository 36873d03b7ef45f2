/**
 * SamPO: DPO on equally many tokens of either answer. Of the longer one as many as the shorter one has are drawn at random, so
 * that length alone earns no reward.
 *
 *   n* = min(n_w, n_l);  T a random set of n* of an answer's tokens                            (1)
 *   z  = beta (sum over T_w of rho_t - sum over T_l of rho_t)                                  (2)
 *   L  = softplus(-z), mean over pairs                                                         (3)
 *
 *   rho_t  l_t - l0_t, log-probs of policy and reference     n  scored tokens     w, l  chosen, rejected
 *   beta   strength of the pull to the reference
 *
 * Where we differ: the draw is a function of answer, token and `draw`, and so the same in every epoch; the released code draws
 * anew in every step.
 *
 * Source: Lu et al. 2024; LuJunru/SamPO. Our reading of the abstract and of what is said of the code.
 */
import { sparseMatrix, sparseProduct } from '../../kernels/sparse-product';
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import type { PackedBatch } from '../../tree/packed-batch';
import { range } from '../../util/range';
import { hash } from '../../util/rng';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { number } from '../params';
import { beta } from './dpo';

/** (1): entries of `count` tokens of an answer, those with the smallest hashes. */
const drawn = (batch: PackedBatch, answer: number, count: number, draw: number): number[] => {
  const { tree, index, entryStart, entryEnd } = batch.responses[answer]!;
  const name = `${batch.trees[tree]!.id} ${index}`;
  return range(entryEnd - entryStart)
    .map((t) => ({ entry: entryStart + t, key: hash(`${name} ${t}`, draw) }))
    .sort((a, b) => a.key - b.key || a.entry - b.entry)
    .slice(0, count)
    .map(({ entry }) => entry);
};

const sampled = ({ beta, draw }: { beta: number; draw: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ batch, pairs, answers, tokens }) {
    const length = (r: number) => batch.responses[r]!.entryEnd - batch.responses[r]!.entryStart;
    const rows = pairs.items.map(({ chosen, rejected }) => {
      const count = Math.min(length(chosen), length(rejected));
      const side = (answer: number, factor: number) =>
        drawn(batch, answer, count, draw).map((entry) => [entry, factor] as const);
      return [...side(chosen, -beta), ...side(rejected, beta)];
    });
    const rho = tf.sub(tokens.logProb, tokens.refLogProb) as Tensor1D;
    const minusZ = sparseProduct(sparseMatrix(rows, tokens.count), rho); // (2) [C]
    return { loss: tf.mean(tf.softplus(minusZ)) as Scalar, over: pairs.count, rewards: answers.reward(beta) }; // (3)
  },
});

export const sampo = defineMethod({
  id: 'sampo',
  name: 'SamPO',
  chapter: 'pairwise',
  paper: {
    title:
      'Eliminating Biased Length Reliance of Direct Preference Optimization via Down-Sampled KL Divergence',
    authors: 'Junru Lu, Jiazheng Li, Siyu An, Meng Zhao, Yulan He, Di Yin, Xing Sun',
    year: 2024,
    arxiv: '2406.10957',
    url: 'https://arxiv.org/abs/2406.10957',
  },
  summary:
    'DPO in which the longer answer counts with a random part of its tokens, as many as the shorter one has.',
  tex: String.raw`\mathcal{L} = -\log\sigma\Big( \beta \sum_{t \in T_w} \rho_t - \beta \sum_{t \in T_l} \rho_t \Big), \quad |T_w| = |T_l| = \min(n_w, n_l)`,
  notes: [
    'The formula was not checked against the paper’s text or code.',
    'Which tokens are drawn is fixed for the run, so that a run can be repeated and resumed; the released code draws anew in every step.',
    'Built-in problems have answers of nearly equal length: there it is almost DPO. The rewards shown are over all tokens.',
  ],
  kin: { id: 'dpo', change: 'on equally many tokens of either answer', axis: 'length' },
  aims: ['length'],
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'ours' },
    draw: number({
      label: 'draw',
      help: 'Which random part of the longer answer counts; another number draws other tokens.',
      min: 0,
      max: 1000000,
      integer: true,
      default: 1,
      from: 'ours',
    }),
  },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'sampo', label: 'SamPO', objective: sampled(params) }],
  defaults: { paper: {}, learningRate: 5e-5, batchSize: 16 },
});
