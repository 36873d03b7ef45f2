import code from '../../shaders/dropout.wgsl?raw';
import type { Tensor, TensorInfo } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import { dispatch, f32, grid } from './dispatch';
import { defineOp, useHost, useShaders } from './op';

/** "lowbias32" (C. Wellons, 2018), a bijection of 32-bit integers; the same in dropout.wgsl. */
const hash = (key: number): number => {
  let h = key;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
};

interface Attrs {
  rate: number;
  seed: number;
}

const sizeOf = (info: TensorInfo) => info.shape.reduce((a, b) => a * b, 1);

/** What an element must reach to be kept, and the factor of what is kept; as the shader has them. */
const settings = ({ rate, seed }: Attrs) => ({
  seed: hash(seed),
  limit: Math.floor(rate * 2 ** 32),
  scale: Math.fround(1 / (1 - rate)),
});

const byShader = (x: TensorInfo, attrs: Attrs): TensorInfo => {
  const { seed, limit, scale } = settings(attrs);
  const size = sizeOf(x);
  return dispatch({
    label: 'dropout',
    code,
    inputs: [x],
    outputs: [{ shape: x.shape, dtype: 'float32' }],
    uniforms: [size, seed, limit, f32(scale)],
    workgroups: grid(Math.ceil(size / 64)),
  })[0]!;
};

const onHost = (x: TensorInfo, attrs: Attrs): TensorInfo => {
  const { seed, limit, scale } = settings(attrs);
  const y = makeHostInfo(x.shape);
  const [input, out] = [hostFloats(x), hostFloats(y)];
  for (let i = 0; i < out.length; i++) out[i] = hash(hash(i) ^ seed) >= limit ? input[i]! * scale : 0;
  return y;
};

// The gradient is the same function of dy, with the same mask: nothing is kept for it.
const opOf = (name: string, backends: readonly ('webgpu' | 'wasm' | 'cpu')[], f: typeof byShader) =>
  defineOp<'x', Attrs>({
    name,
    backends,
    inputs: ['x'],
    saveInputs: [],
    forward: ({ x }, attrs) => [f(x, attrs)],
    backward: ([dy], _, attrs) => ({ x: () => toTensor(f(dy!, attrs)) }),
  });
const shaderOp = opOf('Dropout', ['webgpu'], byShader);
const hostOp = opOf('DropoutHost', ['wasm', 'cpu'], onHost);

/** The twin in tfjs operations: a product with the mask. */
export const dropoutPlain = <T extends Tensor>(x: T, rate: number, seed: number): T => {
  const { seed: hashed, limit, scale } = settings({ rate, seed });
  const mask = Float32Array.from({ length: x.size }, (_, i) => (hash(hash(i) ^ hashed) >= limit ? scale : 0));
  return tf.mul(x, tf.tensor(mask, x.shape)) as T;
};

/**
 * Inverted dropout: a share `rate` of the elements becomes 0, the others are divided by 1 - rate. Which ones follows from
 * (seed, index) alone: the gradient makes the mask again, and all backends have the same.
 * @param rate in [0, 1); at 0, x itself is returned.
 * @param seed a 32-bit unsigned integer
 * @throws Error when rate or seed is out of range.
 */
export const dropout = <T extends Tensor>(x: T, rate: number, seed: number): T => {
  if (!(rate >= 0 && rate < 1))
    throw new Error(`dropout: the rate must be at least 0 and below 1, but is ${rate}.`);
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    throw new Error(`dropout: the seed must be a whole number from 0 to 2^32 - 1, but is ${seed}.`);
  }
  if (rate === 0 || x.size === 0) return x;
  if (useShaders()) return shaderOp({ x }, { rate, seed })[0] as T;
  if (useHost()) return hostOp({ x }, { rate, seed })[0] as T;
  return dropoutPlain(x, rate, seed);
};
