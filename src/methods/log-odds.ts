import type { Tensor1D } from '../tf';
import { tf } from '../tf';

/** From here on exp(a) is far enough from 1 that 1 - exp(a) loses nothing. */
const FAR = -0.5;

/** A mean log-prob of 0 has infinite odds; f32 rounds what is nearer than this to it. */
const NEAREST = -1e-10;

/** 1/n! for n from 10 down to 2. */
const coefficients = [10, 9, 8, 7, 6, 5, 4, 3, 2].map((n) => {
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return 1 / factorial;
});

/** 1 - exp(a) for a < 0, to f32's precision near 0 as well, where the difference would cancel: there it is a series. */
const oneMinusExp = (a: Tensor1D): Tensor1D => {
  const near = tf.minimum(tf.maximum(a, FAR), NEAREST) as Tensor1D;
  // (exp(a) - 1) / a = 1 + a/2 + a^2/6 + ..., by Horner
  let series: Tensor1D = tf.mul(near, coefficients[0]!) as Tensor1D;
  for (const c of coefficients.slice(1)) series = tf.mul(near, tf.add(series, c)) as Tensor1D;
  const close = tf.neg(tf.mul(near, tf.add(series, 1)));
  return tf.where(tf.greater(a, FAR), close, tf.sub(1, tf.exp(a))) as Tensor1D;
};

/** Log-odds of a mean log-prob a: a - log(1 - exp(a)). d/da = 1 / (1 - exp(a)), which costs one operation this way. */
export const logOdds = tf.customGrad((a: unknown, save: unknown) => {
  const rest = oneMinusExp(a as Tensor1D);
  // Where f32 cannot tell a from 0 the odds stand still, and only a's own 1 is left of the slope.
  const divisor = tf.where(tf.greater(a as Tensor1D, NEAREST), tf.onesLike(rest), rest) as Tensor1D;
  (save as (tensors: Tensor1D[]) => void)([divisor]);
  return {
    value: tf.sub(a as Tensor1D, tf.log(rest)),
    gradFunc: (dy: unknown, saved: unknown) => tf.div(dy as Tensor1D, (saved as Tensor1D[])[0]!),
  };
}) as unknown as (mean: Tensor1D) => Tensor1D;
