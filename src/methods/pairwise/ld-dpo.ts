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
 * Where we differ: nothing; the same weights on policy and reference.
 *
 * Source: Liu et al. 2024, equations 9 and 10; TRL, dpo_trainer.py (ld_alpha).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { CoefficientInput, Objective } from '../objective';
import { number } from '../params';
import { beta } from './dpo';

/** (1), (2): an answer of several comparisons would need several weights, so that each has one role. */
const tailWeights =
  (alpha: number) =>
  ({ batch }: CoefficientInput): Float32Array => {
    const { entries, responses, comparisons } = batch;
    const weight = entries.weight.slice();
    for (const { chosen, rejected } of comparisons) {
      const [w, l] = [responses[chosen]!, responses[rejected]!];
      const shared = Math.min(w.entryEnd - w.entryStart, l.entryEnd - l.entryStart);
      for (const { entryStart, entryEnd } of [w, l]) weight.fill(alpha, entryStart + shared, entryEnd);
    }
    return weight;
  };

const desensitised = ({ beta, alpha }: { beta: number; alpha: number }): Objective => ({
  reads: { reference: true, oneRole: true },
  rewardScale: beta,
  coefficients: tailWeights(alpha),
  loss({ pairs, answers }) {
    const minusZ = pairs.margin(-beta); // (3) [C]
    return { loss: tf.mean(tf.softplus(minusZ)) as Scalar, over: pairs.count, rewards: answers.reward(beta) }; // (4)
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
    'Built-in problems have answers of nearly equal length: there alpha changes nothing that can be measured.',
  ],
  kin: { id: 'dpo', change: 'with the tokens beyond the shared length counted for less' },
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
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'ld-dpo', label: 'LD-DPO', objective: desensitised(params) }],
  defaults: {
    paper: { beta: 0.1, alpha: 0.5, learningRate: 5e-7, batchSize: 32 },
    learningRate: 1e-4,
    batchSize: 16,
  },
});
