import type { Tensor, Tensor1D, Tensor2D } from '../tf';
import { tf, toTensor } from '../tf';
import { checkTensor } from './check';
import { product } from './matmul';
import { defineOp, useHost, useShaders } from './op';

export interface MatmulOptions {
  /** a is stored [k, m]. */
  transposeA?: boolean;
  /** b is stored [n, k]. */
  transposeB?: boolean;
}

export interface LinearOptions {
  bias?: Tensor1D; // [out]
  residual?: Tensor2D; // [N, out]
}

const refuseEmpty = (op: string, ...tensors: Tensor[]) => {
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
const multiply = (a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor2D => {
  const { m, n, k, transposeA, transposeB } = dims(a.shape, b.shape, options);
  return toTensor(product({ label: 'matmul', a, b, m, n, k, transposeA, transposeB })) as Tensor2D;
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

type LinearInput = 'x' | 'w' | 'bias' | 'residual';

const linearOp = (name: string, extra: readonly ('bias' | 'residual')[]) =>
  defineOp<LinearInput>({
    name,
    inputs: ['x', 'w', ...extra],
    saveInputs: ['x', 'w'],
    forward: ({ x, w, bias, residual }) => [
      product({
        label: name,
        a: x,
        b: w,
        m: x.shape[0]!,
        n: w.shape[0]!,
        k: x.shape[1]!,
        transposeB: true,
        ...(bias ? { bias } : {}),
        ...(residual ? { residual } : {}),
      }),
    ],
    backward: ([dy], { inputs: { x, w } }) => ({
      x: () => multiply(dy!, w),
      w: () => multiply(dy!, x, { transposeA: true }),
      bias: () => tf.reshape(multiply(tf.ones([1, dy!.shape[0]!]), dy!), [dy!.shape[1]!]),
      residual: () => dy!.clone(),
    }),
  }) as (inputs: Partial<Record<LinearInput, Tensor>>, attrs: object) => Tensor[];

const linearOps = {
  none: linearOp('Linear', []),
  bias: linearOp('LinearBias', ['bias']),
  residual: linearOp('LinearResidual', ['residual']),
  both: linearOp('LinearBiasResidual', ['bias', 'residual']),
};

/** The twin of `linear` in tfjs operations, differentiated by tfjs. */
export const linearPlain = (x: Tensor2D, w: Tensor2D, { bias, residual }: LinearOptions = {}): Tensor2D => {
  let y: Tensor2D = tf.matMul(x, w, false, true);
  if (bias) y = tf.add(y, bias);
  if (residual) y = tf.add(y, residual);
  return y;
};

/** a b^T or a^T b for wasm, whose fast product (XNNPACK) takes untransposed operands only. */
const withTransposed = (a: Tensor2D, b: Tensor2D, which: 'a' | 'b'): Tensor2D => {
  const turned: Tensor2D = tf.transpose(which === 'a' ? a : b);
  const result: Tensor2D = which === 'a' ? tf.matMul(turned, b) : tf.matMul(a, turned);
  turned.dispose();
  return result;
};

/** x w^T on the wasm and cpu backends; a frozen weight costs no gradient. */
const timesTransposed = defineOp<'x' | 'w'>({
  name: 'LinearHost',
  backends: ['wasm', 'cpu'],
  inputs: ['x', 'w'],
  forward: ({ x, w }) => [withTransposed(x as Tensor2D, w as Tensor2D, 'b')],
  backward: ([dy], { inputs: { x, w } }) => ({
    x: () => tf.matMul(dy as Tensor2D, w as Tensor2D),
    w: () => withTransposed(dy as Tensor2D, x as Tensor2D, 'a'),
  }),
});

/**
 * x w^T (+ bias) (+ residual), with the weight as Hugging Face stores it.
 * @param x [N, in]
 * @param w [out, in]
 * @returns [N, out]
 * @throws Error when shapes or dtypes do not fit, or a matrix is empty.
 */
export const linear = (x: Tensor2D, w: Tensor2D, options: LinearOptions = {}): Tensor2D => {
  const { bias, residual } = options;
  checkTensor('linear', 'x', x, [-1, -1]);
  checkTensor('linear', 'w', w, [-1, x.shape[1]]);
  if (bias) checkTensor('linear', 'bias', bias, [w.shape[0]]);
  if (residual) checkTensor('linear', 'residual', residual, [x.shape[0], w.shape[0]]);
  refuseEmpty('linear', x, w);
  if (useHost()) {
    let y = timesTransposed({ x, w }, {})[0] as Tensor2D;
    if (bias) y = tf.add(y, bias);
    if (residual) y = tf.add(y, residual);
    return y;
  }
  if (!useShaders()) return linearPlain(x, w, options);
  if (bias && residual) return linearOps.both({ x, w, bias, residual }, {})[0] as Tensor2D;
  if (bias) return linearOps.bias({ x, w, bias }, {})[0] as Tensor2D;
  if (residual) return linearOps.residual({ x, w, residual }, {})[0] as Tensor2D;
  return linearOps.none({ x, w }, {})[0] as Tensor2D;
};

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
