import code from '../../shaders/embedding.wgsl?raw';
import type { Tensor1D, Tensor2D, TensorInfo } from '../tf';
import { elementWork, hostFloats, hostInts, makeHostInfo, onHost, tf, toTensor } from '../tf';
import { dispatch, grid } from './dispatch';
import type { PackedInfo, PackedMatrix } from './packed-matrix';
import { layoutOf, weightShader } from './packed-shader';
import { rowReader } from './unpack-host';
import { rowParts, rowWindow } from './window';

/** table[rows] [N, d] of a table that may be packed, on our GPU. */
export const gatherByShader = (table: TensorInfo | PackedInfo, rows: TensorInfo): TensorInfo => {
  const [n, width] = [rows.shape[0]!, table.shape[1]!];
  let y: TensorInfo | undefined;
  for (const { first, count } of rowParts(table)) {
    const { buffers, begin } = rowWindow(table, first, count);
    [y] = dispatch({
      label: 'embedding',
      code: weightShader(code, layoutOf(table)),
      inputs: [...buffers, rows],
      outputs: [y ?? { shape: [n, width], dtype: 'float32' }],
      uniforms: [n, width, first, count, begin],
      workgroups: grid(Math.ceil((n * width) / 64)),
      work: elementWork([{ shape: [2 * n, width] }]),
    });
  }
  return y!;
};

/** table[rows] [N, d] of a packed table, on the wasm and cpu backends. */
export const gatherOnHost = (table: PackedInfo, rows: TensorInfo): TensorInfo => {
  const [n, width] = [rows.shape[0]!, table.shape[1]];
  const y = makeHostInfo([n, width]);
  const [out, index, read] = [hostFloats(y), hostInts(rows), rowReader(table)];
  for (let i = 0; i < n; i++) read(index[i]!, out, i * width);
  return y;
};

/** A packed matrix in full, [out, in], as a plain tensor of the current scope: for exports and for the plain twins. */
export const unpackMatrix = (packed: PackedMatrix): Tensor2D => {
  const rows = tf.range(0, packed.shape[0], 1, 'int32') as Tensor1D;
  const whole = toTensor(onHost() ? gatherOnHost(packed, rows) : gatherByShader(packed, rows));
  rows.dispose();
  return whole as Tensor2D;
};
