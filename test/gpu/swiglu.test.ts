import { beforeAll, describe, expect, it } from 'vitest';
import { swiglu, swigluPlain } from '../../src/kernels/swiglu';
import { gpuStats, initBackend, resetGpuStats, type Tensor, type Tensor2D, tf } from '../../src/tf';
import { finiteDifferences, randomTensor, valueAndGrads } from '../support/gradients';

const fast = (g: Tensor, u: Tensor) => swiglu(g as Tensor2D, u as Tensor2D);
const plain = (g: Tensor, u: Tensor) => swigluPlain(g as Tensor2D, u as Tensor2D);

describe.each(['webgpu', 'wasm'] as const)('swiglu on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each([
    [1, 1],
    [7, 13],
    [33, 64],
  ])('equals the plain twin, values and gradients, at [%i, %i]', async (n, f) => {
    const inputs = [randomTensor([n, f], 1, 3), randomTensor([n, f], 2)];
    const a = await valueAndGrads(fast, inputs);
    const b = await valueAndGrads(plain, inputs);
    expect(a.value).toBeAllclose(b.value);
    for (const [i, g] of a.grads.entries()) expect(g).toBeAllclose(b.grads[i], { rtol: 2e-5, atol: 1e-6 });
  });

  it('is right at extreme gates', async () => {
    const gate = tf.tensor2d([[-1e30, -200, -88.5, 0, 88.5, 200, 1e30]]);
    const { value, grads } = await valueAndGrads(fast, [gate, tf.ones([1, 7])]);
    expect(value).toBeAllclose([0, 0, 0, 0, 88.5, 200, 1e30], { atol: 1e-5 });
    expect([...grads[0]!, ...grads[1]!].every(Number.isFinite)).toBe(true);
    const dy = (await randomTensor([1, 7], 99).data()) as Float32Array;
    const slope = [0, 0, 0, 0.5, 1, 1, 1];
    expect(grads[0]).toBeAllclose(slope.map((s, i) => s * dy[i]!));
  });

  it('has the gradient of finite differences', async () => {
    const inputs = [randomTensor([2, 3], 3), randomTensor([2, 3], 4)];
    const { grads } = await valueAndGrads(fast, inputs);
    for (const i of [0, 1]) {
      expect(grads[i]).toBeAllclose(await finiteDifferences(fast, inputs, i), { rtol: 2e-3, atol: 1e-3 });
    }
  });
});

describe('swiglu', () => {
  it('takes one dispatch forward and one for both gradients', async () => {
    await initBackend('webgpu');
    const [gate, up, dy] = [1, 2, 3].map((seed) => randomTensor([4, 8], seed));
    const grads = tf.grads((g: Tensor, u: Tensor) => fast(g, u));
    resetGpuStats();
    grads([gate!, up!], dy!);
    expect(gpuStats().dispatches).toBe(2);
  });
});
