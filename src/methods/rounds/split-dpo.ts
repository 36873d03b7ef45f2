/**
 * sDPO: the data in parts, easy ones first, a DPO pass on each. Every pass begins with what the one before made and has it as
 * its reference, so that the reference becomes better aligned from part to part.
 *
 *   parts of equal size, by falling gap of the scores between chosen and rejected answers      (1)
 *   pass k: DPO on part k, from pass k - 1 and against pass k - 1; pass 0 is the start          (2)
 *
 * Where we differ: the paper's parts are whole datasets, ordered by how well the starting model tells their answers apart; here
 * one set of pairs is cut by the gap of the scores, or as it comes where a pair has none.
 *
 * Source: Kim et al. 2024; our reading.
 */
import { bestAndWorst } from '../../sources/best-and-worst';
import { range } from '../../util/range';
import { cutOf, gapOf, widestFirst } from '../gap';
import { defineMethod } from '../method';
import type { Order } from '../order';
import { beta, logistic } from '../pairwise/dpo';
import { number } from '../params';

/** (1): part k of `parts`, from easy to hard, shuffled anew in every epoch. */
const part = (k: number, parts: number): Order => ({
  id: `part ${k + 1} of ${parts}`,
  epoch: async ({ trees, rng }) => rng.shuffle(cutOf(widestFirst(trees.map(gapOf)), k, parts)),
});

export const splitDpo = defineMethod({
  id: 'split-dpo',
  name: 'sDPO (parts of the data)',
  chapter: 'rounds',
  paper: {
    title: 'sDPO: Don’t Use Your Data All at Once',
    authors: 'Dahyun Kim, Yungi Kim, Wonho Song, Hyeonwoo Kim, Yunsu Kim, Sanghoon Kim, Chanjun Park',
    year: 2024,
    arxiv: '2403.19270',
    url: 'https://arxiv.org/abs/2403.19270',
  },
  summary:
    'DPO on one part of the data after another, easy pairs first, each part against the result of the last.',
  tex: String.raw`\mathcal{L}_k = -\log\sigma\Big( \beta\log\frac{\pi_\theta(y_w)}{\pi_{k-1}(y_w)} - \beta\log\frac{\pi_\theta(y_l)}{\pi_{k-1}(y_l)} \Big), \quad (y_w, y_l) \in D_k`,
  notes: [
    'Not to be confused with SDPO, DPO on segments of conversations: this one’s “s” is for stepwise use of the data.',
    'Easy is a large gap of the scores, or a large margin where the data have margins, our reading; data without either are cut as they come. The parts share the run’s steps evenly.',
  ],
  kin: { id: 'dpo', change: 'in parts of the data, one against the last', axis: 'again' },
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'ours' },
    parts: number({
      label: 'parts',
      help: 'Parts that the data are cut into, a pass on each; 1 is DPO.',
      min: 1,
      max: 8,
      integer: true,
      default: 2,
      from: 'paper',
    }),
  },
  sources: [bestAndWorst],
  passes: ({ beta, parts }) =>
    range(parts).map((k) => ({
      id: `part-${k + 1}`,
      label: `Part ${k + 1}`,
      objective: logistic({ beta }), // (2)
      order: part(k, parts), // (1)
      share: 1 / parts,
      ...(k > 0 && { from: `part-${k}`, reference: `part-${k}` }),
    })),
  defaults: { paper: {}, learningRate: 5e-5, batchSize: 16 },
});
