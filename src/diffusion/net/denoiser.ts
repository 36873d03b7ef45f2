import { silu } from '../../kernels/silu';
import type { Tensor2D } from '../../tf';
import { tf } from '../../tf';
import type { Condition } from '../world/condition';
import type { ImageNet } from './blocks';
import { apply, askedIn, throughBlocks, timesIn, toImages } from './blocks';

/** A denoiser on the device. */
export type Denoiser = ImageNet;

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
    const condition = silu(tf.add(timesIn(net, times), askedIn(net, conditions)) as Tensor2D); // [B, d]
    return toImages(apply(net, 'final.out', throughBlocks(net, images, condition)), net.config);
  });
