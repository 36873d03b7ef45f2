/** What several losses write alike: small differentiable pieces that tfjs lacks. */
import { sparseMatrix, sparseProduct } from '../kernels/sparse-product';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import { range } from '../util/range';

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

/** Stands where a list has no element; its share in a softmax is exactly 0. */
const NEVER = -1e30;

/**
 * Elements of a vector by index, in rows as wide as the longest: one operation for all lists of a batch, where a loop would
 * take a few for each.
 * @param rows indices, at least one in each row
 * @returns [rows, width], -1e30 on padding, which a softmax along the row gives 0
 */
export const pickRows = (vector: Tensor1D, rows: readonly (readonly number[])[]): Tensor2D => {
  const width = Math.max(...rows.map((row) => row.length));
  const grid = rows.map((row) => range(width).map((i) => row[i]));
  const indices = grid.flatMap((row) => row.map((i) => i ?? row[0]!));
  const absent = tf.tensor2d(grid.map((row) => row.map((i) => (i === undefined ? NEVER : 0))));
  return tf.add(tf.reshape(pick(vector, indices), [rows.length, width]), absent) as Tensor2D;
};

/**
 * 0, hung onto a vector so that the gradient exists: the loss of a batch in which nothing can be compared.
 * @param from anything that depends on the policy
 */
export const nothing = (from: Tensor1D): Scalar => tf.mul(tf.sum(from), 0) as Scalar;

/**
 * f(x) without its history: for what f does that has no gradient, such as comparing. Its gradient is exactly 0.
 * @param f of plain tensors; what it computes on the way is not on the tape
 */
export const withoutHistory = <T extends Tensor>(x: Tensor1D, f: (x: Tensor1D) => T): T =>
  tf.customGrad((input: unknown) => ({
    value: f(input as Tensor1D),
    gradFunc: () => [tf.zerosLike(x)],
  }))(x) as T;

/** Rank of each element from the largest (0) down, equal ones in their order. @param alike [n, n], 1 where two compete */
export const ranksOf = (x: Tensor1D, alike?: Tensor2D): Tensor1D =>
  withoutHistory(x, (values) => {
    const n = values.size;
    const [row, column] = [tf.reshape(values, [n, 1]), tf.reshape(values, [1, n])];
    const earlier = tf.less(tf.reshape(tf.range(0, n), [1, n]), tf.reshape(tf.range(0, n), [n, 1]));
    const ahead = tf.logicalOr(tf.greater(column, row), tf.logicalAnd(tf.equal(column, row), earlier));
    const counted = tf.cast(ahead, 'float32');
    return tf.sum(alike ? tf.mul(counted, alike) : counted, 1) as Tensor1D;
  });

/** The elements from the smallest to the largest. The gradient goes back to where each came from. */
export const sortedInBatch = (x: Tensor1D): Tensor1D => {
  const n = x.size;
  const permutation = withoutHistory(x, (values) => {
    const place = tf.sub(n - 1, ranksOf(values)); // from the smallest up
    return tf.cast(tf.equal(tf.reshape(tf.range(0, n), [n, 1]), tf.reshape(place, [1, n])), 'float32');
  });
  return tf.reshape(tf.matMul(permutation as Tensor2D, tf.reshape(x, [n, 1])), [n]) as Tensor1D;
};
