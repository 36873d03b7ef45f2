import code from '../../shaders/gelu.wgsl?raw';
import type { Tensor2D, TensorInfo } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import { checkTensor } from './check';
import { dispatch, grid } from './dispatch';
import { defineOp, useHost, useShaders } from './op';

/** Exact, or by the tanh that GPT-2 was trained with ("gelu_new"). */
export type GeluKind = 'erf' | 'tanh';

interface Attrs {
  kind: GeluKind;
}

const onGpu = (x: TensorInfo, dy: TensorInfo | undefined, kind: GeluKind): TensorInfo[] => {
  const size = x.shape[0]! * x.shape[1]!;
  return dispatch({
    label: dy ? 'gelu gradient' : 'gelu',
    code,
    entryPoint: dy ? 'slope' : 'main',
    constants: { TANH: kind === 'tanh' ? 1 : 0 },
    inputs: [x, dy ?? x],
    outputs: [{ shape: x.shape, dtype: 'float32' }],
    uniforms: [size],
    workgroups: grid(Math.ceil(size / 64)),
  });
};

/** 1 + erf(v), at most 1.5e-7 off (Abramowitz and Stegun, 7.1.26). */
const onePlusErf = (v: number): number => {
  const a = Math.abs(v);
  const t = 1 / (1 + 0.3275911 * a);
  const rest =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = rest * Math.exp(-a * a);
  return v < 0 ? tail : 2 - tail;
};

const root = Math.sqrt(2 / Math.PI);
const share = {
  erf: (v: number) => 0.5 * onePlusErf(v * Math.SQRT1_2),
  tanh: (v: number) => 1 / (1 + Math.exp(-2 * root * (v + 0.044715 * v * v * v))),
};
const slope = {
  erf: (v: number) => Math.exp(-0.5 * v * v) / Math.sqrt(2 * Math.PI),
  tanh: (v: number) => {
    const s = share.tanh(v);
    return 2 * root * (1 + 0.134145 * v * v) * s * (1 - s);
  },
};

const onHost = (x: TensorInfo, dy: TensorInfo | undefined, kind: GeluKind): TensorInfo[] => {
  const y = makeHostInfo(x.shape);
  const [a, g, out] = [hostFloats(x), dy && hostFloats(dy), hostFloats(y)];
  const [part, rise] = [share[kind], slope[kind]];
  for (let i = 0; i < out.length; i++) {
    const v = a[i]!;
    if (!g) out[i] = v * part(v);
    else {
      const near = Math.min(30, Math.max(-30, v)); // beyond, the slope is 0 or 1 to the last bit
      out[i] = g[i]! * (part(near) + near * rise(near));
    }
  }
  return [y];
};

const define = (name: string, run: typeof onGpu, backends: readonly ('webgpu' | 'wasm' | 'cpu')[]) =>
  defineOp<'x', Attrs>({
    name,
    backends,
    inputs: ['x'],
    forward: ({ x }, { kind }) => run(x, undefined, kind),
    backward: ([dy], { inputs: { x } }, { kind }) => ({ x: () => toTensor(run(x, dy!, kind)[0]!) }),
  });

const geluOp = define('Gelu', onGpu, ['webgpu']);
const geluHost = define('GeluHost', onHost, ['wasm', 'cpu']);

/** The same in tfjs ops. */
export const geluPlain = (x: Tensor2D, kind: GeluKind): Tensor2D =>
  tf.tidy(() => {
    if (kind === 'erf') return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)) as Tensor2D;
    const u = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), root);
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(u), 1)) as Tensor2D;
  });

/**
 * Gaussian error linear unit: x times the share of a normal distribution below x. Hendrycks and Gimpel, 2016,
 * arXiv 1606.08415.
 * @param x [N, f]
 * @returns [N, f]
 */
export const gelu = (x: Tensor2D, kind: GeluKind): Tensor2D => {
  checkTensor('gelu', 'x', x, [-1, -1]);
  if (useShaders()) return geluOp({ x }, { kind })[0] as Tensor2D;
  if (useHost()) return geluHost({ x }, { kind })[0] as Tensor2D;
  return geluPlain(x, kind);
};
