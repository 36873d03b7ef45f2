/** What several losses write alike: small differentiable pieces that tfjs lacks. */
import type { Scalar, Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';

/** The same numbers without their history: sg[x] of the papers. Its gradient is exactly 0. */
export const detach = tf.customGrad((x: unknown) => {
  const value = tf.clone(x as Tensor1D);
  return { value, gradFunc: (dy: unknown) => [tf.zerosLike(dy as Tensor1D)] };
}) as unknown as (x: Tensor1D) => Tensor1D;

/** log sigmoid(x), stable at both ends. */
export const logSigmoid = (x: Tensor1D): Tensor1D => tf.neg(tf.softplus(tf.neg(x)));

/** matrix [n, k] times vector [k]: for constant matrices that pick and sum, whose gradient every backend has. */
export const combine = (matrix: Tensor2D, vector: Tensor1D): Tensor1D =>
  tf.reshape(tf.matMul(matrix, tf.reshape(vector, [vector.size, 1])), [matrix.shape[0]]);

/**
 * Row i picks and weighs elements of a vector of `width`: each pair is an index and its factor. Factors of one index add up.
 * @returns [rows.length, width]
 */
export const rowsOf = (
  rows: readonly (readonly (readonly [number, number])[])[],
  width: number,
): Tensor2D => {
  const values = new Float32Array(rows.length * width);
  rows.forEach((parts, i) => {
    for (const [index, factor] of parts) values[i * width + index]! += factor;
  });
  return tf.tensor2d(values, [rows.length, width]);
};

/** Elements of a vector by index, differentiable. [n] */
export const pick = (vector: Tensor1D, indices: readonly number[]): Tensor1D =>
  combine(
    rowsOf(
      indices.map((index) => [[index, 1]]),
      vector.size,
    ),
    vector,
  );

/**
 * 0, hung onto a vector so that the gradient exists: the loss of a batch in which nothing can be compared.
 * @param from anything that depends on the policy
 */
export const nothing = (from: Tensor1D): Scalar => tf.mul(tf.sum(from), 0) as Scalar;
