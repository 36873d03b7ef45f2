import code from '../../shaders/rms-norm.wgsl?raw';
import gradCode from '../../shaders/rms-norm-grad.wgsl?raw';
import sumCode from '../../shaders/sum-partials.wgsl?raw';
import type { Tensor1D, Tensor2D } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import { checkTensor } from './check';
import { dispatch, f32, grid, run } from './dispatch';
import { lanesFor } from './lanes';
import { defineOp, useHost, useShaders } from './op';

interface Attrs {
  eps: number;
  /** Threads per row: a power of two up to 64. */
  lanes: number;
}

/** Rows whose share of the weight's gradient one thread adds up. */
const chunk = 32;

/** The WGSL op, with the number of threads per row open to tests. Outputs: y [N,d] and 1/rms [N]. */
export const rmsNormOp = defineOp<'x' | 'weight', Attrs>({
  name: 'RmsNorm',
  inputs: ['x', 'weight'],
  forward: ({ x, weight }, { eps, lanes }) => {
    const [rows, width] = x.shape as [number, number];
    return dispatch({
      label: 'rmsNorm',
      code,
      constants: { LANES: lanes },
      inputs: [x, weight],
      outputs: [
        { shape: [rows, width], dtype: 'float32' },
        { shape: [rows], dtype: 'float32' },
      ],
      uniforms: [rows, width, f32(eps)],
      workgroups: grid(Math.ceil((rows * lanes) / 64)),
    });
  },
  saveOutputs: [1],
  backward: ([dy], { inputs: { x, weight }, outputs }, { lanes }, wanted) => {
    const [rows, width] = x.shape as [number, number];
    const chunks = wanted.has('weight') ? Math.ceil(rows / chunk) : 0; // a frozen weight costs nothing
    const rowGroups = Math.ceil((rows * lanes) / 64);
    // Both at once, and outside the thunks: tfjs tidies a thunk, which would dispose the other's share.
    const [dx, partials] = run({
      label: 'rmsNorm gradient',
      code: gradCode,
      constants: { LANES: lanes },
      inputs: [x, weight, outputs[1]!, dy!],
      outputs: [
        { shape: [rows, width], dtype: 'float32' },
        { shape: [Math.max(1, chunks), width], dtype: 'float32' },
      ],
      uniforms: [rows, width, rowGroups, chunk, chunks],
      workgroups: grid(rowGroups + Math.ceil((chunks * width) / 64)),
    });
    return {
      x: () => dx!,
      weight: () =>
        run({
          label: 'rmsNorm weight gradient',
          code: sumCode,
          inputs: [partials!],
          outputs: [{ shape: [width], dtype: 'float32' }],
          uniforms: [chunks, width],
          workgroups: [Math.ceil(width / 64)],
        })[0]!,
    };
  },
});

const rmsNormHost = defineOp<'x' | 'weight', { eps: number }>({
  name: 'RmsNormHost',
  backends: ['wasm', 'cpu'],
  inputs: ['x', 'weight'],
  forward: ({ x, weight }, { eps }) => {
    const [rows, width] = x.shape as [number, number];
    const outputs = [makeHostInfo([rows, width]), makeHostInfo([rows])] as const;
    const [a, w, y, r] = [x, weight, ...outputs].map(hostFloats) as Float32Array[] as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let n = 0; n < rows; n++) {
      const start = n * width;
      let sum = 0;
      for (let c = 0; c < width; c++) sum += a[start + c]! * a[start + c]!;
      const scale = 1 / Math.sqrt(sum / width + eps);
      r[n] = scale;
      for (let c = 0; c < width; c++) y[start + c] = w[c]! * a[start + c]! * scale;
    }
    return [...outputs];
  },
  saveOutputs: [1],
  backward: ([dy], { inputs: { x, weight }, outputs: [, rootInverse] }) => {
    const [rows, width] = x.shape as [number, number];
    return {
      x: () => {
        const dx = makeHostInfo([rows, width]);
        const a = hostFloats(x);
        const w = hostFloats(weight);
        const r = hostFloats(rootInverse!);
        const g = hostFloats(dy!);
        const out = hostFloats(dx);
        for (let n = 0; n < rows; n++) {
          const start = n * width;
          const scale = r[n]!;
          let dot = 0;
          for (let c = 0; c < width; c++) dot += g[start + c]! * w[c]! * a[start + c]!;
          const mean = (dot * scale * scale) / width;
          for (let c = 0; c < width; c++)
            out[start + c] = scale * (g[start + c]! * w[c]! - a[start + c]! * mean);
        }
        return toTensor(dx);
      },
      weight: () => {
        const dw = makeHostInfo([width]);
        const a = hostFloats(x);
        const r = hostFloats(rootInverse!);
        const g = hostFloats(dy!);
        const sum = new Float64Array(width);
        for (let n = 0; n < rows; n++) {
          const start = n * width;
          for (let c = 0; c < width; c++) sum[c]! += g[start + c]! * a[start + c]! * r[n]!;
        }
        hostFloats(dw).set(sum);
        return toTensor(dw);
      },
    };
  },
});

/** The same in tfjs ops. */
export const rmsNormPlain = (x: Tensor2D, weight: Tensor1D, eps: number): Tensor2D =>
  tf.tidy(() => {
    const mean = tf.mean(tf.square(x), 1, true); // [N, 1]
    return tf.mul(weight, tf.mul(x, tf.rsqrt(tf.add(mean, eps)))) as Tensor2D;
  });

/**
 * Root-mean-square norm: weight * x / sqrt(mean(x^2) + eps) over each row. Gradients for x and weight; the weight's is
 * summed in a fixed order.
 *
 * Zhang and Sennrich, 2019, arXiv 1910.07467.
 * @param x [N, d]
 * @param weight [d]
 * @returns [N, d]
 */
export const rmsNorm = (x: Tensor2D, weight: Tensor1D, eps: number): Tensor2D => {
  checkTensor('rmsNorm', 'x', x, [-1, -1]);
  checkTensor('rmsNorm', 'weight', weight, [x.shape[1]]);
  if (useShaders()) return rmsNormOp({ x, weight }, { eps, lanes: lanesFor(x.shape[1]) })[0] as Tensor2D;
  if (useHost()) return rmsNormHost({ x, weight }, { eps })[0] as Tensor2D;
  return rmsNormPlain(x, weight, eps);
};
