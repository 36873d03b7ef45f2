import code from '../../shaders/layer-norm.wgsl?raw';
import gradCode from '../../shaders/layer-norm-grad.wgsl?raw';
import sumCode from '../../shaders/sum-partials.wgsl?raw';
import type { Tensor, Tensor1D, Tensor2D } from '../tf';
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

/** Rows whose share of the gradients of gain and bias one thread adds up. */
const chunk = 32;

/** The WGSL op, with the number of threads per row open to tests. Outputs: y [N,d] and (mean, 1/deviation) [N,2]. */
export const layerNormOp = defineOp<'x' | 'gain' | 'bias', Attrs>({
  name: 'LayerNorm',
  inputs: ['x', 'gain', 'bias'],
  forward: ({ x, gain, bias }, { eps, lanes }) => {
    const [rows, width] = x.shape as [number, number];
    return dispatch({
      label: 'layerNorm',
      code,
      constants: { LANES: lanes },
      inputs: [x, gain, bias],
      outputs: [
        { shape: [rows, width], dtype: 'float32' },
        { shape: [rows, 2], dtype: 'float32' },
      ],
      uniforms: [rows, width, f32(eps)],
      workgroups: grid(Math.ceil((rows * lanes) / 64)),
    });
  },
  saveInputs: ['x', 'gain'],
  saveOutputs: [1],
  backward: ([dy], { inputs: { x, gain }, outputs }, { lanes }, wanted) => {
    const [rows, width] = x.shape as [number, number];
    const trained = wanted.has('gain') || wanted.has('bias');
    const chunks = trained ? Math.ceil(rows / chunk) : 0;
    const rowGroups = Math.ceil((rows * lanes) / 64);
    // All at once, and outside the thunks: tfjs tidies a thunk, which would dispose the others' share.
    const [dx, partials] = run({
      label: 'layerNorm gradient',
      code: gradCode,
      constants: { LANES: lanes },
      inputs: [x, gain, outputs[1]!, dy!],
      outputs: [
        { shape: [rows, width], dtype: 'float32' },
        { shape: [Math.max(1, chunks), 2 * width], dtype: 'float32' },
      ],
      uniforms: [rows, width, rowGroups, chunk, chunks],
      workgroups: grid(rowGroups + Math.ceil((chunks * width) / 64)),
    });
    if (!trained) return { x: () => dx! };
    const [sums] = run({
      label: 'layerNorm gain and bias gradient',
      code: sumCode,
      inputs: [partials!],
      outputs: [{ shape: [2 * width], dtype: 'float32' }],
      uniforms: [chunks, 2 * width],
      workgroups: [Math.ceil((2 * width) / 64)],
    });
    return {
      x: () => dx!,
      gain: () => tf.slice(sums!, 0, width),
      bias: () => tf.slice(sums!, width, width),
    };
  },
});

const layerNormHost = defineOp<'x' | 'gain' | 'bias', { eps: number }>({
  name: 'LayerNormHost',
  backends: ['wasm', 'cpu'],
  inputs: ['x', 'gain', 'bias'],
  forward: ({ x, gain, bias }, { eps }) => {
    const [rows, width] = x.shape as [number, number];
    const outputs = [makeHostInfo([rows, width]), makeHostInfo([rows, 2])];
    const [a, w, b, y, stats] = [x, gain, bias, ...outputs].map(hostFloats) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let n = 0; n < rows; n++) {
      const row = a.subarray(n * width, (n + 1) * width);
      let sum = 0;
      for (let c = 0; c < width; c++) sum += row[c]!;
      const mean = Math.fround(sum / width);
      let squares = 0;
      for (let c = 0; c < width; c++) squares += (row[c]! - mean) ** 2;
      const r = 1 / Math.sqrt(squares / width + eps);
      stats[2 * n] = mean;
      stats[2 * n + 1] = r;
      for (let c = 0; c < width; c++) y[n * width + c] = w[c]! * ((row[c]! - mean) * r) + b[c]!;
    }
    return outputs;
  },
  saveInputs: ['x', 'gain'],
  saveOutputs: [1],
  backward: ([dy], { inputs: { x, gain }, outputs: [, stats] }) => {
    const [rows, width] = x.shape as [number, number];
    const overRows = (term: (g: number, z: number) => number): Tensor => {
      const total = makeHostInfo([width]);
      const [a, s, g] = [hostFloats(x), hostFloats(stats!), hostFloats(dy!)];
      const sum = new Float64Array(width);
      for (let n = 0; n < rows; n++) {
        for (let c = 0; c < width; c++) {
          const i = n * width + c;
          sum[c]! += term(g[i]!, (a[i]! - s[2 * n]!) * s[2 * n + 1]!);
        }
      }
      hostFloats(total).set(sum);
      return toTensor(total);
    };
    return {
      x: () => {
        const dx = makeHostInfo([rows, width]);
        const [a, w, s, g, out] = [x, gain, stats!, dy!, dx].map(hostFloats) as [
          Float32Array,
          Float32Array,
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        for (let n = 0; n < rows; n++) {
          const [start, mean, r] = [n * width, s[2 * n]!, s[2 * n + 1]!];
          let [sum, dot] = [0, 0];
          for (let c = 0; c < width; c++) {
            const push = g[start + c]! * w[c]!;
            sum += push;
            dot += push * (a[start + c]! - mean) * r;
          }
          for (let c = 0; c < width; c++) {
            const z = (a[start + c]! - mean) * r;
            out[start + c] = r * (g[start + c]! * w[c]! - sum / width - (z * dot) / width);
          }
        }
        return toTensor(dx);
      },
      gain: () => overRows((g, z) => g * z),
      bias: () => overRows((g) => g),
    };
  },
});

/** The same in tfjs ops. */
export const layerNormPlain = (x: Tensor2D, gain: Tensor1D, bias: Tensor1D, eps: number): Tensor2D =>
  tf.tidy(() => {
    const away = tf.sub(x, tf.mean(x, 1, true));
    const variance = tf.mean(tf.square(away), 1, true); // [N, 1]
    return tf.add(tf.mul(gain, tf.mul(away, tf.rsqrt(tf.add(variance, eps)))), bias) as Tensor2D;
  });

/**
 * Layer norm: gain * (x - mean) / sqrt(variance + eps) + bias over each row. Gradients for all three; those of gain and
 * bias are summed in a fixed order. Ba, Kiros and Hinton, 2016, arXiv 1607.06450.
 * @param x [N, d]
 * @param gain [d]
 * @param bias [d]
 * @returns [N, d]
 */
export const layerNorm = (x: Tensor2D, gain: Tensor1D, bias: Tensor1D, eps: number): Tensor2D => {
  checkTensor('layerNorm', 'x', x, [-1, -1]);
  checkTensor('layerNorm', 'gain', gain, [x.shape[1]]);
  checkTensor('layerNorm', 'bias', bias, [x.shape[1]]);
  const inputs = { x, gain, bias };
  if (useShaders()) return layerNormOp(inputs, { eps, lanes: lanesFor(x.shape[1]) })[0] as Tensor2D;
  if (useHost()) return layerNormHost(inputs, { eps })[0] as Tensor2D;
  return layerNormPlain(x, gain, bias, eps);
};
