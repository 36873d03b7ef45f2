/**
 * Curry-DPO: several pairs of every prompt, trained from easy to hard. A pair is easy when its answers are far apart; every stage
 * begins with what the one before made and has it as its reference.
 *
 *   R1 > R2 > R3 > R4, by rating:  easy (R1, R4), then (R1, R3), hard (R1, R2)                 (1)
 *   stage k: DPO on its pairs, from stage k - 1 and against stage k - 1; stage 0 is the start  (2)
 *   gap of a pair: r(y_w) - r(y_l), or log pi_0(y_w) - log pi_0(y_l)                           (3)
 *
 *   r    rating of an answer      pi_0  the model at the start, summed over the answer's tokens      w, l  chosen, rejected
 *
 * Where we differ: the stages are cut from all pairs by their gap, unless they are to be cut within each prompt as in the paper: few
 * problems here have answers of four different ratings. The sign of (3) by log-probs is our reading.
 *
 * Source: Pattnaik et al. 2024, section 3; ServiceNow-AI/Curriculum_DPO_preferences. No training code.
 */
import { bestAgainstOthers } from '../../sources/best-against-others';
import { responseSums } from '../../tree/response-sums';
import type { PreferenceTree } from '../../tree/tree';
import { range } from '../../util/range';
import { cutOf, gapOf, widestFirst } from '../gap';
import { defineMethod } from '../method';
import type { Order, OrderContext } from '../order';
import { beta, logistic } from '../pairwise/dpo';
import { choice, number } from '../params';

const orders = {
  'easy-first': 'easy pairs first, the paper’s',
  'hard-first': 'hard pairs first',
  pooled: 'every stage on all pairs, shuffled',
} as const;

const gaps = {
  rating: 'by the ratings of its answers',
  'log-prob': 'by their log-probs under the model at the start',
} as const;

const cuts = {
  all: 'all pairs together',
  prompt: 'the pairs of each prompt by themselves, the paper’s',
} as const;

interface Curriculum {
  stages: number;
  order: keyof typeof orders;
  gap: keyof typeof gaps;
  cut: keyof typeof cuts;
}

/** (3) by log-probs: mean over a tree's comparisons. */
const likelihoodGap = (tree: PreferenceTree, perEntry: Float32Array): number => {
  const sums = responseSums(tree, perEntry);
  const gaps = tree.comparisons.map(({ chosen, rejected }) => sums[chosen]!.sum - sums[rejected]!.sum);
  return gaps.reduce((a, b) => a + b, 0) / gaps.length;
};

/** (1): the pairs of stage k, from 0, of all pairs by falling gap. */
const stageOf = (
  trees: readonly PreferenceTree[],
  gaps: readonly (number | undefined)[],
  k: number,
  { stages, cut }: Pick<Curriculum, 'stages' | 'cut'>,
): number[] => {
  const sorted = widestFirst(gaps);
  if (cut === 'all') return cutOf(sorted, k, stages);
  const byPrompt = new Map<string, number[]>();
  for (const i of sorted) {
    const prompt = trees[i]!.nodes[0]!.tokens.join(' ');
    byPrompt.set(prompt, [...(byPrompt.get(prompt) ?? []), i]);
  }
  // Of a prompt with fewer pairs than stages the first stages have one each.
  const own = [...byPrompt.values()].flatMap((pairs) =>
    pairs.length >= stages ? cutOf(pairs, k, stages) : pairs.slice(k, k + 1),
  );
  if (own.length > 0) return own;
  throw new Error(
    `No prompt has a pair for stage ${k + 1} of ${stages}: at most ${Math.max(...[...byPrompt.values()].map((p) => p.length))} pairs belong to one prompt. Cut all pairs together, sample more answers to a problem, or take fewer stages.`,
  );
};

const curriculum = (place: number, plan: Curriculum): Order => ({
  id: `stage ${place + 1} of ${plan.stages}, ${plan.order}`,
  ...(plan.gap === 'log-prob' && { frozen: { start: 'start' } }),
  epoch: async ({ trees, rng, frozen }: OrderContext) => {
    if (plan.order === 'pooled') return rng.shuffle(range(trees.length));
    const start = plan.gap === 'log-prob' ? await frozen('start') : undefined;
    const gaps = trees.map((tree, i) => (start ? likelihoodGap(tree, start[i]!) : gapOf(tree)));
    const k = plan.order === 'easy-first' ? place : plan.stages - 1 - place;
    return rng.shuffle(stageOf(trees, gaps, k, plan));
  },
});

const stage = (k: number) => `stage-${k}`;

export const curryDpo = defineMethod({
  id: 'curry-dpo',
  name: 'Curry-DPO',
  chapter: 'curricula',
  paper: {
    title: 'Curry-DPO: Enhancing Alignment using Curriculum Learning & Ranked Preferences',
    authors: 'Pulkit Pattnaik, Rishabh Maheshwary, Kelechi Ogueji, Vikas Yadav, Sathwik Tejaswi Madhusudhan',
    year: 2024,
    arxiv: '2403.07230',
    url: 'https://arxiv.org/abs/2403.07230',
  },
  summary:
    'DPO in stages: pairs whose answers are far apart first, close ones last, each stage against the result of the one before.',
  tex: String.raw`\mathcal{L}_k = -\log\sigma\Big( \beta\log\frac{\pi_\theta(y_w)}{\pi_{k-1}(y_w)} - \beta\log\frac{\pi_\theta(y_l)}{\pi_{k-1}(y_l)} \Big), \quad r(y_w) - r(y_l) \text{ falling with } k`,
  notes: [
    'The stages share the run’s steps evenly, and each begins with a new optimiser and a warm-up of its own.',
    'The rating is the score of an answer; of a file its scores or margins. Pairs whose gap is not known are cut as they come.',
    'Of chained arithmetic a trial at this size saw neither the order nor the reference: easy first, hard first and pooled pairs end alike. Over three seeds the default comes from 54.0 right answers in 100 to 70.5 (gain 7.5 to 25.5), DPO at its own rate to 68.8.',
  ],
  kin: { id: 'split-dpo', change: 'on several pairs of each prompt', axis: 'order' },
  aims: ['fewer-pairs'],
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'ours' },
    stages: number({
      label: 'stages',
      help: 'Stages that the pairs are cut into, a pass on each; 1 is DPO.',
      min: 1,
      max: 8,
      integer: true,
      default: 3,
      from: 'paper',
    }),
    order: choice({
      label: 'order',
      help: 'Which pairs come first.',
      options: orders,
      default: 'easy-first',
      from: 'paper',
    }),
    reference: choice({
      label: 'reference',
      help: 'What a stage is compared with.',
      options: { moving: 'the result of the stage before', fixed: 'the model at the start' },
      default: 'moving',
      from: 'paper',
    }),
    gap: choice({
      label: 'gap of a pair',
      help: 'By what a pair is easy: far apart.',
      options: gaps,
      default: 'rating',
      from: 'paper',
    }),
    cut: choice({
      label: 'what is cut into stages',
      help: 'Whether gaps are compared among all pairs, or among those of one prompt only.',
      options: cuts,
      default: 'all',
      from: 'ours',
    }),
  },
  sources: [bestAgainstOthers],
  passes: ({ beta, stages, order, reference, gap, cut }) =>
    range(stages).map((k) => ({
      id: stage(k + 1),
      label: `Stage ${k + 1}`,
      objective: logistic({ beta }),
      order: curriculum(k, { stages, order, gap, cut }), // (1)
      share: 1 / stages,
      ...(k > 0 && { from: stage(k), ...(reference === 'moving' && { reference: stage(k) }) }), // (2)
    })),
  defaults: { paper: { stages: 3, answers: 4 }, learningRate: 1e-4, batchSize: 16 },
});
