/** How far the numbers that a head gives agree with a yes or no that is known, for the metrics of a batch. */
import type { Scalar, Tensor1D } from '../tf';
import { tf } from '../tf';
import { withoutHistory } from './maths';

/**
 * Share of the items whose sign is the known one.
 * @param known above 0 for yes, below for no; NaN where nothing is known
 * @returns 0.5 where nothing is known of any
 */
export const shareRight = (values: Tensor1D, known: ArrayLike<number>): Scalar => {
  const yes = Array.from(known);
  const judged = yes.filter((x) => !Number.isNaN(x)).length;
  if (judged === 0) return tf.scalar(0.5);
  const wanted = tf.tensor1d(yes.map((x) => (x > 0 ? 1 : x < 0 ? -1 : 0)));
  return withoutHistory(values, (v) => {
    const agrees = tf.cast(tf.greater(tf.mul(v, wanted), 0), 'float32');
    return tf.div(tf.sum(agrees), judged);
  }) as Scalar;
};

/**
 * Area under the ROC curve: how often a "yes" has a larger number than a "no", ties counting half.
 * @param known as above
 * @returns 0.5 where there are only yeses or only nos
 */
export const areaUnderCurve = (values: Tensor1D, known: ArrayLike<number>): Scalar => {
  const of = (sign: 1 | -1) => Array.from(known).map((x) => (sign * x > 0 ? 1 : 0));
  const [yes, no] = [of(1), of(-1)];
  const pairs = yes.reduce((a: number, b) => a + b, 0) * no.reduce((a: number, b) => a + b, 0);
  if (pairs === 0) return tf.scalar(0.5);
  return withoutHistory(values, (v) => {
    const gap = tf.sub(tf.reshape(v, [-1, 1]), tf.reshape(v, [1, -1]));
    const won = tf.add(tf.mul(tf.sign(gap), 0.5), 0.5); // [n, n]
    const weight = tf.matMul(tf.tensor2d(yes, [yes.length, 1]), tf.tensor2d(no, [1, no.length]));
    return tf.div(tf.sum(tf.mul(won, weight)), pairs);
  }) as Scalar;
};
