import code from '../../shaders/rope.wgsl?raw';
import type { Tensor, Tensor1D, Tensor2D, TensorInfo } from '../tf';
import { hostFloats, hostInts, makeHostInfo, tf, toTensor } from '../tf';
import { checkTensor } from './check';
import { dispatch, f32, grid } from './dispatch';
import { defineOp, useHost, useShaders } from './op';
import type { RopeTable } from './rope-table';
import { ropeTensor } from './rope-table';

interface Attrs {
  heads: number;
  direction: 1 | -1;
  /** For the host; the GPU has it as a tensor. */
  table: RopeTable;
}

type Turn = (x: TensorInfo, position: TensorInfo, table: TensorInfo, attrs: Attrs) => TensorInfo[];

const turnOnGpu: Turn = (x, position, table, { heads, direction }) => {
  const rows = x.shape[0]!;
  const half = table.shape[1]! / 2;
  return dispatch({
    label: 'rope',
    code,
    inputs: [x, position, table],
    outputs: [{ shape: x.shape, dtype: 'float32' }],
    uniforms: [rows, heads, half, f32(direction)],
    workgroups: grid(Math.ceil((rows * half) / 64)),
  });
};

const turnOnHost: Turn = (x, position, _, { heads, direction, table }) => {
  const { half, positions, cos, sin } = table;
  const y = makeHostInfo(x.shape);
  const [a, at, out] = [hostFloats(x), hostInts(position), hostFloats(y)];
  for (let n = 0; n < x.shape[0]!; n++) {
    const row = at[n]!;
    if (row < 0 || row >= positions) {
      throw new RangeError(`rope: position ${row} is not in the table, which has 0 to ${positions - 1}.`);
    }
    for (let h = 0; h < heads; h++) {
      const start = (n * heads + h) * 2 * half;
      for (let i = 0; i < half; i++) {
        const c = cos[row * half + i]!;
        const s = sin[row * half + i]! * direction;
        const u = a[start + i]!;
        const v = a[start + half + i]!;
        out[start + i] = u * c - v * s;
        out[start + half + i] = v * c + u * s;
      }
    }
  }
  return [y];
};

type Input = 'x' | 'position' | 'table';
const define = (name: string, turn: Turn, backends: readonly ('webgpu' | 'wasm' | 'cpu')[]) =>
  defineOp<Input, Attrs>({
    name,
    backends,
    inputs: ['x', 'position', 'table'],
    forward: ({ x, position, table }, attrs) => turn(x, position, table, attrs),
    saveInputs: ['position', 'table'],
    backward: ([dy], { inputs: { position, table } }, attrs) => ({
      x: () => toTensor(turn(dy!, position, table, { ...attrs, direction: -attrs.direction as 1 | -1 })[0]!),
    }),
  });

const ropeOp = define('Rope', turnOnGpu, ['webgpu']);
const ropeHost = define('RopeHost', turnOnHost, ['wasm', 'cpu']);

/** The same in tfjs ops. */
export const ropePlain = (x: Tensor2D, position: Tensor1D, table: RopeTable): Tensor2D =>
  tf.tidy(() => {
    const [n, width] = x.shape;
    const { half } = table;
    const heads = width / (2 * half);
    const turns = tf.reshape(tf.gather(ropeTensor(table), position), [n, 1, 2 * half]);
    const [cos, sin] = tf.split(turns, 2, 2) as [Tensor, Tensor]; // [N, 1, D/2]
    const parts = tf.reshape(x, [n, heads, 2 * half]);
    const a = tf.slice(parts, [0, 0, 0], [n, heads, half]);
    const b = tf.slice(parts, [0, 0, half], [n, heads, half]);
    const turned: Tensor[] = [tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))];
    return tf.reshape(tf.concat(turned, 2), [n, width]);
  });

/**
 * Rotary position embedding in the "rotate half" convention of Hugging Face's Llama: in each head the pair
 * (i, i + D/2) turns by position * theta^(-2i/D). The gradient turns back. Su et al., 2021, arXiv 2104.09864.
 * @param x [N, H*D], D even
 * @param position int32 [N], depth of each token along its path; below the table's positions, which a GPU does not check
 * @param table of head size D
 * @returns [N, H*D]
 */
export const rope = (x: Tensor2D, position: Tensor1D, table: RopeTable): Tensor2D => {
  checkTensor('rope', 'x', x, [-1, -1]);
  checkTensor('rope', 'position', position, [x.shape[0]], 'int32');
  const heads = x.shape[1] / (2 * table.half);
  if (!Number.isInteger(heads)) {
    throw new Error(`rope: x has ${x.shape[1]} columns, which are no whole heads of ${2 * table.half}.`);
  }
  if (useShaders()) {
    return ropeOp({ x, position, table: ropeTensor(table) }, { heads, direction: 1, table })[0] as Tensor2D;
  }
  if (!useHost()) return ropePlain(x, position, table);
  // The host reads the table itself; a tensor of it is only for devices.
  return ropeHost({ x, position, table: position }, { heads, direction: 1, table })[0] as Tensor2D;
};
