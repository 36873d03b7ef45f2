import { beforeAll, describe, expect, it } from 'vitest';
import { rmsNorm, rmsNormOp, rmsNormPlain } from '../../src/kernels/rms-norm';
import { initBackend, type Tensor, type Tensor1D, type Tensor2D, tf } from '../../src/tf';
import { finiteDifferences, randomTensor, valueAndGrads } from '../support/gradients';

const eps = 1e-5;
const fast = (x: Tensor, w: Tensor) => rmsNorm(x as Tensor2D, w as Tensor1D, eps);
const plain = (x: Tensor, w: Tensor) => rmsNormPlain(x as Tensor2D, w as Tensor1D, eps);
const tolerance = { rtol: 2e-5, atol: 2e-6 };

describe.each(['webgpu', 'wasm'] as const)('rmsNorm on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each([
    [1, 1],
    [3, 5],
    [70, 33],
    [65, 64],
  ])('equals the plain twin, values and gradients, at [%i, %i]', async (n, d) => {
    const inputs = [randomTensor([n, d], 1), randomTensor([d], 2)];
    const a = await valueAndGrads(fast, inputs);
    const b = await valueAndGrads(plain, inputs);
    expect(a.value).toBeAllclose(b.value, tolerance);
    expect(a.grads[0]).toBeAllclose(b.grads[0], { rtol: 1e-4, atol: 1e-5 });
    expect(a.grads[1]).toBeAllclose(b.grads[1], { rtol: 1e-4, atol: 1e-5 });
  });

  it('stays finite on rows of zeros and of large numbers', async () => {
    const x = tf.tensor2d([0, 0, 0, 1e15, -1e15, 1e15, 1e-12, 0, 0], [3, 3]);
    const { value, grads } = await valueAndGrads(fast, [x, tf.ones([3])]);
    expect(value.slice(0, 6)).toBeAllclose([0, 0, 0, 1, -1, 1]);
    expect([...value, ...grads[0]!, ...grads[1]!].every(Number.isFinite)).toBe(true);
  });

  it('has the gradient of finite differences', async () => {
    const inputs = [randomTensor([2, 4], 3), randomTensor([4], 4)];
    const { grads } = await valueAndGrads(fast, inputs);
    for (const i of [0, 1]) {
      expect(grads[i]).toBeAllclose(await finiteDifferences(fast, inputs, i), { rtol: 2e-3, atol: 2e-3 });
    }
  });

  it('repeats bit for bit', async () => {
    const inputs = [randomTensor([200, 16], 5), randomTensor([16], 6)];
    const a = await valueAndGrads(fast, inputs);
    expect(await valueAndGrads(fast, inputs)).toEqual(a);
  });

  it('names the argument of a wrong shape', () => {
    expect(() => rmsNorm(tf.zeros([2, 3]), tf.zeros([2]), eps)).toThrow(/weight must be float32 \[3\]/);
  });
});

describe('rmsNorm with several threads per row', () => {
  beforeAll(async () => {
    await initBackend('webgpu');
  });

  it.each([4, 16, 64])('%i', async (lanes) => {
    const inputs = [randomTensor([21, 37], 1), randomTensor([37], 2)];
    const op = (x: Tensor, weight: Tensor) => rmsNormOp({ x, weight }, { eps, lanes })[0]!;
    const a = await valueAndGrads(op, inputs);
    const b = await valueAndGrads(plain, inputs);
    expect(a.value).toBeAllclose(b.value, tolerance);
    for (const [i, g] of a.grads.entries()) expect(g).toBeAllclose(b.grads[i], { rtol: 1e-4, atol: 1e-5 });
  });
});
