/** What several losses write alike: small differentiable pieces that tfjs lacks. */
import { sparseMatrix, sparseProduct } from '../kernels/sparse-product';
import type { Scalar, Tensor1D } from '../tf';
import { tf } from '../tf';

/** The same numbers without their history: sg[x] of the papers. Its gradient is exactly 0. */
export const detach = tf.customGrad((x: unknown) => {
  const value = tf.clone(x as Tensor1D);
  return { value, gradFunc: (dy: unknown) => [tf.zerosLike(dy as Tensor1D)] };
}) as unknown as (x: Tensor1D) => Tensor1D;

/** log sigmoid(x), stable at both ends. */
export const logSigmoid = (x: Tensor1D): Tensor1D => tf.neg(tf.softplus(tf.neg(x)));

/** Elements of a vector by index, differentiable. [n] */
export const pick = (vector: Tensor1D, indices: readonly number[]): Tensor1D =>
  sparseProduct(
    sparseMatrix(
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
