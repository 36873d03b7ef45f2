/**
 * TPO: list-wise preference over the leaves of a tree, with the gains and discounts of DCG, and a weight for each pair of steps.
 *
 *   s_ij  = beta sum over steps k of w_ijk (R_ik - R_jk)                                       (1)
 *   w_ijk = 1 + cos(h_ik, h_jk), 1 - cos, or 1; 1 beyond the shorter answer's steps; no gradient (2)
 *   lambda_ij = |2^v_i - 2^v_j| |1 / log(1 + tau_i) - 1 / log(1 + tau_j)|, or 1                (3)
 *   L     = sum over pairs of a prompt with v_i > v_j of lambda_ij softplus(-s_ij); mean over prompts that have one  (4)
 *
 *   R_ik  sum over the tokens of step k of answer i of (l_t - l0_t)      v  score in 0..1
 *   tau   rank in the list by beta times the sum of all R, 1 the largest      h  mean final hidden state of a step
 *
 * Where we differ: the paper's intent, not the code.
 *
 * Source: Liao et al. 2024, section 4; LiPO-lambda (arXiv 2402.01878) for the weights.
 */

import { sparseMatrix, sparseProduct } from '../../kernels/sparse-product';
import { branchedLists } from '../../sources/branched-lists';
import { rankedLists } from '../../sources/ranked-lists';
import { sourceWith } from '../../sources/source';
import type { Scalar, Tensor1D, Tensor2D } from '../../tf';
import { tf } from '../../tf';
import { range } from '../../util/range';
import { nothing, pick, ranksOf, withoutHistory } from '../maths';
import { defineMethod } from '../method';
import type { LossInput, Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { choice } from '../params';

interface TpoParams {
  beta: number;
  lambda: 'dcg' | 'none';
  stepWeight: 'none' | '1-cos' | '1+cos';
}

interface OrderedPair {
  i: number;
  j: number;
}

/** Pairs of one prompt with v_i > v_j; the prompts that have any. */
export const orderedPairs = ({ batch, lists }: LossInput): { pairs: OrderedPair[]; prompts: number } => {
  const score = (r: number) => batch.responses[r]!.score!;
  const perPrompt = lists.items.map((own) =>
    own.flatMap((i) => own.flatMap((j) => (score(i) > score(j) ? [{ i, j }] : []))),
  );
  return { pairs: perPrompt.flat(), prompts: perPrompt.filter((own) => own.length > 0).length };
};

/** (3) [pairs], no gradient */
export const lambdas = ({ answers, batch, lists }: LossInput, pairs: readonly OrderedPair[]): Tensor1D => {
  const n = answers.count;
  const alike = new Float32Array(n * n);
  for (const own of lists.items) for (const i of own) for (const j of own) alike[i * n + j] = 1;
  const rank = tf.add(ranksOf(answers.logRatio, tf.tensor2d(alike, [n, n])), 1) as Tensor1D; // tau, from 1
  const discount = withoutHistory(rank, (tau) => tf.div(1, tf.log(tf.add(1, tau))) as Tensor1D);
  const gap = tf.abs(
    tf.sub(
      pick(
        discount,
        pairs.map(({ i }) => i),
      ),
      pick(
        discount,
        pairs.map(({ j }) => j),
      ),
    ),
  );
  const gain = pairs.map(({ i, j }) =>
    Math.abs(2 ** batch.responses[i]!.score! - 2 ** batch.responses[j]!.score!),
  );
  return tf.mul(tf.tensor1d(gain), gap);
};

/** A step of one side of a pair: `other` is the step of the other side with which it is compared. */
interface PairStep {
  pair: number;
  step: number;
  other: number | undefined;
  sign: 1 | -1;
}

const pairSteps = ({ batch }: LossInput, pairs: readonly OrderedPair[]): PairStep[] =>
  pairs.flatMap(({ i, j }, pair) => {
    const [a, b] = [batch.responses[i]!, batch.responses[j]!];
    const shared = Math.min(a.stepEnd - a.stepStart, b.stepEnd - b.stepStart);
    const side = (own: typeof a, other: typeof a, sign: 1 | -1) =>
      range(own.stepEnd - own.stepStart).map((k) => ({
        pair,
        step: own.stepStart + k,
        other: k < shared ? other.stepStart + k : undefined,
        sign,
      }));
    return [...side(a, b, 1), ...side(b, a, -1)];
  });

/** (2) [pair steps]; `hidden` has no history, so that this has none either. */
const stepWeights = (hidden: Tensor2D, steps: readonly PairStep[], sign: 1 | -1): Tensor1D => {
  const own = tf.gather(
    hidden,
    steps.map(({ step }) => step),
  );
  const other = tf.gather(
    hidden,
    steps.map((s) => s.other ?? s.step),
  );
  const norms = tf.maximum(tf.mul(tf.norm(own, 2, 1), tf.norm(other, 2, 1)), 1e-12);
  const cos = tf.div(tf.sum(tf.mul(own, other), 1), norms);
  const compared = tf.tensor1d(steps.map((s) => (s.other === undefined ? 0 : sign)));
  return tf.add(1, tf.mul(compared, cos)) as Tensor1D;
};

const ranked = ({ beta, lambda, stepWeight }: TpoParams): Objective => ({
  reads: { reference: true, scores: true, ...(stepWeight !== 'none' && { hidden: true as const }) },
  rewardScale: beta,
  loss(input) {
    const { answers, steps } = input;
    const rewards = answers.reward(beta);
    const { pairs, prompts } = orderedPairs(input);
    if (prompts === 0) return { loss: nothing(answers.sum), over: 0, rewards };
    const met = pairSteps(input, pairs);
    const ratio = pick(
      steps.logRatio,
      met.map(({ step }) => step),
    ); // R
    const weighed =
      stepWeight === 'none'
        ? ratio
        : (tf.mul(stepWeights(input.hidden!, met, stepWeight === '1+cos' ? 1 : -1), ratio) as Tensor1D);
    const rows = pairs.map((): [number, number][] => []);
    met.forEach(({ pair, sign }, e) => void rows[pair]!.push([e, -beta * sign]));
    const minusS = sparseProduct(sparseMatrix(rows, met.length), weighed); // -(1)
    const perPair = tf.softplus(minusS) as Tensor1D;
    const weight = lambda === 'dcg' ? lambdas(input, pairs) : tf.onesLike(perPair);
    return { loss: tf.div(tf.sum(tf.mul(weight, perPair)), prompts) as Scalar, over: prompts, rewards }; // (4)
  },
});

export const tpo = defineMethod({
  id: 'tpo',
  name: 'TPO',
  chapter: 'listwise',
  paper: {
    title: 'TPO: Aligning Large Language Models with Multi-branch & Multi-step Preference Trees',
    authors: 'Weibin Liao, Xu Chu, Yasha Wang',
    year: 2024,
    arxiv: '2410.12854',
    url: 'https://arxiv.org/abs/2410.12854',
  },
  summary:
    'Ranks all answers of a tree at once, the top of the list first, and weighs steps by how alike they are in the two answers.',
  tex: String.raw`\mathcal{L} = -\sum_{v_i > v_j} \lambda_{ij} \log\sigma(s_{ij}), \quad \lambda_{ij} = |2^{v_i} - 2^{v_j}| \Big| \tfrac1{\log(1+\tau_i)} - \tfrac1{\log(1+\tau_j)} \Big|`,
  notes: [
    'The released code cannot serve as a reference (it lowers the ranking and scores every token by the first one’s distribution); the paper’s form is taken.',
    'The paper’s step weight is 1 + cos, which gives alike steps more; off by default, since it hardly matters there. 1 - cos is our variant.',
    'Branches are cut from the solution at random steps and written on by the model, as in the released code, whose list is the solution, three branches and a wrong answer. Scores are the verifier’s, where the paper asks a judge.',
    'At this size a hint of a gain over DPO on the best and worst of the same lists; the weights of pairs and of steps make none that three runs could show.',
  ],
  kin: { id: 'dpo', change: 'over whole lists, weighted as in DCG', axis: 'lists' },
  aims: ['fewer-pairs'],
  eats: 'lists',
  params: {
    beta: { ...beta, default: 0.5, from: 'code' },
    lambda: choice({
      label: 'weight of a pair',
      help: 'Whether pairs at the top of the list count for more.',
      options: { dcg: 'gain and discount, as in DCG', none: 'all alike' },
      default: 'dcg',
      from: 'paper',
    }),
    stepWeight: choice({
      label: 'weight of a step',
      help: 'How steps are weighted by the likeness of their hidden states in the two answers.',
      options: { none: 'not', '1-cos': 'different steps more', '1+cos': 'alike steps more, as the paper' },
      default: 'none',
      from: 'ours',
    }),
  },
  sources: [branchedLists, sourceWith(rankedLists, { levels: 3 })],
  passes: (params) => [{ id: 'tpo', label: 'TPO', objective: ranked(params) }],
  presets: [
    {
      id: 'alike-steps',
      name: 'Steps weighted as in the paper',
      summary: 'Steps whose hidden states are alike in the two answers weigh more.',
      params: { stepWeight: '1+cos' },
    },
    {
      id: 'both-traces',
      name: 'Branches from both traces',
      summary: 'The wrong answer is cut and written on from, too.',
      source: { id: 'branched-lists', params: { trunks: 'both' } },
    },
    {
      id: 'own-answers',
      name: 'Lists of own answers',
      summary: 'No branches: eight answers of the model, of which lists with three levels of score are kept.',
      source: { id: 'ranked-lists', params: { levels: 3 } },
    },
  ],
  defaults: { paper: { beta: 0.5, learningRate: 5e-7, batchSize: 1 }, learningRate: 1e-4, batchSize: 8 },
});
