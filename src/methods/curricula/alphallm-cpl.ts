/**
 * AlphaLLM-CPL: the policy learns from the pairs of its own tree search, in an order that is made anew for every epoch.
 *
 *   pairs: every two steps that follow the same ones in a searched tree and differ in worth by tau or more, the steps before
 *          them given; and right answers of the tree with wrong ones, whole                     (1)
 *   L    = softplus(-beta (S_w - S_l)), mean over pairs                                        (2)
 *   G    = Q_w - Q_l, the gap of the rewards; P = a_w - a_l under the policy of this epoch      (3)
 *   score = alpha rank(G) + (1 - alpha) rank(P), ranks from 0 to 1 among the pairs of a prompt: the largest G first, and the
 *          smallest P (or the largest); smallest score first                                   (4)
 *
 *   S    sum over the side's tokens of (l_t - l0_t), log-probs under policy and reference       w, l  chosen, rejected
 *   Q    mean of what came back through the node       a  mean log-prob of the side's tokens
 *   beta strength of the pull to the reference
 *
 * Where we differ: the paper's alpha, tau and beta and the direction of P were not found; the scores of (4) and the turns that
 * prompts take are our reading.
 *
 * Source: Wang et al. 2024; no official code.
 */
import { sourceWith } from '../../sources/source';
import { treeSearch } from '../../sources/tree-search';
import { meanPerAnswer } from '../../tree/per-answer';
import type { PreferenceTree } from '../../tree/tree';
import { range } from '../../util/range';
import { defineMethod } from '../method';
import type { Order } from '../order';
import { beta, logistic } from '../pairwise/dpo';
import { choice, number } from '../params';

interface Curriculum {
  alpha: number;
  direction: 'hard-first' | 'easy-first';
  scope: 'prompt' | 'all';
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/** G of a tree: the mean over its comparisons. A pair that does not say has 0. */
const rewardGap = ({ comparisons, responses }: PreferenceTree): number =>
  mean(
    comparisons.map(({ chosen, rejected, margin }) => {
      const [won, lost] = [responses[chosen]?.score, responses[rejected]?.score];
      return margin ?? (won !== undefined && lost !== undefined ? won - lost : 0);
    }),
  );

/** P of a tree, likewise. @param perAnswer mean log-prob of each answer's scored tokens */
const policyGap = ({ comparisons }: PreferenceTree, perAnswer: readonly number[]): number =>
  mean(comparisons.map(({ chosen, rejected }) => perAnswer[chosen]! - perAnswer[rejected]!));

/** Ranks from 0 to 1, the smallest value first, equal ones alike. */
const rank01 = (values: readonly number[]): number[] => {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  const place = new Map(distinct.map((value, i) => [value, i / Math.max(1, distinct.length - 1)]));
  return values.map((value) => place.get(value)!);
};

/** (4) of the trees at these indices. */
const scores = (
  own: readonly number[],
  gaps: readonly number[],
  policy: readonly number[],
  how: Curriculum,
) => {
  const byReward = rank01(own.map((i) => -gaps[i]!));
  const byPolicy = rank01(own.map((i) => (how.direction === 'hard-first' ? policy[i]! : -policy[i]!)));
  return own.map((_, k) => how.alpha * byReward[k]! + (1 - how.alpha) * byPolicy[k]!);
};

/**
 * The pairs of each prompt by (4). Prompts take turns in an order that is drawn anew: the first pair of each, then the second of
 * those that have one, and so on; or all pairs are ranked against each other.
 */
export const curriculum = (how: Curriculum): Order => ({
  id: 'curriculum',
  epoch: async ({ trees, rng, policy: score }) => {
    const gaps = trees.map(rewardGap);
    const logProbs = await score();
    const policy = trees.map((tree, i) => policyGap(tree, meanPerAnswer(tree, logProbs[i]!)));
    const groups = new Map<string, number[]>();
    for (const [i, tree] of trees.entries()) {
      const key = how.scope === 'all' ? '' : tree.nodes[0]!.tokens.join(' ');
      groups.set(key, [...(groups.get(key) ?? []), i]);
    }
    const ranked = [...groups.values()].map((own) => {
      const score = scores(own, gaps, policy, how);
      return range(own.length)
        .sort((a, b) => score[a]! - score[b]! || a - b)
        .map((k) => own[k]!);
    });
    const turns = rng.shuffle(ranked);
    const longest = Math.max(...turns.map(({ length }) => length));
    return range(longest).flatMap((turn) => turns.flatMap((own) => (turn < own.length ? [own[turn]!] : [])));
  },
});

export const alphallmCpl = defineMethod({
  id: 'alphallm-cpl',
  name: 'AlphaLLM-CPL',
  chapter: 'curricula',
  paper: {
    title:
      'Towards Self-Improvement of LLMs via MCTS: Leveraging Stepwise Knowledge with Curriculum Preference Learning',
    authors: 'Xiyao Wang, Linfeng Song, Ye Tian, Dian Yu, Baolin Peng, Haitao Mi, Furong Huang, Dong Yu',
    year: 2024,
    arxiv: '2410.06508',
    url: 'https://arxiv.org/abs/2410.06508',
  },
  summary:
    'Searches a tree of steps for each problem, makes pairs of steps that follow the same ones and turned out better and worse, and orders them anew for every epoch by what the policy already knows.',
  tex: String.raw`\mathcal{L} = -\log\sigma\big(\beta (S_w - S_l)\big), \quad \text{ordered by } \alpha\,\mathrm{rank}\big(Q_w - Q_l\big) + (1-\alpha)\,\mathrm{rank}\big(\bar\ell_w - \bar\ell_l\big)`,
  notes: [
    'The paper’s alpha, tau, beta and the direction of the policy’s gap were not found: ours are the defaults, and both directions can be chosen.',
    'Pairs are ranked among those of their problem; problems take turns in a random order (our reading), or all pairs are ranked together.',
    'Search by UCB, as in the paper; a step that does not end the answer is judged by answers sampled on from it, where the paper trains critics.',
    'An ended answer of the tree gives its reward once. The policy’s gap is taken per token, so that long sides do not decide the order.',
    'What shows at this size: pairs of the search turn the built-in habit round as fast as Step-DPO’s do. That the order matters does not show: a problem has one to three pairs.',
  ],
  kin: {
    id: 'dpo',
    axis: 'order',
    change: 'on a tree search’s pairs, in a new order every epoch',
  },
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'ours' },
    alpha: number({
      label: 'alpha',
      help: 'Share of the reward’s gap in the order; the rest is the policy’s. 1 is an order that does not change.',
      min: 0,
      max: 1,
      default: 0.5,
      from: 'ours',
    }),
    direction: choice({
      label: 'the policy’s gap',
      help: 'Which pairs come first by the policy’s own gap.',
      options: {
        'hard-first': 'those that it gets wrong first',
        'easy-first': 'those that it gets right first',
      },
      default: 'hard-first',
      from: 'ours',
    }),
    scope: choice({
      label: 'ranked',
      help: 'Among which pairs a pair has its rank.',
      options: { prompt: 'within each prompt', all: 'all together' },
      default: 'prompt',
      from: 'paper',
    }),
  },
  sources: [sourceWith(treeSearch, { grain: 'pair', trajectories: 1 })],
  passes: (params) => [
    {
      id: 'alphallm-cpl',
      label: 'AlphaLLM-CPL',
      objective: logistic({ beta: params.beta }), // (2)
      order: curriculum(params), // (3), (4)
    },
  ],
  defaults: { paper: {}, learningRate: 5e-5, batchSize: 32 },
});
