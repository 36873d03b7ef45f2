/**
 * LiPO-lambda: all pairs of a ranked list by the logistic loss, each weighted by how much a swap of the two would change the
 * list's discounted gain.
 *
 *   s_i   = beta S_i                                                                           (1)
 *   D_ij  = |2^v_i - 2^v_j| |1 / log(1 + tau_i) - 1 / log(1 + tau_j)|, no gradient             (2)
 *   L     = sum over pairs with v_i > v_j of D_ij softplus(-(s_i - s_j)); mean over prompts that have one   (3)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     v  score in 0..1
 *   tau  rank in the list by s, 1 the largest; equal ones in their order      beta  strength of the pull to the reference
 *
 * Where we differ: nothing known; there is no official code. The logarithm is the natural one.
 *
 * Source: Liu et al. 2024; our reading.
 */
import { rankedLists } from '../../sources/ranked-lists';
import type { Scalar } from '../../tf';
import { tf } from '../../tf';
import { nothing, pick } from '../maths';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from '../pairwise/dpo';
import { lambdas, orderedPairs } from './tpo';

const lambdaWeighted = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true, scores: true },
  rewardScale: beta,
  loss(input) {
    const { answers } = input;
    const s = answers.reward(beta); // (1) [P]
    const { pairs, prompts } = orderedPairs(input);
    if (prompts === 0) return { loss: nothing(answers.sum), over: 0, rewards: s };
    const side = (of: 'i' | 'j') =>
      pick(
        s,
        pairs.map((pair) => pair[of]),
      );
    const perPair = tf.softplus(tf.sub(side('j'), side('i')));
    const weighted = tf.mul(lambdas(input, pairs), perPair); // (2)
    return { loss: tf.div(tf.sum(weighted), prompts) as Scalar, over: prompts, rewards: s }; // (3)
  },
});

export const lipo = defineMethod({
  id: 'lipo',
  name: 'LiPO-λ',
  chapter: 'listwise',
  paper: {
    title: 'LiPO: Listwise Preference Optimization through Learning-to-Rank',
    authors:
      'Tianqi Liu, Zhen Qin, Junru Wu, Jiaming Shen, Misha Khalman, Rishabh Joshi, Yao Zhao, Mohammad Saleh, Simon Baumgartner, Jialu Liu, Peter J. Liu, Xuanhui Wang',
    year: 2024,
    arxiv: '2402.01878',
    url: 'https://arxiv.org/abs/2402.01878',
  },
  summary:
    'Learning to rank: all pairs of a list, weighted by what their order means for the top of the list.',
  tex: String.raw`\mathcal{L} = -\sum_{v_i > v_j} \Delta_{ij} \log\sigma(s_i - s_j), \quad \Delta_{ij} = |2^{v_i} - 2^{v_j}| \Big| \tfrac1{\log(1+\tau_i)} - \tfrac1{\log(1+\tau_j)} \Big|`,
  notes: [
    'Weights as TPO has them, without its weights of steps; not checked against the paper’s text.',
    'With scores between 0 and 1 and two answers it is DPO times a constant.',
  ],
  kin: { id: 'tpo', change: 'on whole answers', axis: 'lists' },
  eats: 'lists',
  params: {
    beta: { ...beta, from: 'ours' },
  },
  sources: [rankedLists],
  passes: (params) => [{ id: 'lipo', label: 'LiPO-λ', objective: lambdaWeighted(params) }],
  defaults: { paper: {}, learningRate: 1e-4, batchSize: 8 },
});
