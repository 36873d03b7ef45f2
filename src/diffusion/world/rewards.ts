/**
 * Rewards of images, differentiable in the image. Each is written in tfjs operations that have a gradient on every backend;
 * what is fixed lies in constant matrices.
 */
import type { Tensor, Tensor1D, Tensor2D } from '../../tf';
import { tf } from '../../tf';
import { lazy } from '../../util/lazy';
import type { Condition } from './condition';
import { hues, shapes } from './condition';
import { CHANNELS, coverage, SIDE, SIZE } from './draw';
import type { RewardId } from './reward-infos';

const PIXELS = SIDE * SIDE;

/** Weights of red, green and blue in what the eye takes for bright (Rec. 601). */
const LUMA = [0.299, 0.587, 0.114];

/** Images [B, SIZE] as shares of light 0..1, [B, PIXELS, CHANNELS]. */
const light = (images: Tensor2D): Tensor =>
  tf.reshape(tf.mul(tf.add(images, 1), 0.5), [images.shape[0], PIXELS, CHANNELS]);

/** Squared distance of each pixel from grey, [B, PIXELS]. */
const squaredChroma = (rgb: Tensor): Tensor2D =>
  tf.sum(tf.square(tf.sub(rgb, tf.mean(rgb, 2, true))), 2) as Tensor2D;

/** Mean luminance, 0..1. [B] */
const brightness = (images: Tensor2D): Tensor1D => {
  const weight = Float32Array.from({ length: SIZE }, (_, i) => LUMA[i % CHANNELS]! / PIXELS);
  return tf.reshape(tf.matMul(tf.mul(tf.add(images, 1), 0.5), tf.tensor2d(weight, [SIZE, 1])), [-1]);
};

/** Differences of the numbers left of the middle from those that mirror them. [SIZE, SIZE / 2] */
const mirrorDifferences = lazy((): Float32Array => {
  const matrix = new Float32Array((SIZE * SIZE) / 2);
  let column = 0;
  for (let row = 0; row < SIDE; row++) {
    for (let x = 0; x < SIDE / 2; x++) {
      for (let c = 0; c < CHANNELS; c++) {
        const at = (across: number) => (row * SIDE + across) * CHANNELS + c;
        matrix[(at(x) * SIZE) / 2 + column] = 1;
        matrix[(at(SIDE - 1 - x) * SIZE) / 2 + column] = -1;
        column++;
      }
    }
  }
  return matrix;
});

/** Minus the mean distance of each pixel from its mirror image. [B] */
const symmetry = (images: Tensor2D): Tensor1D => {
  const away = tf.matMul(images, tf.tensor2d(mirrorDifferences(), [SIZE, SIZE / 2]));
  return tf.mul(tf.mean(tf.abs(away), 1), -0.5); // of shares of light
};

/** Mean colour, weighted by squared chroma so that the background hardly counts. [B, CHANNELS] */
const meanColour = (images: Tensor2D): Tensor2D => {
  const rgb = light(images);
  const weight = tf.add(squaredChroma(rgb), 0.01); // [B, PIXELS]
  const sum = tf.sum(tf.mul(rgb, tf.expandDims(weight, 2)), 1); // [B, CHANNELS]
  return tf.div(sum, tf.sum(weight, 1, true)) as Tensor2D;
};

/** How bright the foreground is to be where a colour is asked for: the optimum lies inside, so that shouting does not pay. */
const FULL = 0.75;

const targets = (): number[][] => hues.map(({ rgb }) => rgb.map((c) => FULL * c));

/** Minus the distance of the mean colour from the asked one. [B] */
const colour = (images: Tensor2D, conditions: readonly Condition[]): Tensor1D => {
  const asked = tf.tensor2d(conditions.map(({ hue }) => targets()[hue]!));
  const squares = tf.sum(tf.squaredDifference(meanColour(images), asked), 1);
  return tf.neg(tf.sqrt(tf.add(squares, 1e-8)));
};

/** Away from grey, with length 1. [N, CHANNELS] */
const directions = (colours: Tensor2D): Tensor2D => {
  const away = tf.sub(colours, tf.mean(colours, 1, true));
  return tf.div(away, tf.sqrt(tf.add(tf.sum(tf.square(away), 1, true), 1e-8)));
};

/** Hue that the mean colour leans to, however bright it is, by image. */
export const nearestHues = async (images: Tensor2D): Promise<Int32Array> => {
  const nearest = tf.tidy(() =>
    tf.argMax(tf.matMul(directions(meanColour(images)), directions(tf.tensor2d(targets())), false, true), 1),
  );
  const found = (await nearest.data()) as Int32Array;
  nearest.dispose();
  return found;
};

const SIZES = [3.5, 4.2];
const SHIFTS = [-0.67, 0, 0.67];
const TEMPLATES = SIZES.length * SHIFTS.length ** 2;

/** Whole shapes in two sizes and nine places each, with mean 0 and length 1. [shapes * TEMPLATES, PIXELS] */
const templates = lazy((): Float32Array => {
  const rows = shapes.flatMap((_, shape) =>
    SIZES.flatMap((radius) => SHIFTS.flatMap((y) => SHIFTS.map((x) => coverage(shape, { x, y, radius })))),
  );
  const matrix = new Float32Array(rows.length * PIXELS);
  rows.forEach((covered, r) => {
    const mean = covered.reduce((a, b) => a + b, 0) / PIXELS;
    const length = Math.hypot(...covered.map((v) => v - mean));
    matrix.set(
      covered.map((v) => (v - mean) / length),
      r * PIXELS,
    );
  });
  return matrix;
});

/** Correlation of the image's chroma with every template. [B, shapes * TEMPLATES] */
const correlations = (images: Tensor2D): Tensor2D => {
  const chroma = tf.sqrt(tf.add(squaredChroma(light(images)), 1e-6)); // [B, PIXELS]
  const away = tf.sub(chroma, tf.mean(chroma, 1, true));
  const length = tf.sqrt(tf.add(tf.sum(tf.square(away), 1, true), 1e-4));
  const matrix = tf.transpose(tf.tensor2d(templates(), [shapes.length * TEMPLATES, PIXELS]));
  return tf.div(tf.matMul(away as Tensor2D, matrix), length) as Tensor2D;
};

/** Greatest correlation with a template of the asked shape. [B] */
const shape = (images: Tensor2D, conditions: readonly Condition[]): Tensor1D => {
  const others = conditions.map(({ shape: asked }) =>
    shapes.flatMap((_, s) => Array.from({ length: TEMPLATES }, () => (s === asked ? 0 : -4))),
  );
  return tf.max(tf.add(correlations(images), tf.tensor2d(others)), 1);
};

/** Shape that the image is most like, by image. */
export const nearestShapes = async (images: Tensor2D): Promise<Int32Array> => {
  const nearest = tf.tidy(() => {
    const each = tf.reshape(correlations(images), [images.shape[0], shapes.length, TEMPLATES]);
    return tf.argMax(tf.max(each, 2), 1);
  });
  const found = (await nearest.data()) as Int32Array;
  nearest.dispose();
  return found;
};

const values: Record<RewardId, (images: Tensor2D, conditions: readonly Condition[]) => Tensor1D> = {
  brightness,
  symmetry,
  colour,
  shape,
};

/**
 * A reward of images, in its own unit. Differentiable in the images.
 * @param images [B, SIZE]
 * @param conditions what each was asked to show
 * @returns [B]
 */
export const rewardOf = (id: RewardId, images: Tensor2D, conditions: readonly Condition[]): Tensor1D =>
  tf.tidy(() => values[id](images, conditions));
