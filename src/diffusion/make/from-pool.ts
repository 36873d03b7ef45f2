/** Pairs and lists of images that the base drew beforehand. */
import type { PipelineContext } from '../../search/pipeline';
import type { PreferenceTree } from '../../tree/tree';
import type { Rng } from '../../util/rng';
import { askedFor, conditionOf, imagesOf, stateAt } from '../images';
import { IMAGE } from '../net/schedule';
import type { ImagePipeline } from '../pipeline';
import { PER_LIST } from '../pool';
import { mixed, preferred, standardised } from '../world/preference';
import type { PreferenceParams } from './preference-params';
import { preferenceFrom } from './preference-params';

const PAIRS_OF_LIST = (PER_LIST * (PER_LIST - 1)) / 2;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

export type PairLabels = 'reward' | 'drawn' | 'lot';

/** The source's part of a pipeline for a model that draws. @throws Error with another model */
export const ofImages = ({ images }: Pick<PipelineContext, 'images'>): ImagePipeline => {
  if (!images)
    throw new Error('data.source.id: makes trees of images, and the model writes text; choose shapes-nano.');
  return images;
};

/** z-scores of a list's images. */
const scoresOf = (list: PreferenceTree, scale: Awaited<ReturnType<ImagePipeline['scale']>>) =>
  list.responses.map(({ labels }) => standardised(labels!, scale));

/** Whether the first of two is the winner. */
const firstWins = (gap: number, labels: PairLabels, rng: Rng): boolean =>
  labels === 'reward' ? gap > 0 : rng.next() < (labels === 'drawn' ? sigmoid(gap) : 0.5);

/**
 * All pairs of each list whose rewards differ. An answer's score is its reward as a share of the range over the whole pool, as
 * SmPO reads it.
 */
export async function* pairsOfPool(
  context: PipelineContext,
  params: PreferenceParams & { labels: PairLabels },
): AsyncGenerator<PreferenceTree> {
  const images = ofImages(context);
  const lists = Math.ceil(context.count / PAIRS_OF_LIST);
  const scale = await images.scale();
  const pool = await images.pool(lists, (done) =>
    context.progress(done * PAIRS_OF_LIST, `${done * PER_LIST} images drawn`),
  );
  const preference = preferenceFrom(params);
  const rewards = pool.map((list) => scoresOf(list, scale).map((z) => preferred(preference, z)));
  const all = rewards.flat();
  const [least, greatest] = [Math.min(...all), Math.max(...all)];
  const rng = context.rng.fork('labels');
  for (const [l, list] of pool.entries()) {
    const own = imagesOf(list);
    for (let a = 0; a < own.length; a++) {
      for (let b = a + 1; b < own.length; b++) {
        const gap = rewards[l]![a]! - rewards[l]![b]!;
        if (gap === 0) continue; // nothing is preferred
        const [w, r] = firstWins(gap, params.labels, rng) ? [a, b] : [b, a];
        const score = (k: number) => (rewards[l]![k]! - least) / (greatest - least);
        yield {
          id: `${list.id}/${a}-${b}`,
          nodes: [askedFor(conditionOf(list)), stateAt(IMAGE, own[w]!), stateAt(IMAGE, own[r]!)],
          responses: [
            { leaf: 1, score: score(w), labels: { reward: rewards[l]![w]! } },
            { leaf: 2, score: score(r), labels: { reward: rewards[l]![r]! } },
          ],
          comparisons: [{ chosen: 0, rejected: 1, margin: rewards[l]![w]! - rewards[l]![r]! }],
        };
      }
    }
  }
}

/**
 * The share of votes that each of a list's images wins against the others (RankDPO's phi): one vote for each reward and opponent.
 * @param rewards [rewards][images]
 */
export const votesOf = (rewards: readonly (readonly number[])[]): number[] => {
  const images = rewards[0]?.length ?? 0;
  return Array.from({ length: images }, (_, a) => {
    let won = 0;
    for (const own of rewards) for (const other of own) if (own[a]! > other) won++;
    return won / (rewards.length * Math.max(1, images - 1));
  });
};

/** Lists of images, ranked by the votes of three rewards; an image's score is its share of them. */
export async function* listsOfPool(
  context: PipelineContext,
  { size, labels }: { size: number; labels: 'votes' | 'lot' },
): AsyncGenerator<PreferenceTree> {
  const images = ofImages(context);
  const scale = await images.scale();
  const pool = await images.pool(context.count, (done) =>
    context.progress(done, `${done * PER_LIST} images drawn`),
  );
  const rng = context.rng.fork('labels');
  for (const list of pool) {
    const own = imagesOf(list).slice(0, size);
    const z = scoresOf(list, scale).slice(0, size);
    const voted = votesOf(mixed.map((reward) => z.map((scores) => scores[reward])));
    const scores = labels === 'votes' ? voted : rng.shuffle([...voted]);
    yield {
      id: list.id,
      nodes: [askedFor(conditionOf(list)), ...own.map((image) => stateAt(IMAGE, image))],
      responses: own.map((_, k) => ({
        leaf: k + 1,
        score: scores[k]!,
        labels: { reward: preferred({ id: 'mix' }, z[k]!) },
      })),
      comparisons: scores.flatMap((a, chosen) =>
        scores.flatMap((b, rejected) => (a > b ? [{ chosen, rejected, margin: a - b }] : [])),
      ),
    };
  }
}
