import code from '../../shaders/sparse-product.wgsl?raw';
import type { Tensor, Tensor1D, TensorInfo } from '../tf';
import { hostFloats, hostInts, makeHostInfo, tf, toTensor } from '../tf';
import { checkTensor } from './check';
import { dispatch } from './dispatch';
import { threads } from './log-prob-passes';
import { defineOp, useHost, useShaders } from './op';

/** The entries of a matrix row by row: row r has `index` and `factor` from start[r] to start[r + 1]. */
interface Rows {
  start: Int32Array; // [rows + 1]
  index: Int32Array; // [K], at least 1
  factor: Float32Array; // [K]
}

/** A constant matrix [rows, width] with few entries, and its transpose for the gradient. On the host until it is used. */
export interface SparseMatrix {
  rows: number;
  width: number;
  forward: Rows;
  transposed: Rows;
}

const rowsFrom = (lists: readonly (readonly (readonly [number, number])[])[]): Rows => {
  const start = new Int32Array(lists.length + 1);
  lists.forEach((list, r) => {
    start[r + 1] = start[r]! + list.length;
  });
  // At least one entry, which no row reaches: an empty buffer cannot be bound.
  const size = Math.max(1, start[lists.length]!);
  const index = new Int32Array(size);
  const factor = new Float32Array(size);
  let k = 0;
  for (const list of lists) {
    for (const [i, x] of list) {
      index[k] = i;
      factor[k++] = x;
    }
  }
  return { start, index, factor };
};

/**
 * @param lists row by row, pairs of a column and its factor; factors of one column add up
 * @throws Error when a column lies outside the width
 */
export const sparseMatrix = (
  lists: readonly (readonly (readonly [number, number])[])[],
  width: number,
): SparseMatrix => {
  const columns = Array.from({ length: width }, (): [number, number][] => []);
  lists.forEach((list, r) => {
    for (const [i, x] of list) {
      const column = columns[i];
      if (!column) throw new Error(`sparseMatrix: column ${i} of row ${r} is outside the width ${width}.`);
      column.push([r, x]);
    }
  });
  return { rows: lists.length, width, forward: rowsFrom(lists), transposed: rowsFrom(columns) };
};

type Input = 'values' | 'start' | 'index' | 'factor' | 'backStart' | 'backIndex' | 'backFactor';

const onGpu = (values: TensorInfo, start: TensorInfo, index: TensorInfo, factor: TensorInfo): TensorInfo => {
  const rows = start.shape[0]! - 1;
  const each = threads(rows);
  return dispatch({
    label: 'sparse product',
    code,
    inputs: [values, start, index, factor],
    outputs: [{ shape: [rows], dtype: 'float32' }],
    uniforms: [rows, each.groups],
    workgroups: each.workgroups,
  })[0]!;
};

/** The same as a loop, summing in double precision. */
const onHostMemory = (
  values: TensorInfo,
  start: TensorInfo,
  index: TensorInfo,
  factor: TensorInfo,
): TensorInfo => {
  const info = makeHostInfo([start.shape[0]! - 1]);
  const [out, x, from] = [hostFloats(info), hostFloats(values), hostInts(start)];
  const [column, weight] = [hostInts(index), hostFloats(factor)];
  for (let r = 0; r < out.length; r++) {
    let sum = 0;
    for (let k = from[r]!; k < from[r + 1]!; k++) sum += weight[k]! * x[column[k]!]!;
    out[r] = sum;
  }
  return info;
};

const define = (name: string, product: typeof onGpu, backends: readonly ('webgpu' | 'wasm' | 'cpu')[]) =>
  defineOp<Input>({
    name,
    backends,
    inputs: ['values', 'start', 'index', 'factor', 'backStart', 'backIndex', 'backFactor'],
    saveInputs: ['backStart', 'backIndex', 'backFactor'],
    forward: ({ values, start, index, factor }) => [product(values, start, index, factor)],
    backward: ([dy], { inputs: { backStart, backIndex, backFactor } }) => ({
      values: () => toTensor(product(dy!, backStart, backIndex, backFactor)),
    }),
  });

const gpuOp = define('SparseProduct', onGpu, ['webgpu']);
const hostOp = define('SparseProductHost', onHostMemory, ['wasm', 'cpu']);

/** The twin: a product with the whole matrix. */
export const sparseProductPlain = ({ rows, width, forward }: SparseMatrix, values: Tensor1D): Tensor1D => {
  const dense = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let k = forward.start[r]!; k < forward.start[r + 1]!; k++) {
      dense[r * width + forward.index[k]!]! += forward.factor[k]!;
    }
  }
  return tf.reshape(tf.matMul(tf.tensor2d(dense, [rows, width]), tf.reshape(values, [width, 1])), [rows]);
};

/**
 * A constant sparse matrix times a vector: how log-probs are summed over steps and answers, picked and compared.
 * Differentiable in `values`; every sum has a fixed order.
 * @param values [width]
 * @returns [rows]
 */
export const sparseProduct = (matrix: SparseMatrix, values: Tensor1D): Tensor1D => {
  checkTensor('sparseProduct', 'values', values, [matrix.width]);
  if (!useShaders() && !useHost()) return sparseProductPlain(matrix, values);
  const { forward, transposed } = matrix;
  const ints = (x: Int32Array): Tensor => tf.tensor1d(x, 'int32');
  return tf.tidy(
    () =>
      (useShaders() ? gpuOp : hostOp)(
        {
          values,
          start: ints(forward.start),
          index: ints(forward.index),
          factor: tf.tensor1d(forward.factor),
          backStart: ints(transposed.start),
          backIndex: ints(transposed.index),
          backFactor: tf.tensor1d(transposed.factor),
        },
        {},
      )[0] as Tensor1D,
  );
};
