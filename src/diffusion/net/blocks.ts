/** The parts that networks on images are made of: patches, times, requests, blocks. */
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

/** A network on the device. */
export interface ImageNet {
  config: DenoiserConfig;
  weights: ReadonlyMap<string, Tensor>;
}

export const weightOf = ({ weights }: ImageNet, name: string): Tensor => {
  const weight = weights.get(name);
  if (!weight) throw new DenoiserError(`The network has no weight ${name}.`);
  return weight;
};

/** A linear layer by its name. */
export const apply = (net: ImageNet, name: string, x: Tensor2D): Tensor2D =>
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

/** The other way. */
export const toImages = (tokens: Tensor2D, { patch }: DenoiserConfig): Tensor2D => {
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

/** What is known of times. [B, d] */
export const timesIn = (net: ImageNet, times: ArrayLike<number>): Tensor2D => {
  const features = tf.tensor2d(timeFeatures(times), [times.length, TIME_FEATURES]);
  return apply(net, 'time.down', silu(apply(net, 'time.up', features)));
};

/** What is asked for. [B, d] */
export const askedIn = (net: ImageNet, conditions: readonly Condition[]): Tensor2D =>
  tf.add(
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

/** One block: attention among an image's patches, then an MLP, both modulated and gated (adaLN-zero). */
const block = (net: ImageNet, i: number, x: Tensor2D, condition: Tensor2D): Tensor2D => {
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
 * Images through all blocks and the last norm. @param images [B, SIZE]; @param condition what modulates every block, [B, d]
 * @returns [B * tokens, d]
 */
export const throughBlocks = (net: ImageNet, images: Tensor2D, condition: Tensor2D): Tensor2D => {
  const { config } = net;
  const [batch, span] = [images.shape[0], tokensOf(config)];
  const tokens = apply(net, 'patch', toTokens(images, config)); // [B * tokens, d]
  const placed = tf.add(
    tf.reshape(tokens, [batch, span, config.hiddenSize]),
    tf.expandDims(weightOf(net, 'position'), 0),
  );
  let x: Tensor2D = tf.reshape(placed, [batch * span, config.hiddenSize]);
  for (let i = 0; i < config.layers; i++) x = block(net, i, x, condition);
  return modulatedNorm(x, apply(net, 'final.modulation', condition), { span, at: 0 });
};
