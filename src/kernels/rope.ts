import code from '../../shaders/rope.wgsl?raw';
import type { Tensor, Tensor1D, Tensor2D, TensorInfo } from '../tf';
import { hostFloats, hostInts, makeHostInfo, tf, toTensor } from '../tf';
import { checkTensor } from './check';
import { dispatch, f32, grid } from './dispatch';
import { defineOp, useHost, useShaders } from './op';

export interface RopeOptions {
  heads: number;
  /** Base of the frequencies; config.json's `rope_theta`. Ignored when `invFreq` is given. */
  theta: number;
  /** Multiplies cosine and sine (the attention factor of scaled variants); 1 when left out. */
  scale?: number;
  /** Inverse frequencies [D/2], for scaled variants. */
  invFreq?: Tensor1D;
}

/** theta^(-2i/D) for i < D/2. */
export const inverseFrequencies = (headSize: number, theta: number): Float32Array =>
  Float32Array.from({ length: headSize / 2 }, (_, i) => theta ** ((-2 * i) / headSize));

const tables = new WeakMap<object, Map<string, Tensor1D>>();

/** The frequencies as a tensor, one per backend, head size and theta, kept for good (D/2 numbers). */
const frequencyTensor = (headSize: number, theta: number): Tensor1D => {
  const backend = tf.backend();
  let map = tables.get(backend);
  if (!map) {
    map = new Map();
    tables.set(backend, map);
  }
  const key = `${headSize}/${theta}`;
  let tensor = map.get(key);
  if (!tensor || tensor.isDisposed) {
    tensor = tf.keep(tf.tensor1d(inverseFrequencies(headSize, theta)));
    map.set(key, tensor);
  }
  return tensor;
};

interface Attrs {
  heads: number;
  scale: number;
  direction: 1 | -1;
}

const turnOnGpu = (x: TensorInfo, position: TensorInfo, invFreq: TensorInfo, attrs: Attrs) => {
  const rows = x.shape[0]!;
  const half = invFreq.shape[0]!;
  return dispatch({
    label: 'rope',
    code,
    inputs: [x, position, invFreq],
    outputs: [{ shape: x.shape, dtype: 'float32' }],
    uniforms: [rows, attrs.heads, half, f32(attrs.direction), f32(attrs.scale)],
    workgroups: grid(Math.ceil((rows * half) / 64)),
  });
};

const turnOnHost = (x: TensorInfo, position: TensorInfo, invFreq: TensorInfo, attrs: Attrs) => {
  const { heads, scale, direction } = attrs;
  const half = invFreq.shape[0]!;
  const y = makeHostInfo(x.shape);
  const [a, at, freq, out] = [hostFloats(x), hostInts(position), hostFloats(invFreq), hostFloats(y)];
  const cos = new Float64Array(half);
  const sin = new Float64Array(half);
  let last = -1;
  for (let n = 0; n < x.shape[0]!; n++) {
    const here = at[n]!;
    if (here !== last) {
      for (let i = 0; i < half; i++) {
        const angle = Math.fround(here * freq[i]!); // f32, as everywhere else
        cos[i] = Math.cos(angle) * scale;
        sin[i] = Math.sin(angle) * scale * direction;
      }
      last = here;
    }
    for (let h = 0; h < heads; h++) {
      const start = (n * heads + h) * 2 * half;
      for (let i = 0; i < half; i++) {
        const u = a[start + i]!;
        const v = a[start + half + i]!;
        out[start + i] = u * cos[i]! - v * sin[i]!;
        out[start + half + i] = v * cos[i]! + u * sin[i]!;
      }
    }
  }
  return [y];
};

type Input = 'x' | 'position' | 'invFreq';
const define = (name: string, turn: typeof turnOnGpu, backends: readonly ('webgpu' | 'wasm' | 'cpu')[]) =>
  defineOp<Input, Attrs>({
    name,
    backends,
    inputs: ['x', 'position', 'invFreq'],
    forward: ({ x, position, invFreq }, attrs) => turn(x, position, invFreq, attrs),
    saveInputs: ['position', 'invFreq'],
    backward: ([dy], { inputs: { position, invFreq } }, attrs) => ({
      x: () =>
        toTensor(turn(dy!, position, invFreq, { ...attrs, direction: -attrs.direction as 1 | -1 })[0]!),
    }),
  });

const ropeOp = define('Rope', turnOnGpu, ['webgpu']);
const ropeHost = define('RopeHost', turnOnHost, ['wasm', 'cpu']);

/** The same in tfjs ops. */
export const ropePlain = (x: Tensor2D, position: Tensor1D, options: RopeOptions): Tensor2D =>
  tf.tidy(() => {
    const { heads, theta, scale = 1 } = options;
    const [n, width] = x.shape;
    const half = width / heads / 2;
    const invFreq = options.invFreq ?? tf.tensor1d(inverseFrequencies(2 * half, theta));
    const angle = tf.mul(tf.expandDims(tf.cast(position, 'float32'), 1), tf.expandDims(invFreq, 0)); // [N, D/2]
    const cos = tf.expandDims(tf.mul(tf.cos(angle), scale), 1); // [N, 1, D/2]
    const sin = tf.expandDims(tf.mul(tf.sin(angle), scale), 1);
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
 * @param position int32 [N], depth of each token along its path
 * @returns [N, H*D]
 */
export const rope = (x: Tensor2D, position: Tensor1D, options: RopeOptions): Tensor2D => {
  const { heads, theta, scale = 1 } = options;
  checkTensor('rope', 'x', x, [-1, -1]);
  checkTensor('rope', 'position', position, [x.shape[0]], 'int32');
  const headSize = x.shape[1] / heads;
  if (!Number.isInteger(headSize) || headSize % 2 !== 0) {
    throw new Error(`rope: x has ${x.shape[1]} columns, which do not make ${heads} heads of an even size.`);
  }
  if (options.invFreq) checkTensor('rope', 'invFreq', options.invFreq, [headSize / 2]);
  const onGpu = useShaders();
  if (!onGpu && !useHost()) return ropePlain(x, position, options);
  const invFreq = options.invFreq ?? frequencyTensor(headSize, theta);
  const op = onGpu ? ropeOp : ropeHost;
  return op({ x, position, invFreq }, { heads, scale, direction: 1 })[0] as Tensor2D;
};
