import { type Tensor, tf } from '../../src/tf';
import { createRng } from '../../src/util/rng';

/** Normal numbers from a seed. */
export const randomTensor = (shape: number[], seed: number, scale = 1): Tensor => {
  const rng = createRng(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => rng.normal() * scale),
    shape,
  );
};

/** f's value and the gradients of sum(f * dy) for each input, read to the CPU; dy is random but fixed. */
export const valueAndGrads = async (
  f: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
): Promise<{ value: Float32Array; grads: Float32Array[] }> => {
  const value = f(...inputs);
  const dy = randomTensor(value.shape, 99);
  const grads = tf.grads((...xs: Tensor[]) => tf.sum(tf.mul(f(...xs), dy)))(inputs);
  const result = {
    value: (await value.data()) as Float32Array,
    grads: await Promise.all(grads.map(async (g) => (await g.data()) as Float32Array)),
  };
  tf.dispose([value, dy, ...grads]);
  return result;
};

/** Gradient of sum(f * dy) by central differences of size h, for one input; dy as in `valueAndGrads`. */
export const finiteDifferences = async (
  f: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
  which: number,
  h = 1e-2,
): Promise<Float32Array> => {
  const base = (await inputs[which]!.data()) as Float32Array;
  const at = async (values: Float32Array) => {
    const moved = inputs.map((t, i) => (i === which ? tf.tensor(values, t.shape) : t));
    const value = f(...moved);
    const dy = (await randomTensor(value.shape, 99).data()) as Float32Array;
    // summed in double precision: the difference of two close sums is what counts
    return ((await value.data()) as Float32Array).reduce((sum, v, i) => sum + v * dy[i]!, 0);
  };
  const grad = new Float32Array(base.length);
  for (let i = 0; i < base.length; i++) {
    const [up, down] = [base.slice(), base.slice()];
    up[i]! += h;
    down[i]! -= h;
    grad[i] = ((await at(up)) - (await at(down))) / (up[i]! - down[i]!);
  }
  return grad;
};
