import { beforeAll, describe, expect, it } from 'vitest';
import { inverseFrequencies, type RopeOptions, rope, ropePlain } from '../../src/kernels/rope';
import { initBackend, type Tensor, type Tensor1D, type Tensor2D, tf } from '../../src/tf';
import { finiteDifferences, randomTensor, valueAndGrads } from '../support/gradients';

/** By the definition, in double precision from the f32 angle. */
const byHand = (x: Float32Array, positions: number[], heads: number, theta: number): number[] => {
  const size = x.length / positions.length / heads;
  const half = size / 2;
  const freq = inverseFrequencies(size, theta);
  const y = new Array<number>(x.length);
  positions.forEach((position, n) => {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < half; i++) {
        const angle = Math.fround(position * freq[i]!);
        const at = (n * heads + h) * size + i;
        y[at] = x[at]! * Math.cos(angle) - x[at + half]! * Math.sin(angle);
        y[at + half] = x[at + half]! * Math.cos(angle) + x[at]! * Math.sin(angle);
      }
    }
  });
  return y;
};

describe.each(['webgpu', 'wasm'] as const)('rope on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });
  const fast = (positions: number[], options: RopeOptions) => (x: Tensor) =>
    rope(x as Tensor2D, tf.tensor1d(positions, 'int32'), options);

  it.each([
    [1, 2],
    [3, 6],
    [2, 16],
  ])('equals the plain twin and the definition with %i heads of %i', async (heads, size) => {
    const positions = [0, 1, 2, 2, 57, 9, 100];
    const x = randomTensor([7, heads * size], 1);
    const options = { heads, theta: 10_000 };
    const a = await valueAndGrads(fast(positions, options), [x]);
    const b = await valueAndGrads(
      (t) => ropePlain(t as Tensor2D, tf.tensor1d(positions, 'int32'), options),
      [x],
    );
    const loose = { rtol: 1e-3, atol: 1e-3 }; // the twin's cosine is the adapter's own, good to 2^-11
    expect(a.value).toBeAllclose(b.value, loose);
    expect(a.grads[0]).toBeAllclose(b.grads[0], loose);
    expect(a.value).toBeAllclose(byHand((await x.data()) as Float32Array, positions, heads, 10_000), {
      atol: 2e-6,
    });
  });

  it('keeps large angles exact', async () => {
    const positions = Array.from({ length: 64 }, (_, i) => 8192 - 37 * i);
    const x = randomTensor([64, 8], 2);
    const y = (await fast(positions, { heads: 2, theta: 500_000 })(x).data()) as Float32Array;
    expect(y).toBeAllclose(byHand((await x.data()) as Float32Array, positions, 2, 500_000), {
      rtol: 1e-5,
      atol: 3e-6,
    });
  });

  it('has the gradient of finite differences, with given frequencies and a scale', async () => {
    const options = { heads: 1, theta: 1, invFreq: tf.tensor1d([0.9, 0.05]) as Tensor1D, scale: 1.5 };
    const f = fast([0, 3, 11], options);
    const x = randomTensor([3, 4], 3);
    const { value, grads } = await valueAndGrads(f, [x]);
    expect(grads[0]).toBeAllclose(await finiteDifferences(f, [x], 0), { rtol: 1e-3, atol: 1e-3 });
    const plain = ropePlain(x as Tensor2D, tf.tensor1d([0, 3, 11], 'int32'), options);
    expect(value).toBeAllclose((await plain.data()) as Float32Array, { rtol: 1e-3, atol: 1e-3 });
  });

  it('refuses heads of an odd size', () => {
    expect(() => fast([0], { heads: 2, theta: 1e4 })(tf.zeros([1, 6]))).toThrow(/even size/);
  });
});
