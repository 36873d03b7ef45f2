import { describe, expect, it } from 'vitest';
import { dropout, dropoutPlain } from '../../src/kernels/dropout';
import { withPlainKernels } from '../../src/kernels/op';
import { guardGpu, initBackend, tf } from '../../src/tf';
import { randomTensor, valueAndGrads } from '../support/gradients';

const SEEDS = [0, 1, 12_345, 2 ** 32 - 1];
const masks = new Map<string, Float32Array>();

describe.each(['webgpu', 'wasm', 'cpu'] as const)('dropout on %s', (backend) => {
  it('equals its twin in value and gradient, and has the same mask everywhere', async () => {
    await initBackend(backend);
    await guardGpu(async () => {
      for (const seed of SEEDS) {
        const x = randomTensor([37, 19], 4);
        const fast = await valueAndGrads((t) => dropout(t, 0.3, seed), [x]);
        const plain = await valueAndGrads((t) => dropoutPlain(t, 0.3, seed), [x]);
        const same = { rtol: 0, atol: 0 }; // 0 and -0 are the same
        expect(fast.value).toBeAllclose(plain.value, same);
        expect(fast.grads).toBeAllclose(plain.grads, same);
        const key = `${seed}`;
        expect(fast.value).toEqual(masks.get(key) ?? fast.value);
        masks.set(key, fast.value);
        const twin = withPlainKernels(() => dropout(x, 0.3, seed));
        expect(await twin.data()).toBeAllclose(fast.value, same);
      }
    });
  });

  it('drops the share that it is told, keeps the mean, and seeds are independent', async () => {
    await initBackend(backend);
    await guardGpu(async () => {
      const n = 20_000;
      const ones = tf.ones([n]);
      for (const rate of [0.05, 0.5, 0.9]) {
        const [a, b] = await Promise.all(SEEDS.slice(1, 3).map((s) => dropout(ones, rate, s).data()));
        const dropped = (v: ArrayLike<number>) => Array.from(v).filter((x) => x === 0).length / n;
        const sigma = Math.sqrt((rate * (1 - rate)) / n);
        expect(Math.abs(dropped(a!) - rate)).toBeLessThan(4 * sigma);
        const both = Array.from(a!).filter((x, i) => x === 0 && b![i] === 0).length / n;
        expect(Math.abs(both - rate * rate)).toBeLessThan(4 * Math.sqrt((rate * rate) / n));
        expect(Math.max(...a!)).toBeCloseTo(1 / (1 - rate), 5);
      }
    });
  });
});

describe('dropout', () => {
  it('does nothing at a rate of 0, and refuses rates and seeds that mean nothing', () => {
    const x = tf.ones([3]);
    expect(dropout(x, 0, 1)).toBe(x);
    for (const rate of [1, -0.1, Number.NaN])
      expect(() => dropout(x, rate, 1)).toThrow(/dropout: the rate must/);
    for (const seed of [-1, 0.5, 2 ** 32])
      expect(() => dropout(x, 0.5, seed)).toThrow(/dropout: the seed must/);
  });
});
