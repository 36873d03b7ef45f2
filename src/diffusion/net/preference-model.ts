/**
 * The step-aware preference model of SPO: how well the image that a noisy one stands for suits what was asked, seen at the time of the
 * noise. An encoder of the same blocks as the denoiser's, told the time, and the cosine of its mean with a request.
 *
 *   score = exp(s) cos(image(x0hat, t), asked(c))
 *
 * Where we differ: no pretrained CLIP, whose image encoder the paper trains on; a small one from scratch.
 *
 * Source: Liang et al. 2024; RockeyCoss/SPO, step_aware_preference_model.
 */
import { silu } from '../../kernels/silu';
import type { HostWeights } from '../../model/host-weights';
import type { Tensor1D, Tensor2D } from '../../tf';
import { tf } from '../../tf';
import { createRng } from '../../util/rng';
import type { Condition } from '../world/condition';
import { hues, shapes } from '../world/condition';
import type { ImageNet } from './blocks';
import { apply, askedIn, throughBlocks, timesIn, weightOf } from './blocks';
import type { DenoiserConfig } from './config';
import { blockShapes, linearShapes, patchWidth, TIME_FEATURES, tokensOf } from './config';

/** Its size, whatever the denoiser's. */
export const preferenceConfig: DenoiserConfig = { hiddenSize: 48, layers: 2, heads: 4, patch: 3 };

/** exp(s) at the beginning. */
const SCALE = 10;

const shapesOf = (config: DenoiserConfig): Map<string, number[]> => {
  const { hiddenSize: d, layers } = config;
  const width = patchWidth(config);
  return new Map([
    ...linearShapes('time.up', d, TIME_FEATURES),
    ...linearShapes('time.down', d, d),
    ['shape', [shapes.length, d]],
    ['hue', [hues.length, d]],
    ...linearShapes('patch', d, width),
    ['position', [tokensOf(config), d]],
    ...Array.from({ length: layers }, (_, i) => blockShapes(i, d)).flat(),
    ...linearShapes('final.modulation', 2 * d, d),
    ...linearShapes('image', d, d),
    ...linearShapes('asked.up', 2 * d, d),
    ...linearShapes('asked.down', d, 2 * d),
    ['scale', [1]],
  ]);
};

/** Weights that it begins with: gates open, shifts and scales at nothing. */
export const freshPreferenceModel = (seed: number): HostWeights => {
  const rng = createRng(seed).fork('preference-model');
  const d = preferenceConfig.hiddenSize;
  const weights: HostWeights = new Map();
  for (const [name, shape] of shapesOf(preferenceConfig)) {
    const size = shape.reduce((a, b) => a * b, 1);
    const normal = (spread: number) => Float32Array.from({ length: size }, () => spread * rng.normal());
    const gates = () =>
      Float32Array.from({ length: size }, (_, i) => ([2, 5].includes(Math.floor(i / d)) ? 1 : 0));
    const data =
      name === 'scale'
        ? Float32Array.of(Math.log(SCALE))
        : /layers.*modulation\.bias$/.test(name)
          ? gates()
          : name.endsWith('.bias') || name.endsWith('modulation.weight')
            ? new Float32Array(size)
            : name.endsWith('.weight')
              ? normal(1 / Math.sqrt(shape[1]!))
              : normal(name === 'position' ? 0.1 : 1);
    weights.set(name, { shape, data });
  }
  return weights;
};

/** Rows with length 1. */
const unit = (x: Tensor2D): Tensor2D =>
  tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-8))) as Tensor2D;

/**
 * Scores of images, the larger the better. Differentiable in the weights and in the images.
 * @param images what noisy ones stand for, [B, SIZE]; @param times of the noise
 * @returns [B]
 */
export const preferenceScore = (
  net: ImageNet,
  images: Tensor2D,
  times: ArrayLike<number>,
  conditions: readonly Condition[],
): Tensor1D =>
  tf.tidy(() => {
    const { hiddenSize: d } = net.config;
    const tokens = throughBlocks(net, images, silu(timesIn(net, times)));
    const mean = tf.mean(tf.reshape(tokens, [images.shape[0], tokensOf(net.config), d]), 1) as Tensor2D;
    const asked = apply(net, 'asked.down', silu(apply(net, 'asked.up', askedIn(net, conditions))));
    const cosine = tf.sum(tf.mul(unit(apply(net, 'image', mean)), unit(asked)), 1) as Tensor1D;
    return tf.mul(cosine, tf.exp(weightOf(net, 'scale'))) as Tensor1D;
  });
