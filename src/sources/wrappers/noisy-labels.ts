import { choice, number } from '../../methods/params';
import type { Comparison, PreferenceTree } from '../../tree/tree';
import type { Rng } from '../../util/rng';
import { defineWrapper } from './wrapper';

/** Standard Gumbel noise: the difference of two such is logistic, so that a larger gap wins with probability sigmoid(gap). */
const gumbel = (rng: Rng): number => -Math.log(-Math.log(Math.max(rng.next(), Number.MIN_VALUE)));

const swapped = ({ chosen, rejected, margin }: Comparison): Comparison => ({
  chosen: rejected,
  rejected: chosen,
  ...(margin !== undefined && { margin: -margin }),
});

/** A source's scores do not say how sure a judge is of them; without one, Gumbel labels cannot be drawn. */
export class NoScoresError extends Error {
  override name = 'NoScoresError';
}

const byGumbel = (tree: PreferenceTree, scale: number, rng: Rng): Comparison[] =>
  tree.comparisons.map((comparison) => {
    const of = (r: number) => {
      const { score } = tree.responses[r]!;
      if (score === undefined) {
        throw new NoScoresError(
          `Tree "${tree.id}" has no scores, and labels by a noisy judge are drawn from them; take a source that scores answers, or flip labels instead.`,
        );
      }
      return score;
    };
    const { chosen, rejected } = comparison;
    const h = scale * (of(chosen) - of(rejected));
    const margined = { chosen, rejected, margin: h };
    return h + gumbel(rng) - gumbel(rng) < 0 ? swapped(margined) : margined;
  });

/**
 * Pairs of which some are the wrong way round: a fixed share of them (cDPO, robust DPO), or as a judge who sees scores with
 * Gumbel noise would have them (MADPO), so that close pairs are turned more often. The margin goes with the label: of a turned pair
 * it is negative.
 */
export const noisyLabels = defineWrapper({
  id: 'noisy-labels',
  name: 'Noisy labels',
  summary: 'Some pairs are turned round: the worse answer is then the chosen one.',
  params: {
    noiseKind: choice({
      label: 'which labels are turned',
      help: 'A share of all pairs at random, or more of those whose scores are close, as by a judge whose eye is not sure.',
      options: {
        flip: 'a share of all, at random',
        gumbel: 'as a noisy judge of the scores would',
      },
      default: 'flip',
      from: 'ours',
    }),
    flipped: number({
      label: 'share turned',
      help: 'Share of the pairs that are turned at random.',
      min: 0,
      max: 1,
      default: 0.3,
      from: 'ours',
    }),
    judgeScale: number({
      label: 'scale of the scores',
      help: 'Of the noisy judge: scores are multiplied by it before noise of scale 1 is added; larger means surer.',
      min: 0.01,
      max: 100,
      scale: 'log',
      default: 4,
      from: 'ours',
    }),
  },
  wraps: ['pairs', 'next-steps', 'steps', 'turns'],
  suits: ({ scores }) => !scores, // such a loss orders answers by their scores, whatever the comparisons say
  async *wrap(make, { rng, count }, { noiseKind, flipped, judgeScale }) {
    for await (const tree of make(count)) {
      const comparisons =
        noiseKind === 'gumbel'
          ? byGumbel(tree, judgeScale, rng)
          : tree.comparisons.map((c) => (rng.next() < flipped ? swapped(c) : c));
      yield { ...tree, comparisons };
    }
  },
});
