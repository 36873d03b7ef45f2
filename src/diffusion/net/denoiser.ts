import { gatedAdd } from '../../kernels/gated-add';
import { groupAttention } from '../../kernels/group-attention';
import { linear } from '../../kernels/linear';
import { modulatedNorm } from '../../kernels/modulated-norm';
import { matmul } from '../../kernels/multiply';
import { silu } from '../../kernels/silu';
import type { Tensor, Tensor1D, Tensor2D } from '../../tf';
import { tf } from '../../tf';
import type { Condition } from '../world/condition';
import { hues, shapes } from '../world/condition';
import { CHANNELS, SIDE, SIZE } from '../world/draw';
import type { DenoiserConfig } from './config';
import { DenoiserError, MODULATION, patchWidth, TIME_FEATURES, tokensOf } from './config';
import { timeFeatures } from './features';

/** A denoiser on the device. */
export interface Denoiser {
  config: DenoiserConfig;
  weights: ReadonlyMap<string, Tensor>;
}

const weightOf = ({ weights }: Denoiser, name: string): Tensor => {
  const weight = weights.get(name);
  if (!weight) throw new DenoiserError(`The denoiser has no weight ${name}.`);
  return weight;
};

const apply = (net: Denoiser, name: string, x: Tensor2D): Tensor2D =>
  linear(x, weightOf(net, `${name}.weight`) as Tensor2D, {
    bias: weightOf(net, `${name}.bias`) as Tensor1D,
  });

/** Images [B, SIZE] as rows of patches [B * tokens, patch * patch * CHANNELS]. */
const toTokens = (images: Tensor2D, config: DenoiserConfig): Tensor2D => {
  const { patch } = config;
  const across = SIDE / patch;
  const cut = tf.reshape(images, [images.shape[0] * across, patch, across, patch * CHANNELS]);
  return tf.reshape(tf.transpose(cut, [0, 2, 1, 3]), [-1, patchWidth(config)]);
};

const toImages = (tokens: Tensor2D, { patch }: DenoiserConfig): Tensor2D => {
  const across = SIDE / patch;
  const cut = tf.reshape(tokens, [-1, across, patch, patch * CHANNELS]);
  return tf.reshape(tf.transpose(cut, [0, 2, 1, 3]), [-1, SIZE]);
};

/** One 1 in each row. [B, size] */
const oneHot = (indices: readonly number[], size: number): Tensor2D => {
  const rows = new Float32Array(indices.length * size);
  indices.forEach((index, b) => {
    rows[b * size + index] = 1;
  });
  return tf.tensor2d(rows, [indices.length, size]);
};

/** What modulates every block: of the time and of what was asked for. [B, d] */
const conditionOf = (net: Denoiser, times: ArrayLike<number>, conditions: readonly Condition[]): Tensor2D => {
  const features = tf.tensor2d(timeFeatures(times), [times.length, TIME_FEATURES]);
  const time = apply(net, 'time.down', silu(apply(net, 'time.up', features)));
  const asked = tf.add(
    matmul(
      oneHot(
        conditions.map(({ shape }) => shape),
        shapes.length,
      ),
      weightOf(net, 'shape') as Tensor2D,
    ),
    matmul(
      oneHot(
        conditions.map(({ hue }) => hue),
        hues.length,
      ),
      weightOf(net, 'hue') as Tensor2D,
    ),
  );
  return silu(tf.add(time, asked) as Tensor2D);
};

/** One block: attention among an image's patches, then an MLP, both modulated and gated (adaLN-zero). */
const block = (net: Denoiser, i: number, x: Tensor2D, condition: Tensor2D): Tensor2D => {
  const { hiddenSize: d, heads } = net.config;
  const span = tokensOf(net.config);
  const own = (name: string, input: Tensor2D) => apply(net, `layers.${i}.${name}`, input);
  const modulation = own('modulation', condition); // [B, 6 d]
  const part = (k: number) => ({ span, at: k * d });
  const seen = modulatedNorm(x, modulation, part(0));
  const mixed = own('out', groupAttention(own('qkv', seen), { heads, span }));
  const between = gatedAdd(x, mixed, modulation, part(2));
  const thought = own('down', silu(own('up', modulatedNorm(between, modulation, part(3)))));
  return gatedAdd(between, thought, modulation, part(MODULATION - 1));
};

/**
 * The v that a noisy image is made of, as the network sees it. Differentiable in the weights and in the images. Peebles and
 * Xie, 2023, arXiv 2212.09748; Salimans and Ho, 2022, arXiv 2202.00512 for v.
 * @param images [B, SIZE], noisy
 * @param times of each, 0..T - 1
 * @param conditions what each is asked to show
 * @returns [B, SIZE]
 */
export const predictV = (
  net: Denoiser,
  images: Tensor2D,
  times: ArrayLike<number>,
  conditions: readonly Condition[],
): Tensor2D =>
  tf.tidy(() => {
    const { config } = net;
    const [batch, span] = [images.shape[0], tokensOf(config)];
    const condition = conditionOf(net, times, conditions); // [B, d]
    const tokens = apply(net, 'patch', toTokens(images, config)); // [B * tokens, d]
    const placed = tf.add(
      tf.reshape(tokens, [batch, span, config.hiddenSize]),
      tf.expandDims(weightOf(net, 'position'), 0),
    );
    let x: Tensor2D = tf.reshape(placed, [batch * span, config.hiddenSize]);
    for (let i = 0; i < config.layers; i++) x = block(net, i, x, condition);
    const modulation = apply(net, 'final.modulation', condition);
    const last = modulatedNorm(x, modulation, { span, at: 0 });
    return toImages(apply(net, 'final.out', last), config);
  });
