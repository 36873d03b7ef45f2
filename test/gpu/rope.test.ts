import { beforeAll, describe, expect, it } from 'vitest';
import { rope, ropePlain } from '../../src/kernels/rope';
import type { RopeTable } from '../../src/kernels/rope-table';
import { inverseFrequencies, makeRopeTable } from '../../src/kernels/rope-table';
import { initBackend, type Tensor, type Tensor2D, tf } from '../../src/tf';
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
  const fast = (positions: number[], table: RopeTable) => (x: Tensor) =>
    rope(x as Tensor2D, tf.tensor1d(positions, 'int32'), table);

  it.each([
    [1, 2],
    [3, 6],
    [2, 16],
  ])('equals the plain twin and the definition with %i heads of %i', async (heads, size) => {
    const positions = [0, 1, 2, 2, 57, 9, 100];
    const x = randomTensor([7, heads * size], 1);
    const table = makeRopeTable(inverseFrequencies(size, 10_000), 128);
    const a = await valueAndGrads(fast(positions, table), [x]);
    const b = await valueAndGrads(
      (t) => ropePlain(t as Tensor2D, tf.tensor1d(positions, 'int32'), table),
      [x],
    );
    expect(a.value).toBeAllclose(b.value);
    expect(a.grads[0]).toBeAllclose(b.grads[0]);
    expect(a.value).toBeAllclose(byHand((await x.data()) as Float32Array, positions, heads, 10_000), {
      atol: 1e-6,
    });
  });

  it('keeps large angles exact', async () => {
    const positions = Array.from({ length: 64 }, (_, i) => 8192 - 37 * i);
    const x = randomTensor([64, 8], 2);
    const table = makeRopeTable(inverseFrequencies(4, 500_000), 8193);
    const y = (await fast(positions, table)(x).data()) as Float32Array;
    expect(y).toBeAllclose(byHand((await x.data()) as Float32Array, positions, 2, 500_000), {
      rtol: 1e-6,
      atol: 1e-6,
    });
  });

  it('has the gradient of finite differences, with given frequencies and a scale', async () => {
    const table = makeRopeTable(Float32Array.of(0.9, 0.05), 12, 1.5);
    const f = fast([0, 3, 11], table);
    const x = randomTensor([3, 4], 3);
    const { value, grads } = await valueAndGrads(f, [x]);
    expect(grads[0]).toBeAllclose(await finiteDifferences(f, [x], 0), { rtol: 1e-3, atol: 1e-3 });
    const plain = ropePlain(x as Tensor2D, tf.tensor1d([0, 3, 11], 'int32'), table);
    expect(value).toBeAllclose((await plain.data()) as Float32Array);
  });

  it('refuses columns that are no whole heads', () => {
    expect(() => fast([0], makeRopeTable(Float32Array.of(1, 1), 4))(tf.zeros([1, 6]))).toThrow(/whole heads/);
  });
});
