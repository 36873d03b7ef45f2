import type { Tensor, Tensor2D } from '../tf';
import { tf, toTensor } from '../tf';
import { checkTensor } from './check';
import { product } from './matmul';
import { defineOp, useShaders } from './op';

export interface MatmulOptions {
  /** a is stored [k, m]. */
  transposeA?: boolean;
  /** b is stored [n, k]. */
  transposeB?: boolean;
}

/** @throws Error naming the first tensor without elements. */
export const refuseEmpty = (op: string, ...tensors: Tensor[]) => {
  for (const t of tensors) {
    if (t.size === 0)
      throw new Error(`${op}: a matrix of shape [${t.shape.join(', ')}] is empty; give it at least one row.`);
  }
};

const dims = (
  a: readonly number[],
  b: readonly number[],
  { transposeA = false, transposeB = false }: MatmulOptions,
) => {
  const [m, k] = transposeA ? [a[1]!, a[0]!] : [a[0]!, a[1]!];
  const [n, kb] = transposeB ? [b[0]!, b[1]!] : [b[1]!, b[0]!];
  return { m, n, k, kb, transposeA, transposeB };
};

/** op(a) op(b) outside the tape: for gradients. The current tidy scope owns the result. */
export const multiply = (
  a: Tensor,
  b: Tensor,
  options: MatmulOptions & { scale?: number } = {},
): Tensor2D => {
  const { m, n, k, transposeA, transposeB } = dims(a.shape, b.shape, options);
  const { scale = 1 } = options;
  return toTensor(product({ label: 'matmul', a, b, m, n, k, transposeA, transposeB, scale })) as Tensor2D;
};

const matmulOp = defineOp<'a' | 'b', { transposeA: boolean; transposeB: boolean }>({
  name: 'Matmul',
  inputs: ['a', 'b'],
  forward: ({ a, b }, attrs) => {
    const { m, n, k, transposeA, transposeB } = dims(a.shape, b.shape, attrs);
    return [product({ label: 'matmul', a, b, m, n, k, transposeA, transposeB })];
  },
  backward: ([dy], { inputs: { a, b } }, { transposeA, transposeB }) => ({
    a: () =>
      transposeA
        ? multiply(b, dy!, { transposeA: transposeB, transposeB: true })
        : multiply(dy!, b, { transposeB: !transposeB }),
    b: () =>
      transposeB
        ? multiply(dy!, a, { transposeA: true, transposeB: transposeA })
        : multiply(a, dy!, { transposeA: !transposeA }),
  }),
});

/**
 * op(a) op(b), op transposing where the options say so; differentiable.
 * @param a [m, k], or [k, m] with `transposeA`
 * @param b [k, n], or [n, k] with `transposeB`
 * @returns [m, n]
 * @throws Error when shapes do not fit, or a matrix is empty.
 */
export const matmul = (a: Tensor2D, b: Tensor2D, options: MatmulOptions = {}): Tensor2D => {
  checkTensor('matmul', 'a', a, [-1, -1]);
  checkTensor('matmul', 'b', b, [-1, -1]);
  const { k, kb, transposeA, transposeB } = dims(a.shape, b.shape, options);
  if (k !== kb) throw new Error(`matmul: the inner dimensions differ, ${k} of a and ${kb} of b.`);
  refuseEmpty('matmul', a, b);
  if (!useShaders()) return tf.matMul(a, b, transposeA, transposeB);
  return matmulOp({ a, b }, { transposeA, transposeB })[0] as Tensor2D;
};
