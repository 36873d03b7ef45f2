import type { Tensor1D } from '../tf';
import { tf } from '../tf';

/** From here on exp(a) is far enough from 1 that 1 - exp(a) loses nothing. */
const FAR = -0.5;

/** A mean log-prob of 0 has infinite odds; f32 rounds what is nearer than this to it. */
const NEAREST = -1e-10;

/**
 * log(1 - exp(a)) for a < 0, to f32's precision near 0 as well, where 1 - exp(a) would cancel: there it is log(-a) plus the
 * log of a series. Both branches are finite everywhere, so that neither spoils the other's gradient.
 */
const logOneMinusExp = (a: Tensor1D): Tensor1D => {
  const near = tf.minimum(tf.maximum(a, FAR), NEAREST) as Tensor1D;
  // (exp(a) - 1) / a = 1 + a/2 + a^2/6 + ..., by Horner
  let series: Tensor1D = tf.onesLike(near);
  for (const n of [9, 8, 7, 6, 5, 4, 3, 2]) series = tf.add(1, tf.div(tf.mul(near, series), n)) as Tensor1D;
  const close = tf.add(tf.log(tf.neg(near)), tf.log(series));
  const far = tf.log(tf.sub(1, tf.exp(tf.minimum(a, FAR))));
  // Exactly one of the two moves with a; the other stands at its value for FAR.
  return tf.sub(tf.add(close, far), Math.log(-Math.expm1(FAR))) as Tensor1D;
};

/** Log-odds of a mean log-prob a: a - log(1 - exp(a)). d/da = 1 / (1 - exp(a)). */
export const logOdds = (mean: Tensor1D): Tensor1D => tf.sub(mean, logOneMinusExp(mean));
