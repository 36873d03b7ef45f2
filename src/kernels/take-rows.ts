import gatherCode from '../../shaders/rows-gather.wgsl?raw';
import scatterCode from '../../shaders/rows-scatter.wgsl?raw';
import type { Tensor1D, Tensor2D, TensorInfo } from '../tf';
import { hostFloats, hostInts, makeHostInfo, tf, toTensor } from '../tf';
import { dispatch } from './dispatch';
import { threads } from './log-prob-passes';
import { oneHot } from './log-softmax-gather';
import { defineOp, useHost, useShaders } from './op';

/** source[rows] [R, d], on our GPU. */
export const gatherRows = (source: TensorInfo, rows: TensorInfo): TensorInfo => {
  const [R, width] = [rows.shape[0]!, source.shape[1]!];
  const each = threads(R * width);
  return dispatch({
    label: 'rows gather',
    code: gatherCode,
    inputs: [source, rows],
    outputs: [{ shape: [R, width], dtype: 'float32' }],
    uniforms: [R, width, each.groups],
    workgroups: each.workgroups,
  })[0]!;
};

/** [size, d] with source [R, d] at `rows` (ascending, each once) and 0 elsewhere, on our GPU. */
export const scatterRows = (source: TensorInfo, rows: TensorInfo, size: number): TensorInfo => {
  const [R, width] = source.shape as [number, number];
  const each = threads(size * width);
  return dispatch({
    label: 'rows scatter',
    code: scatterCode,
    inputs: [source, rows],
    outputs: [{ shape: [size, width], dtype: 'float32' }],
    uniforms: [size, R, width, each.groups],
    workgroups: each.workgroups,
  })[0]!;
};

const takeRowsHost = defineOp<'source' | 'rows'>({
  name: 'TakeRowsHost',
  backends: ['wasm', 'cpu'],
  inputs: ['source', 'rows'],
  forward: ({ source, rows }) => {
    const [R, width] = [rows.shape[0]!, source.shape[1]!];
    const info = makeHostInfo([R, width]);
    const [out, from, index] = [hostFloats(info), hostFloats(source), hostInts(rows)];
    for (let r = 0; r < R; r++) out.set(from.subarray(index[r]! * width, (index[r]! + 1) * width), r * width);
    return [info];
  },
  backward: ([dy], { inputs: { source, rows } }) => ({
    source: () => {
      const width = source.shape[1]!;
      const info = makeHostInfo(source.shape);
      const [out, from, index] = [hostFloats(info), hostFloats(dy!), hostInts(rows)];
      out.fill(0);
      for (let r = 0; r < index.length; r++)
        out.set(from.subarray(r * width, (r + 1) * width), index[r]! * width);
      return toTensor(info);
    },
  }),
});

const takeRowsGpu = defineOp<'source' | 'rows'>({
  name: 'TakeRows',
  inputs: ['source', 'rows'],
  forward: ({ source, rows }) => [gatherRows(source, rows)],
  backward: ([dy], { inputs: { source, rows } }) => ({
    source: () => toTensor(scatterRows(dy!, rows, source.shape[0]!)),
  }),
});

/**
 * source[rows] [R, d], differentiable in the source; the source itself where all of its rows are taken.
 * @param source [N, d]
 * @param rows ascending, each once, at least one
 */
export const takeRows = (source: Tensor2D, rows: Tensor1D): Tensor2D => {
  if (rows.shape[0] === source.shape[0]) return source;
  if (useShaders()) return takeRowsGpu({ source, rows }, {})[0] as Tensor2D;
  if (useHost()) return takeRowsHost({ source, rows }, {})[0] as Tensor2D;
  return tf.matMul(oneHot(rows, source.shape[0]), source);
};
