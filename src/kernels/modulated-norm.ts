import code from '../../shaders/modulated-norm.wgsl?raw';
import gradCode from '../../shaders/modulated-norm-grad.wgsl?raw';
import type { Tensor2D, TensorInfo } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import { checkTensor } from './check';
import { dispatch, f32, grid, run } from './dispatch';
import { elements } from './elements';
import { defineOp, useHost, useShaders } from './op';

/** Where in its row of the modulation an operation finds what it reads, and how many rows of x share that row. */
export interface Modulated {
  /** Rows of x to one row of the modulation. */
  span: number;
  /** First column of the modulation that is read. */
  at: number;
}

interface Attrs extends Modulated {
  eps: number;
}

const shapesOf = (x: TensorInfo, modulation: TensorInfo) => ({
  rows: x.shape[0]!,
  width: x.shape[1]!,
  spans: modulation.shape[0]!,
  stride: modulation.shape[1]!,
});

const normOp = defineOp<'x' | 'modulation', Attrs>({
  name: 'ModulatedNorm',
  inputs: ['x', 'modulation'],
  forward: ({ x, modulation }, { span, at, eps }) => {
    const { rows, width, stride } = shapesOf(x, modulation);
    return dispatch({
      label: 'modulatedNorm',
      code,
      inputs: [x, modulation],
      outputs: [
        { shape: [rows, width], dtype: 'float32' },
        { shape: [rows, 2], dtype: 'float32' },
      ],
      uniforms: [rows, width, span, stride, at, f32(eps)],
      workgroups: grid(Math.ceil(rows / 64)),
    });
  },
  saveOutputs: [1],
  backward: ([dy], { inputs: { x, modulation }, outputs: [, stats] }, { span, at }) => {
    const { rows, width, spans, stride } = shapesOf(x, modulation);
    const rowGroups = Math.ceil(rows / 64);
    // Outside the thunks: tfjs tidies a thunk, which would dispose the other's share.
    const [dx, dModulation] = run({
      label: 'modulatedNorm gradient',
      code: gradCode,
      inputs: [x, modulation, stats!, dy!],
      outputs: [
        { shape: [rows, width], dtype: 'float32' },
        { shape: [spans, stride], dtype: 'float32' },
      ],
      uniforms: [rows, width, span, stride, at, rowGroups],
      workgroups: grid(rowGroups + Math.ceil((spans * stride) / 64)),
    });
    return { x: () => dx!, modulation: () => dModulation! };
  },
});

const normHost = defineOp<'x' | 'modulation', Attrs>({
  name: 'ModulatedNormHost',
  backends: ['wasm', 'cpu'],
  inputs: ['x', 'modulation'],
  forward: ({ x, modulation }, { span, at, eps }) => {
    const { rows, width, stride } = shapesOf(x, modulation);
    const outputs = [makeHostInfo([rows, width]), makeHostInfo([rows, 2])] as const;
    const [a, m, y, stats] = [hostFloats(x), hostFloats(modulation), ...outputs.map(hostFloats)];
    elements().modulatedNorm(a!, m!, y!, stats!, { rows, width, span, stride, at }, eps);
    return [...outputs];
  },
  saveOutputs: [1],
  backward: ([dy], { inputs: { x, modulation }, outputs: [, stats] }, { span, at }) => {
    const { rows, width, spans, stride } = shapesOf(x, modulation);
    const made = [makeHostInfo([rows, width]), makeHostInfo([spans, stride])] as const;
    const [a, m, s, g, dx, dm] = [x, modulation, stats!, dy!, ...made].map(hostFloats) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    dm.fill(0);
    const of = { rows, width, span, stride, at };
    elements().modulatedNormGrad({ x: a, modulation: m, stats: s, g }, dx, dm, of);
    const [forX, forModulation] = made.map(toTensor);
    return { x: () => forX!, modulation: () => forModulation! };
  },
});

/** Each row of the modulation's columns, once for every row of x that shares it. [N, width] */
export const spreadColumns = (modulation: Tensor2D, { span, at }: Modulated, width: number): Tensor2D => {
  const [spans] = modulation.shape;
  const own = tf.slice(modulation, [0, at], [spans, width]);
  return tf.reshape(tf.tile(tf.expandDims(own, 1), [1, span, 1]), [spans * span, width]);
};

/** The same in tfjs ops. */
export const modulatedNormPlain = (
  x: Tensor2D,
  modulation: Tensor2D,
  { span, at }: Modulated,
  eps: number,
): Tensor2D =>
  tf.tidy(() => {
    const width = x.shape[1];
    const away = tf.sub(x, tf.mean(x, 1, true));
    const normed = tf.mul(away, tf.rsqrt(tf.add(tf.mean(tf.square(away), 1, true), eps)));
    const scale = spreadColumns(modulation, { span, at: at + width }, width);
    return tf.add(
      tf.mul(normed, tf.add(scale, 1)),
      spreadColumns(modulation, { span, at }, width),
    ) as Tensor2D;
  });

/** Refuses a modulation that does not fit x: `parts` times the width of x is read from column `at` on. */
export const checkModulation = (
  op: string,
  x: Tensor2D,
  modulation: Tensor2D,
  { span, at }: Modulated,
  parts: number,
) => {
  checkTensor(op, 'x', x, [-1, -1]);
  const [rows, width] = x.shape;
  checkTensor(op, 'modulation', modulation, [rows / span, -1]);
  if (at + parts * width > modulation.shape[1]) {
    throw new Error(
      `${op}: columns ${at} to ${at + parts * width} are read of a modulation that has ${modulation.shape[1]}.`,
    );
  }
};

/**
 * Layer norm whose gain and bias come from a condition: (x - mean) / sqrt(variance + eps) * (1 + scale) + shift, shift and
 * scale being 2 d columns of the modulation. Peebles and Xie, 2023, arXiv 2212.09748 (adaLN).
 * @param x [N, d]
 * @param modulation [N / span, at least at + 2 d]
 * @returns [N, d]
 */
export const modulatedNorm = (x: Tensor2D, modulation: Tensor2D, where: Modulated, eps = 1e-5): Tensor2D => {
  checkModulation('modulatedNorm', x, modulation, where, 2);
  if (!useShaders() && !useHost()) return modulatedNormPlain(x, modulation, where, eps);
  const [y, stats] = (useShaders() ? normOp : normHost)({ x, modulation }, { ...where, eps });
  stats!.dispose(); // the tape has a handle of its own
  return y as Tensor2D;
};
