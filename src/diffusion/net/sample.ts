import type { Tensor2D } from '../../tf';
import { readFloats, tf } from '../../tf';
import type { Rng } from '../../util/rng';
import type { Condition } from '../world/condition';
import { SIZE } from '../world/draw';
import type { Denoiser } from './denoiser';
import { predictV } from './denoiser';
import { alphaBar, grid, IMAGE, noiseAt, signalAt, transition } from './schedule';

/** Images that go through the network together. */
export const SAMPLED_TOGETHER = 256;

/** The image that a noisy one stands for, x0hat. [B, SIZE] */
export const cleanOf = (x: Tensor2D, v: Tensor2D, t: number): Tensor2D =>
  tf.tidy(() => tf.sub(tf.mul(x, signalAt(t)), tf.mul(v, noiseAt(t))) as Tensor2D);

/** The mean of x_p given x_t and v; see `transition`. [B, SIZE] */
export const meanOf = (x: Tensor2D, v: Tensor2D, t: number, p: number, eta: number): Tensor2D =>
  tf.tidy(() => {
    const { fromX, fromV } = transition(t, p, eta);
    return tf.add(tf.mul(x, fromX), tf.mul(v, fromV)) as Tensor2D;
  });

/** The same with x0hat held to -1..1 and the noise that follows from it: for images to look at, not for log-probs. */
const clampedMean = (x: Tensor2D, v: Tensor2D, t: number, p: number, eta: number): Tensor2D =>
  tf.tidy(() => {
    const clean = tf.clipByValue(cleanOf(x, v, t), -1, 1);
    const noise = tf.div(tf.sub(x, tf.mul(clean, signalAt(t))), noiseAt(t));
    const { sigma } = transition(t, p, eta);
    const rest = Math.sqrt(Math.max(0, 1 - alphaBar(p) - sigma * sigma));
    return tf.add(tf.mul(clean, signalAt(p)), tf.mul(noise, rest)) as Tensor2D;
  });

/** One step of DDIM for a batch that stands at one time. [B, SIZE] */
export const stepOf = (
  net: Denoiser,
  x: Tensor2D,
  conditions: readonly Condition[],
  {
    t,
    p,
    eta,
    clamp,
    draw,
  }: { t: number; p: number; eta: number; clamp: boolean; draw: Float32Array | undefined },
): Tensor2D =>
  tf.tidy(() => {
    const v = predictV(net, x, new Int32Array(conditions.length).fill(t), conditions);
    const mean = (clamp ? clampedMean : meanOf)(x, v, t, p, eta);
    if (!draw) return mean;
    return tf.add(mean, tf.mul(tf.tensor2d(draw, x.shape), transition(t, p, eta).sigma)) as Tensor2D;
  });

/** Normal numbers for images, each from a generator of its own: what is drawn beside an image does not change it. */
export const noiseFor = (rngs: readonly Rng[]): Float32Array => {
  const noise = new Float32Array(rngs.length * SIZE);
  rngs.forEach((rng, b) => {
    for (let i = 0; i < SIZE; i++) noise[b * SIZE + i] = rng.normal();
  });
  return noise;
};

export interface SampleOptions {
  /** 0 is deterministic after the first noise, 1 as noisy as the diffusion. */
  eta: number;
  /** Holds x0hat to -1..1 on the way; left out: it does. */
  clamp?: boolean;
  /** Awaited after each step; may throw to end it. */
  between?(): Promise<void>;
}

/**
 * Draws an image for each condition by DDIM, many at a time.
 * @param rngs one for each image: its first noise, then that of each step
 * @returns [B * SIZE], held to -1..1 unless told otherwise
 */
export const sampleImages = async (
  net: Denoiser,
  conditions: readonly Condition[],
  rngs: readonly Rng[],
  { eta, clamp = true, between }: SampleOptions,
): Promise<Float32Array> => {
  const images = new Float32Array(conditions.length * SIZE);
  for (let first = 0; first < conditions.length; first += SAMPLED_TOGETHER) {
    const own = conditions.slice(first, first + SAMPLED_TOGETHER);
    const random = rngs.slice(first, first + SAMPLED_TOGETHER);
    let x = tf.tensor2d(noiseFor(random), [own.length, SIZE]);
    try {
      for (let i = 0; i + 1 < grid.length; i++) {
        const [t, p] = [grid[i]!, grid[i + 1]!];
        const draw = eta > 0 && p !== IMAGE ? noiseFor(random) : undefined;
        const next = stepOf(net, x, own, { t, p, eta, clamp, draw });
        x.dispose();
        x = next;
        await between?.();
      }
      images.set(await readFloats(x), first * SIZE);
    } finally {
      x.dispose();
    }
  }
  return images;
};
