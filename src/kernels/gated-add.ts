import code from '../../shaders/gated-add.wgsl?raw';
import gradCode from '../../shaders/gated-add-grad.wgsl?raw';
import type { Tensor2D } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import { checkTensor } from './check';
import { dispatch, grid, run } from './dispatch';
import { elements } from './elements';
import type { Modulated } from './modulated-norm';
import { checkModulation, spreadColumns } from './modulated-norm';
import { defineOp, useHost, useShaders } from './op';

type Input = 'x' | 'y' | 'modulation';

const addOp = defineOp<Input, Modulated>({
  name: 'GatedAdd',
  inputs: ['x', 'y', 'modulation'],
  saveInputs: ['y', 'modulation'],
  forward: ({ x, y, modulation }, { span, at }) => {
    const [rows, width] = x.shape as [number, number];
    return dispatch({
      label: 'gatedAdd',
      code,
      inputs: [x, y, modulation],
      outputs: [{ shape: [rows, width], dtype: 'float32' }],
      uniforms: [rows * width, width, span, modulation.shape[1]!, at],
      workgroups: grid(Math.ceil((rows * width) / 64)),
    });
  },
  backward: ([d], { inputs: { y, modulation } }, { span, at }) => {
    const [rows, width] = y.shape as [number, number];
    const rowGroups = Math.ceil((rows * width) / 64);
    // Outside the thunks: tfjs tidies a thunk, which would dispose the other's share.
    const [dY, dModulation] = run({
      label: 'gatedAdd gradient',
      code: gradCode,
      inputs: [y, modulation, d!],
      outputs: [
        { shape: [rows, width], dtype: 'float32' },
        { shape: modulation.shape, dtype: 'float32' },
      ],
      uniforms: [rows * width, width, span, modulation.shape[1]!, at, rowGroups],
      workgroups: grid(rowGroups + Math.ceil(modulation.size / 64)),
    });
    return { x: () => d!.clone(), y: () => dY!, modulation: () => dModulation! };
  },
});

const addHost = defineOp<Input, Modulated>({
  name: 'GatedAddHost',
  backends: ['wasm', 'cpu'],
  inputs: ['x', 'y', 'modulation'],
  saveInputs: ['y', 'modulation'],
  forward: ({ x, y, modulation }, { span, at }) => {
    const [rows, width] = x.shape as [number, number];
    const sum = makeHostInfo([rows, width]);
    const [a, b, m, out] = [x, y, modulation, sum].map(hostFloats) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    elements().addGated(a, b, m, out, { rows, width, span, stride: modulation.shape[1]!, at });
    return [sum];
  },
  backward: ([d], { inputs: { y, modulation } }, { span, at }) => {
    const [rows, width] = y.shape as [number, number];
    const stride = modulation.shape[1]!;
    const made = [makeHostInfo(y.shape), makeHostInfo(modulation.shape)] as const;
    const [b, m, g, dY, dm] = [y, modulation, d!, ...made].map(hostFloats) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    dm.fill(0);
    for (let n = 0; n < rows; n++) {
      const gate = Math.floor(n / span) * stride + at;
      const start = n * width;
      for (let c = 0; c < width; c++) {
        dY[start + c] = m[gate + c]! * g[start + c]!;
        dm[gate + c]! += g[start + c]! * b[start + c]!;
      }
    }
    const [forY, forModulation] = made.map(toTensor);
    return { x: () => d!.clone(), y: () => forY!, modulation: () => forModulation! };
  },
});

/** The same in tfjs ops. */
export const gatedAddPlain = (x: Tensor2D, y: Tensor2D, modulation: Tensor2D, where: Modulated): Tensor2D =>
  tf.tidy(() => tf.add(x, tf.mul(spreadColumns(modulation, where, x.shape[1]), y)) as Tensor2D);

/**
 * x + gate * y, the gate being d columns of the modulation: how a block of a diffusion transformer adds to its residual
 * stream. Peebles and Xie, 2023, arXiv 2212.09748.
 * @param x [N, d]
 * @param y [N, d]
 * @param modulation [N / span, at least at + d]
 * @returns [N, d]
 */
export const gatedAdd = (x: Tensor2D, y: Tensor2D, modulation: Tensor2D, where: Modulated): Tensor2D => {
  checkModulation('gatedAdd', x, modulation, where, 1);
  checkTensor('gatedAdd', 'y', y, x.shape);
  if (useShaders()) return addOp({ x, y, modulation }, where)[0] as Tensor2D;
  if (useHost()) return addHost({ x, y, modulation }, where)[0] as Tensor2D;
  return gatedAddPlain(x, y, modulation, where);
};
