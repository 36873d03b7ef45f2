import type { Tensor, Tensor1D, Tensor2D, TensorInfo } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import { elements } from './elements';
import { defineOp } from './op';
import type { PackedInfo, PackedMatrix } from './packed-matrix';
import { rowReader } from './unpack-host';

/** `linear` on the wasm and cpu backends, by tfjs's own products. */

/** x^T; tfjs's own walks through one of the two in strides. */
const transposed = (x: Tensor2D): Tensor2D => {
  const [rows, columns] = x.shape;
  const info = makeHostInfo([columns, rows]);
  elements().transpose(hostFloats(x), hostFloats(info), rows);
  return toTensor(info) as Tensor2D;
};

/** a b^T or a^T b for wasm, whose fast product (XNNPACK) takes untransposed operands only. */
const withTransposed = (a: Tensor2D, b: Tensor2D, which: 'a' | 'b'): Tensor2D => {
  const turned = transposed(which === 'a' ? a : b);
  const result: Tensor2D = which === 'a' ? tf.matMul(turned, b) : tf.matMul(a, turned);
  turned.dispose();
  return result;
};

/** x w^T; a frozen weight costs no gradient. */
const plainOp = defineOp<'x' | 'w'>({
  name: 'LinearHost',
  backends: ['wasm', 'cpu'],
  inputs: ['x', 'w'],
  forward: ({ x, w }) => [withTransposed(x as Tensor2D, w as Tensor2D, 'b')],
  backward: ([dy], { inputs: { x, w } }) => ({
    x: () => tf.matMul(dy as Tensor2D, w as Tensor2D),
    w: () => withTransposed(dy as Tensor2D, x as Tensor2D, 'a'),
  }),
});

/** y + bias; the bias's gradient is the sum over rows, in one walk over them. */
const biasOp = defineOp<'y' | 'bias'>({
  name: 'AddBiasHost',
  backends: ['wasm', 'cpu'],
  inputs: ['y', 'bias'],
  saveInputs: [],
  forward: ({ y, bias }) => {
    const sum = makeHostInfo(y.shape);
    elements().addRow(hostFloats(y), hostFloats(bias), hostFloats(sum));
    return [sum];
  },
  backward: ([dy]) => ({
    y: () => dy!.clone(),
    bias: () => {
      const width = dy!.shape[1]!;
      const dBias = makeHostInfo([width]);
      const room = toTensor(makeHostInfo([2 * width]));
      elements().sumRows(hostFloats(dy!), hostFloats(dBias), hostFloats(room));
      room.dispose();
      return toTensor(dBias);
    },
  }),
});

/** y [N, out] + bias [out]; differentiable in both. */
export const withBias = (y: Tensor2D, bias: Tensor1D): Tensor2D => biasOp({ y, bias }, {})[0] as Tensor2D;

/** Elements of a packed matrix that are unpacked at a time: 32 MB, and as much again while they are transposed. */
const CHUNK = 1 << 23;

/** Calls f with the rows of a packed matrix, [count, in], a chunk at a time. Each chunk is freed after its call. */
const eachChunk = (packed: PackedInfo, f: (rows: Tensor2D, first: number, count: number) => void) => {
  const [all, width] = packed.shape;
  const most = Math.max(1, Math.floor(CHUNK / width));
  const read = rowReader(packed);
  for (let first = 0; first < all; first += most) {
    const count = Math.min(most, all - first);
    const info = makeHostInfo([count, width]);
    const out = hostFloats(info);
    for (let r = 0; r < count; r++) read(first + r, out, r * width);
    const rows = toTensor(info) as Tensor2D;
    f(rows, first, count);
    rows.dispose();
  }
};

type PackedAttrs = Pick<PackedInfo, 'format' | 'shape' | 'block'>;
type PackedInput = 'x' | 'values' | 'scales';

const forwardPacked = (x: Tensor2D, packed: PackedInfo): Tensor2D => {
  const parts: Tensor2D[] = [];
  eachChunk(packed, (rows) => parts.push(withTransposed(x, rows, 'b')));
  if (parts.length === 1) return parts[0]!;
  const y: Tensor2D = tf.concat(parts, 1);
  tf.dispose(parts);
  return y;
};

const backwardPacked = (dy: Tensor2D, packed: PackedInfo): Tensor2D => {
  let dX: Tensor2D | undefined;
  eachChunk(packed, (rows, first, count) => {
    const whole = count === dy.shape[1];
    const part = whole ? dy : tf.slice(dy, [0, first], [dy.shape[0], count]);
    const product: Tensor2D = tf.matMul(part, rows);
    if (!whole) part.dispose();
    const before = dX;
    dX = before ? tf.add(before, product) : product;
    if (before) tf.dispose([before, product]);
  });
  return dX!;
};

const packedOp = (names: readonly PackedInput[]) => {
  const infoOf = (inputs: Record<PackedInput, TensorInfo>, attrs: PackedAttrs): PackedInfo => ({
    ...attrs,
    values: inputs.values,
    scales: names.includes('scales') ? inputs.scales : undefined,
  });
  return defineOp<PackedInput, PackedAttrs>({
    name: `LinearHost(${names.join(' ')})`,
    backends: ['wasm', 'cpu'],
    inputs: names,
    saveInputs: names.filter((name) => name !== 'x'),
    forward: (inputs, attrs) => [forwardPacked(inputs.x as Tensor2D, infoOf(inputs, attrs))],
    backward: ([dy], { inputs }, attrs) => ({
      x: () => backwardPacked(dy as Tensor2D, infoOf(inputs, attrs)),
    }),
  }) as (inputs: Partial<Record<PackedInput, Tensor>>, attrs: PackedAttrs) => Tensor[];
};
const scaledOp = packedOp(['x', 'values', 'scales']);
const halfOp = packedOp(['x', 'values']);

/** x w^T for a plain weight [out, in]; differentiable in both. */
export const timesTransposed = (x: Tensor2D, w: Tensor2D): Tensor2D => plainOp({ x, w }, {})[0] as Tensor2D;

/** x w^T for a packed weight, which is unpacked 32 MB at a time; differentiable in x. */
export const timesPackedTransposed = (x: Tensor2D, w: PackedMatrix): Tensor2D => {
  const { format, shape, block, values, scales } = w;
  const attrs = { format, shape, block };
  return (scales ? scaledOp({ x, values, scales }, attrs) : halfOp({ x, values }, attrs))[0] as Tensor2D;
};
