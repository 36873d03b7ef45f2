/**
 * LD-DPO: DPO in which the part of the longer answer that the shorter one has no counterpart for is weighted down.
 *
 *   n* = min(n_w, n_l)                                                                         (1)
 *   c_t = 1 for t <= n*,  alpha beyond                                                         (2)
 *   S   = sum over tokens of c_t (l_t - l0_t)                                                  (3)
 *   L   = softplus(-beta (S_w - S_l)), mean over pairs                                         (4)
 *
 *   S    as in (3); l_t, l0_t log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *   n    scored tokens    alpha  1 is DPO, 0 cuts both answers to the shorter one's length
 *
 * Where we differ: nothing; the same weights on policy and reference. An answer in several comparisons has weights of its own in each;
 * its reward and credit are shown with their mean.
 *
 * Source: Liu et al. 2024, equations 9 and 10; TRL, dpo_trainer.py (ld_alpha).
 */
import { sparseMatrix, sparseProduct } from '../../kernels/sparse-product';
import { lengthBiased } from '../../sources/length-biased';
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import type { PackedBatch } from '../../tree/packed-batch';
import { range } from '../../util/range';
import { defineMethod } from '../method';
import type { CoefficientInput, LossInput, Objective } from '../objective';
import { number } from '../params';
import { talkative } from '../talkative';
import { beta } from './dpo';

interface LdDpoParams {
  beta: number;
  alpha: number;
}

/** Scored tokens of both sides of a comparison, each with its c_t there. */
const sides = (alpha: number, { responses }: PackedBatch, of: { chosen: number; rejected: number }) => {
  const [w, l] = [responses[of.chosen]!, responses[of.rejected]!];
  const shared = Math.min(w.entryEnd - w.entryStart, l.entryEnd - l.entryStart); // (1)
  return [w, l].flatMap(({ entryStart, entryEnd }, side) =>
    range(entryEnd - entryStart).map((t) => ({
      entry: entryStart + t,
      sign: side === 0 ? 1 : -1,
      c: Math.fround(t < shared ? 1 : alpha), // (2)
    })),
  );
};

/** (2); of an answer in several comparisons the mean. */
const tailWeights =
  (alpha: number) =>
  ({ batch }: CoefficientInput): Float32Array => {
    const weight = batch.entries.weight.slice();
    const [sum, uses] = [new Float64Array(weight.length), new Float64Array(weight.length)];
    for (const { entry, c } of batch.comparisons.flatMap((pair) => sides(alpha, batch, pair))) {
      sum[entry]! += c;
      weight[entry] = sum[entry]! / ++uses[entry]!;
    }
    return weight;
  };

/** What -beta (S_w - S_l) lacks where c_t of a comparison is not the mean of the answer's. Undefined where nothing does. */
const correction = (
  { tokens, pairs, batch }: LossInput,
  { beta, alpha }: LdDpoParams,
): Tensor1D | undefined => {
  const rows = pairs.items.map((pair) =>
    sides(alpha, batch, pair)
      .map(({ entry, sign, c }): [number, number] => [entry, -beta * sign * (c - tokens.weight[entry]!)])
      .filter(([, factor]) => factor !== 0),
  );
  if (rows.every((row) => row.length === 0)) return undefined;
  return sparseProduct(sparseMatrix(rows, tokens.count), tf.sub(tokens.logProb, tokens.refLogProb));
};

const desensitised = (params: LdDpoParams): Objective => ({
  reads: { reference: true },
  rewardScale: params.beta,
  coefficients: tailWeights(params.alpha),
  loss(input) {
    const { pairs, answers } = input;
    const rest = correction(input, params);
    const minusZ = rest ? tf.add(pairs.margin(-params.beta), rest) : pairs.margin(-params.beta); // (3) [C]
    return {
      loss: tf.mean(tf.softplus(minusZ)) as Scalar, // (4)
      over: pairs.count,
      rewards: answers.reward(params.beta),
    };
  },
});

export const ldDpo = defineMethod({
  id: 'ld-dpo',
  name: 'LD-DPO',
  chapter: 'pairwise',
  paper: {
    title: 'Length Desensitization in Direct Preference Optimization',
    authors:
      'Wei Liu, Yang Bai, Chengcheng Han, Rongxiang Weng, Jun Xu, Xuezhi Cao, Jingang Wang, Xunliang Cai',
    year: 2024,
    arxiv: '2409.06411',
    url: 'https://arxiv.org/abs/2409.06411',
  },
  summary:
    'Counts the tokens beyond the length that both answers share for less, so that length itself earns no reward.',
  tex: String.raw`\mathcal{L} = -\log \sigma\big( \beta (\hat S_w - \hat S_l) \big), \quad \hat S = \sum_{t \le n^*} \rho_t + \alpha \sum_{t > n^*} \rho_t, \quad n^* = \min(n_w, n_l)`,
  notes: [
    'EOS lies in the tail of the longer answer, so that alpha also weakens when to stop.',
    'At this size its claim does not show: on talkative sums it comes to 36.6 tokens an answer where DPO has 36.7 (three seeds). Whether to go on is decided by one token at the end of the shorter answer, which counts in full: likely the reason. On chained arithmetic answers are equally long.',
  ],
  kin: { id: 'dpo', change: 'with tokens beyond the shared length counted less', axis: 'length' },
  aims: ['length'],
  eats: 'pairs',
  params: {
    beta,
    alpha: number({
      label: 'alpha',
      help: 'Weight of the tokens beyond the length of the shorter answer; 1 is DPO.',
      min: 0,
      max: 1,
      default: 0.5,
      from: 'paper',
    }),
  },
  sources: [lengthBiased, rightAndWrong],
  passes: (params) => [{ id: 'ld-dpo', label: 'LD-DPO', objective: desensitised(params) }],
  presets: [
    { id: 'llama2', name: 'As for Llama2-13B-Chat', summary: 'alpha 0.3.', params: { alpha: 0.3 } },
    { id: 'qwen2', name: 'As for Qwen2-7B-Instruct', summary: 'alpha 0.6.', params: { alpha: 0.6 } },
  ],
  defaults: {
    paper: { beta: 0.1, alpha: 0.5, learningRate: 5e-7, batchSize: 32 },
    learningRate: 1e-4,
    batchSize: 16,
    world: talkative,
  },
});
