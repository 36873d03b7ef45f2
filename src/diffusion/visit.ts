import type { LatentReads } from '../methods/objective';
import type { Tensor2D } from '../tf';
import { readFloats, tf } from '../tf';
import type { PreferenceTree } from '../tree/tree';
import type { Rng } from '../util/rng';
import { conditionOf } from './images';
import type { Denoiser } from './net/denoiser';
import { predictV } from './net/denoiser';
import { noiseFor } from './net/sample';
import { alphaBar, IMAGE, noiseAt, signalAt, TIMES } from './net/schedule';
import { stack } from './scorer';
import type { Condition } from './world/condition';
import { SIZE } from './world/draw';

type Draw = { t: number; noise: Float32Array };

/** A time of the noise: from all alike, or from a bell over those in between, t = T 2/pi atan(e^z) with z normal. */
const timeFrom = (own: Rng, times: 'alike' | 'between' = 'alike'): number => {
  if (times === 'alike') return own.int(TIMES);
  const share = (2 / Math.PI) * Math.atan(Math.exp(own.normal()));
  return Math.min(TIMES - 1, Math.floor(TIMES * share));
};

/** The tree with a draw at each image that is scored. @param drawOf by the image's place among them */
const withDraws = (tree: PreferenceTree, visit: string, drawOf: (k: number) => Draw): PreferenceTree => {
  let k = 0;
  return {
    ...tree,
    id: `${tree.id} (${visit})`,
    nodes: tree.nodes.map((node) => (node.scored ? { ...node, draw: drawOf(k++) } : node)),
  };
};

/** The noise that takes an image from time s to t when the network is asked at t. [B, SIZE] */
const noiseToward = (net: Denoiser, x: Tensor2D, t: number, conditions: readonly Condition[]): Tensor2D => {
  const v = predictV(net, x, new Int32Array(conditions.length).fill(t), conditions);
  return tf.add(tf.mul(x, noiseAt(t)), tf.mul(v, signalAt(t))) as Tensor2D;
};

/** One step of DDIM backwards, from time s to the noisier t. */
const backStep = (x: Tensor2D, noise: Tensor2D, s: number, t: number): Tensor2D => {
  const clean = tf.div(tf.sub(x, tf.mul(noise, noiseAt(s))), signalAt(s));
  return tf.add(tf.mul(clean, signalAt(t)), tf.mul(noise, noiseAt(t))) as Tensor2D;
};

/**
 * The noise that the network's own inversion of each image ends in (Garibi et al., 2024, arXiv 2403.14602 for ReNoise): DDIM
 * backwards over `steps` times, the predicted noise averaged with that of a trial step where `renoise` says so.
 * @param ends which step each image ends at, 1..steps
 */
export const invert = async (
  net: Denoiser,
  images: readonly Float32Array[],
  conditions: readonly Condition[],
  ends: readonly number[],
  { inversion: steps, renoise }: { inversion: number; renoise: boolean },
): Promise<Draw[]> => {
  const draws: Draw[] = [];
  const timeAt = (k: number) => (k === 0 ? IMAGE : Math.round((k * TIMES) / steps) - 1);
  let x = stack(images);
  try {
    for (let k = 1; k <= Math.max(...ends); k++) {
      const [s, t] = [timeAt(k - 1), timeAt(k)];
      const next = tf.tidy(() => {
        const first = noiseToward(net, x, t, conditions);
        if (!renoise) return backStep(x, first, s, t);
        const second = noiseToward(net, backStep(x, first, s, t), t, conditions);
        return backStep(x, tf.mul(tf.add(first, second), 0.5) as Tensor2D, s, t);
      });
      x.dispose();
      x = next;
      const values = await readFloats(x);
      ends.forEach((end, b) => {
        if (end !== k) return;
        const [signal, share] = [signalAt(t), Math.sqrt(1 - alphaBar(t))];
        const noise = images[b]!.map((x0, i) => (values[b * SIZE + i]! - signal * x0) / share);
        draws[b] = { t, noise };
      });
    }
  } finally {
    x.dispose();
  }
  return draws;
};

/**
 * Trees as one step takes them: with a time and a noise at each image, drawn for this visit alone.
 * @param rng of the visit; each tree has its own draws, whatever is beside it
 * @param visit names it, since numbers of frozen models belong to one visit
 */
export const drawVisit = async (
  net: Denoiser,
  trees: readonly PreferenceTree[],
  reads: Extract<LatentReads, { entry: 'error' }>,
  rng: Rng,
  visit: string,
): Promise<PreferenceTree[]> => {
  const { noise } = reads;
  const own = trees.map(({ id }) => rng.fork(id));
  if (typeof noise === 'string') {
    return trees.map((tree, i) => {
      const t = timeFrom(own[i]!, reads.times);
      const shared = noiseFor([own[i]!]);
      return withDraws(tree, visit, (k) => ({
        t,
        noise: noise === 'shared' || k === 0 ? shared : noiseFor([own[i]!]),
      }));
    });
  }
  const counts = trees.map(({ nodes }) => nodes.filter((node) => node.scored).length);
  const images = trees.flatMap(({ nodes }) => nodes.flatMap((node) => (node.scored ? [node.image!] : [])));
  const conditions = trees.flatMap((tree, i) => Array.from({ length: counts[i]! }, () => conditionOf(tree)));
  const ends = trees.flatMap((_, i) => {
    const end = 1 + own[i]!.int(noise.inversion);
    return Array.from({ length: counts[i]! }, () => end);
  });
  const draws = await invert(net, images, conditions, ends, noise);
  let at = 0;
  return trees.map((tree, i) => {
    const first = at;
    at += counts[i]!;
    return withDraws(tree, visit, (k) => draws[first + k]!);
  });
};
