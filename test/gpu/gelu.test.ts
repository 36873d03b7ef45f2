import { beforeAll, describe, expect, it } from 'vitest';
import { gelu, geluPlain } from '../../src/kernels/gelu';
import { gpuStats, initBackend, resetGpuStats, type Tensor, type Tensor2D, tf } from '../../src/tf';
import { finiteDifferences, randomTensor, valueAndGrads } from '../support/gradients';

describe.each(
  (['webgpu', 'wasm'] as const).flatMap((backend) => [[backend, 'erf'] as const, [backend, 'tanh'] as const]),
)('gelu on %s by %s', (backend, kind) => {
  const fast = (x: Tensor) => gelu(x as Tensor2D, kind);
  const plain = (x: Tensor) => geluPlain(x as Tensor2D, kind);
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each([
    [1, 1],
    [7, 13],
    [33, 64],
  ])('equals the plain twin, values and gradients, at [%i, %i]', async (n, f) => {
    const inputs = [randomTensor([n, f], 1, 3)];
    const a = await valueAndGrads(fast, inputs);
    const b = await valueAndGrads(plain, inputs);
    expect(a.value).toBeAllclose(b.value, { rtol: 1e-5, atol: 2e-6 });
    expect(a.grads[0]).toBeAllclose(b.grads[0], { rtol: 1e-5, atol: 4e-6 });
  });

  it("has PyTorch's values", async () => {
    const x = tf.tensor2d([[-3, -1, -0.1, 0, 0.5, 2]]);
    const expected = {
      erf: [-0.00404969, -0.15865526, -0.04601721, 0, 0.34573123, 1.9544997],
      tanh: [-0.00363739, -0.15880796, -0.04601722, 0, 0.345714, 1.9545977],
    };
    expect(await fast(x).data()).toBeAllclose(expected[kind], { rtol: 1e-5, atol: 1e-6 });
  });

  it('is right at extremes', async () => {
    const x = tf.tensor2d([[-1e30, -200, -40, 40, 200, 1e30]]);
    const { value, grads } = await valueAndGrads(fast, [x]);
    expect(value).toBeAllclose([0, 0, 0, 40, 200, 1e30], { rtol: 1e-6, atol: 1e-6 });
    const dy = (await randomTensor([1, 6], 99).data()) as Float32Array;
    expect(grads[0]).toBeAllclose(
      [0, 0, 0, 1, 1, 1].map((s, i) => s * dy[i]!),
      { rtol: 1e-6, atol: 1e-6 },
    );
  });

  it('has the gradient of finite differences', async () => {
    const inputs = [randomTensor([2, 5], 3, 2)];
    const { grads } = await valueAndGrads(fast, inputs);
    expect(grads[0]).toBeAllclose(await finiteDifferences(fast, inputs, 0), { rtol: 3e-3, atol: 2e-3 });
  });
});

describe('gelu', () => {
  it('takes one dispatch forward and one backward', async () => {
    await initBackend('webgpu');
    const [x, dy] = [randomTensor([4, 8], 1), randomTensor([4, 8], 2)];
    const grad = tf.grad((t: Tensor) => gelu(t as Tensor2D, 'tanh'));
    resetGpuStats();
    grad(x, dy);
    expect(gpuStats().dispatches).toBe(2);
  });
});
