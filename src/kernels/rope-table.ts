import type { Tensor2D } from '../tf';
import { tf } from '../tf';
import { cached } from '../util/cached';

/** theta^(-2i/D) for i < D/2. */
export const inverseFrequencies = (headSize: number, theta: number): Float32Array =>
  Float32Array.from({ length: headSize / 2 }, (_, i) => theta ** ((-2 * i) / headSize));

/**
 * Cosines and sines by position and pair, [positions, D/2] each. They are made here, in double precision, because no device
 * promises them: WGSL's own are good to 2^-11 near zero only, and a reduction of the angle in the shader is right only if the
 * compiler does not reassociate, which Metal's and Direct3D's may.
 */
export interface RopeTable {
  positions: number;
  /** D/2. */
  half: number;
  cos: Float64Array;
  sin: Float64Array;
}

/**
 * @param invFreq inverse frequencies [D/2]
 * @param positions that rows may have, from 0 on
 * @param scale multiplies cosine and sine (the attention factor of scaled variants)
 */
export const makeRopeTable = (invFreq: Float32Array, positions: number, scale = 1): RopeTable => {
  const half = invFreq.length;
  const cos = new Float64Array(positions * half);
  const sin = new Float64Array(positions * half);
  for (let at = 0; at < cos.length; at++) {
    const angle = Math.fround(Math.floor(at / half) * invFreq[at % half]!); // f32, as everywhere else
    cos[at] = Math.cos(angle) * scale;
    sin[at] = Math.sin(angle) * scale;
  }
  return { positions, half, cos, sin };
};

const onDevice = new WeakMap<RopeTable, WeakMap<object, Tensor2D>>();

/** The table as a kept tensor [positions, D] of the current backend, cosines before sines; made at its first use. */
export const ropeTensor = (table: RopeTable): Tensor2D => {
  const tensors = cached(onDevice, table, () => new WeakMap<object, Tensor2D>());
  const known = tensors.get(tf.backend());
  if (known && !known.isDisposed) return known;
  const { positions, half, cos, sin } = table;
  const values = new Float32Array(positions * 2 * half);
  for (let p = 0; p < positions; p++) {
    values.set(cos.subarray(p * half, (p + 1) * half), p * 2 * half);
    values.set(sin.subarray(p * half, (p + 1) * half), (p * 2 + 1) * half);
  }
  const made = tf.keep(tf.tensor2d(values, [positions, 2 * half]));
  tensors.set(tf.backend(), made);
  return made;
};

/** Frees the table's tensor on the current backend. Using the table again makes it anew. */
export const disposeRopeTable = (table: RopeTable) => onDevice.get(table)?.get(tf.backend())?.dispose();
