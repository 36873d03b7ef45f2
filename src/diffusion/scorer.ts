import { matmul } from '../kernels/multiply';
import { sparseMatrix, sparseProduct } from '../kernels/sparse-product';
import type { Tensor, Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import type { PolicyScores } from '../train/inputs/loss-input';
import type { Scorer } from '../train/scorer';
import type { PackedBatch } from '../tree/packed-batch';
import { pathOf } from '../tree/paths';
import type { PreferenceTree } from '../tree/tree';
import { conditionOf, timeOf } from './images';
import type { DenoiserConfig } from './net/config';
import { predictV } from './net/denoiser';
import { asDenoising, noiseAt, signalAt, transition } from './net/schedule';
import type { Condition } from './world/condition';
import { SIZE } from './world/draw';

/**
 * What the network is asked: noisy images, each once however many entries it is for. An entry's score is
 * constant - factor * mean (v - target)^2, which is minus the denoising error of an image, and the log-prob of a transition
 * (see `asDenoising`).
 */
export interface ImageBatch extends PackedBatch {
  rows: { images: Float32Array[]; times: number[]; conditions: Condition[] };
  /** By entry. */
  targets: Float32Array[];
  factor: number[];
  constant: number[];
}

const isImages = (batch: PackedBatch): batch is ImageBatch => 'targets' in batch;

/** Sampled as noisy as the diffusion itself: a transition without noise has no log-prob. */
const ETA = 1;

/** The row and the target of one scored state. */
interface Question {
  image: Float32Array;
  t: number;
  target: Float32Array;
  factor: number;
  constant: number;
}

/** An image under the time and the noise of its draw. */
const errorOf = (x0: Float32Array, { t, noise }: { t: number; noise: Float32Array }): Question => {
  const [signal, share] = [signalAt(t), noiseAt(t)];
  return {
    image: x0.map((x, i) => signal * x + share * noise[i]!),
    t,
    target: x0.map((x, i) => signal * noise[i]! - share * x),
    factor: 1,
    constant: 0,
  };
};

/** The step from a state to the next. */
const stepTo = (image: Float32Array, t: number, next: Float32Array, p: number): Question => {
  const step = transition(t, p, ETA);
  if (!(step.sigma > 0))
    throw new Error(`The step from time ${t} to ${p} adds no noise, and so has no log-prob.`);
  return {
    image,
    t,
    target: next.map((x, i) => (x - step.fromX * image[i]!) / step.fromV),
    ...asDenoising(step),
  };
};

const questionOf = ({ nodes, id }: PreferenceTree, index: number): Question => {
  const node = nodes[index]!;
  if (node.draw) return errorOf(node.image!, node.draw);
  const parent = nodes[node.parent]!;
  if (!parent.image)
    throw new Error(`Tree "${id}": its images have no draw of time and noise to be scored under.`);
  return stepTo(parent.image, timeOf(parent), node.image!, timeOf(node));
};

/** Trees of images side by side. Answers that share a state share its row; each has an entry of its own there. */
export const packImages = (trees: readonly PreferenceTree[]): ImageBatch => {
  const rows: ImageBatch['rows'] = { images: [], times: [], conditions: [] };
  const row: number[] = [];
  const [targets, factor, constant]: [Float32Array[], number[], number[]] = [[], [], []];
  const steps: PackedBatch['steps'] = [];
  const responses: PackedBatch['responses'] = [];
  const comparisons: PackedBatch['comparisons'] = [];
  const packed: PackedBatch['trees'] = [];
  trees.forEach((tree, t) => {
    const entryStart = row.length;
    const condition = conditionOf(tree);
    const rowOf = new Map<Float32Array, number>();
    const firstResponse = responses.length;
    tree.responses.forEach(({ leaf, score, labels }, index) => {
      const [stepStart, ownEntries] = [steps.length, row.length];
      for (const n of pathOf(tree, leaf)) {
        const node = tree.nodes[n]!;
        if (!node.scored) continue;
        const question = questionOf(tree, n);
        // The next states of one state share its row: its image is the same array.
        let at = rowOf.get(question.image);
        if (at === undefined) {
          at = rows.images.push(question.image) - 1;
          rows.times.push(question.t);
          rows.conditions.push(condition);
          rowOf.set(question.image, at);
        }
        const entry = row.push(at) - 1;
        targets.push(question.target);
        factor.push(question.factor);
        constant.push(question.constant);
        steps.push({
          response: responses.length,
          node: n,
          entryStart: entry,
          entryEnd: entry + 1,
          lastToken: at,
          ...(node.labels && { labels: node.labels }),
        });
      }
      responses.push({
        tree: t,
        index,
        stepStart,
        stepEnd: steps.length,
        entryStart: ownEntries,
        entryEnd: row.length,
        ...(score !== undefined && { score }),
        ...(labels && { labels }),
      });
    });
    for (const { chosen, rejected, margin } of tree.comparisons) {
      comparisons.push({
        chosen: firstResponse + chosen,
        rejected: firstResponse + rejected,
        ...(margin !== undefined && { margin }),
      });
    }
    packed.push({ id: tree.id, entryStart, entryEnd: row.length, tokenStart: 0, tokenEnd: 0 });
  });
  const none = new Int32Array();
  const count = row.length;
  return {
    size: rows.images.length,
    tokenCount: rows.images.length,
    tokens: none,
    position: none,
    visibleUntil: none,
    treeStart: none,
    entries: {
      count,
      used: count,
      row: Int32Array.from(row),
      target: new Int32Array(count),
      step: Int32Array.from({ length: count }, (_, i) => i),
      weight: new Float32Array(count).fill(1),
      rows: Int32Array.from(rows.images, (_, i) => i),
      rowStart: none,
      rowEntries: none,
      stepStart: Int32Array.from({ length: count + 1 }, (_, i) => i),
    },
    steps,
    responses,
    comparisons,
    trees: packed,
    rows,
    targets,
    factor,
    constant,
  };
};

/** Images in one tensor. [count, SIZE] */
export const stack = (images: readonly Float32Array[]): Tensor2D => {
  const all = new Float32Array(images.length * SIZE);
  images.forEach((image, i) => void all.set(image, i * SIZE));
  return tf.tensor2d(all, [images.length, SIZE]);
};

/** Which row each entry reads, as a matrix of 0 and 1. [M, R] */
const selection = (row: Int32Array, rows: number): Tensor2D => {
  const matrix = new Float32Array(row.length * rows);
  row.forEach((r, m) => {
    matrix[m * rows + r] = 1;
  });
  return tf.tensor2d(matrix, [row.length, rows]);
};

/** The score of every entry. Differentiable in v. @param v [R, SIZE] */
export const entryScores = (batch: ImageBatch, v: Tensor2D): Tensor1D =>
  tf.tidy(() => {
    const { row } = batch.entries;
    const direct = row.every((r, m) => r === m) && row.length === v.shape[0];
    const own = direct ? v : matmul(selection(row, v.shape[0]), v); // [M, SIZE]
    const error = tf.mean(tf.squaredDifference(own, stack(batch.targets)), 1);
    return tf.sub(tf.tensor1d(batch.constant), tf.mul(error, tf.tensor1d(batch.factor))) as Tensor1D;
  });

/** Scores images and transitions under a denoiser. */
export const imageScorer = (config: DenoiserConfig): Scorer => ({
  pack: packImages,
  score: (weights: ReadonlyMap<string, Tensor>, batch: PackedBatch): PolicyScores => {
    if (!isImages(batch)) throw new Error('A batch of text cannot be scored by a denoiser.');
    const { images, times, conditions } = batch.rows;
    const v = predictV({ config, weights }, stack(images), times, conditions);
    const logProb = entryScores(batch, v);
    const { count, weight } = batch.entries;
    // One entry a step, so the sum over a step is the entry by its weight.
    const diagonal = sparseMatrix(
      Array.from({ length: count }, (_, m) => [[m, weight[m]!] as const]),
      count,
    );
    return { logProb, stepSum: sparseProduct(diagonal, logProb) };
  },
});
