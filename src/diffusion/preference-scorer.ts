/** Trees of images under a preference model: an entry is its score of the image that a noised one stands for. */
import { sparseMatrix, sparseProduct } from '../kernels/sparse-product';
import type { Tensor, Tensor1D } from '../tf';
import { readFloats, tf } from '../tf';
import type { Scorer } from '../train/scorer';
import type { PackedBatch } from '../tree/packed-batch';
import type { PreferenceTree } from '../tree/tree';
import type { Rng } from '../util/rng';
import { conditionOf } from './images';
import { split } from './measure';
import type { Denoiser } from './net/denoiser';
import { predictV } from './net/denoiser';
import { preferenceConfig, preferenceScore } from './net/preference-model';
import { noiseFor } from './net/sample';
import { noiseAt, signalAt, TIMES } from './net/schedule';
import type { ImageBatch } from './scorer';
import { packImages, stack } from './scorer';
import { SIZE } from './world/draw';

/** What is taken for an image goes no further than this. */
const CLAMP = 1.2;

/**
 * Trees as one step takes them: each image becomes the one that it stands for under the network, noised as its rival at a time of the
 * tree's own.
 */
export const drawStoodFor = async (
  net: Denoiser,
  trees: readonly PreferenceTree[],
  rng: Rng,
  visit: string,
): Promise<PreferenceTree[]> => {
  const draws = trees.map(({ id }) => {
    const own = rng.fork(id);
    return { t: own.int(TIMES), noise: noiseFor([own]) };
  });
  const scored = trees.flatMap((tree, i) =>
    tree.nodes.flatMap((node) => (node.scored ? [{ node, tree, draw: draws[i]! }] : [])),
  );
  const noisy = scored.map(({ node, draw }) =>
    node.image!.map((x, i) => signalAt(draw.t) * x + noiseAt(draw.t) * draw.noise[i]!),
  );
  const v = tf.tidy(() =>
    predictV(
      net,
      stack(noisy),
      scored.map(({ draw }) => draw.t),
      scored.map(({ tree }) => conditionOf(tree)),
    ),
  );
  const values = split(await readFloats(v));
  v.dispose();
  let at = 0;
  return trees.map((tree, i) => {
    const { t } = draws[i]!;
    return {
      ...tree,
      id: `${tree.id} (${visit})`,
      nodes: tree.nodes.map((node) => {
        if (!node.scored) return node;
        const k = at++;
        const image = noisy[k]!.map((x, j) =>
          Math.min(CLAMP, Math.max(-CLAMP, signalAt(t) * x - noiseAt(t) * values[k]![j]!)),
        );
        return { ...node, image, draw: { t, noise: new Float32Array(SIZE) } };
      }),
    };
  });
};

/** Scores the images of trees as they stand, at the times of their draws. */
export const preferenceScorer: Scorer = {
  pack: (trees) => {
    // As images under their draws, but not noised: what they stand for is what is seen.
    const batch = packImages(trees);
    const images = batch.steps.map(
      ({ response, node }) => trees[batch.responses[response]!.tree]!.nodes[node]!.image!,
    );
    return { ...batch, rows: { ...batch.rows, images } } as PackedBatch;
  },
  score: (weights: ReadonlyMap<string, Tensor>, batch: PackedBatch) => {
    const { images, times, conditions } = (batch as ImageBatch).rows;
    const logProb = preferenceScore(
      { config: preferenceConfig, weights },
      stack(images),
      times,
      conditions,
    ) as Tensor1D;
    const { count, weight } = batch.entries;
    const diagonal = sparseMatrix(
      Array.from({ length: count }, (_, m) => [[m, weight[m]!] as const]),
      count,
    );
    return { logProb, stepSum: sparseProduct(diagonal, logProb) };
  },
};
