import { beforeAll, describe, expect, it } from 'vitest';
import { layerNorm, layerNormOp, layerNormPlain } from '../../src/kernels/layer-norm';
import { initBackend, type Tensor, type Tensor1D, type Tensor2D, tf } from '../../src/tf';
import { finiteDifferences, randomTensor, valueAndGrads } from '../support/gradients';

const eps = 1e-5;
const by =
  (f: typeof layerNorm) =>
  (x: Tensor, gain: Tensor, bias: Tensor): Tensor =>
    f(x as Tensor2D, gain as Tensor1D, bias as Tensor1D, eps);
const [fast, plain] = [by(layerNorm), by(layerNormPlain)];
const close = { rtol: 1e-4, atol: 1e-5 };

describe.each(['webgpu', 'wasm'] as const)('layerNorm on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each([
    [1, 1],
    [3, 5],
    [70, 33],
    [65, 64],
  ])('equals the plain twin, values and gradients, at [%i, %i]', async (n, d) => {
    const inputs = [randomTensor([n, d], 1), randomTensor([d], 2), randomTensor([d], 3)];
    const a = await valueAndGrads(fast, inputs);
    const b = await valueAndGrads(plain, inputs);
    expect(a.value).toBeAllclose(b.value, { rtol: 2e-5, atol: 2e-6 });
    for (const [i, g] of a.grads.entries()) expect(g).toBeAllclose(b.grads[i], close);
  });

  it('keeps its digits on rows with a large mean, and is finite on rows of zeros', async () => {
    const x = tf.tensor2d([0, 0, 0, 10001, 10002, 10003, 1e15, -1e15, 1e15], [3, 3]);
    const { value, grads } = await valueAndGrads(fast, [x, tf.ones([3]), tf.zeros([3])]);
    const side = Math.sqrt(1.5);
    expect(value.slice(0, 6)).toBeAllclose([0, 0, 0, -side, 0, side], { rtol: 1e-3, atol: 1e-3 });
    expect([...value, ...grads.flatMap((g) => [...g])].every(Number.isFinite)).toBe(true);
  });

  it('has the gradient of finite differences', async () => {
    const inputs = [randomTensor([2, 4], 3), randomTensor([4], 4), randomTensor([4], 5)];
    const { grads } = await valueAndGrads(fast, inputs);
    for (const i of [0, 1, 2]) {
      expect(grads[i]).toBeAllclose(await finiteDifferences(fast, inputs, i), { rtol: 5e-3, atol: 5e-3 });
    }
  });

  it('gives the same gradient of x when gain and bias are frozen', async () => {
    const [x, gain, bias] = [randomTensor([40, 6], 3), randomTensor([6], 4), randomTensor([6], 5)];
    const { grads } = await valueAndGrads(fast, [x!, gain!, bias!]);
    const frozen = await valueAndGrads((t) => fast(t, gain!, bias!), [x!]);
    expect(frozen.grads[0]).toEqual(grads[0]);
  });

  it('repeats bit for bit', async () => {
    const inputs = [randomTensor([200, 16], 5), randomTensor([16], 6), randomTensor([16], 7)];
    const a = await valueAndGrads(fast, inputs);
    expect(await valueAndGrads(fast, inputs)).toEqual(a);
  });

  it('names the argument of a wrong shape', () => {
    expect(() => layerNorm(tf.zeros([2, 3]), tf.zeros([3]), tf.zeros([2]), eps)).toThrow(
      /bias must be float32 \[3\]/,
    );
  });
});

describe('layerNorm with several threads per row', () => {
  beforeAll(async () => {
    await initBackend('webgpu');
  });

  it.each([4, 16, 64])('%i', async (lanes) => {
    const inputs = [randomTensor([21, 37], 1), randomTensor([37], 2), randomTensor([37], 3)];
    const op = (x: Tensor, gain: Tensor, bias: Tensor) => layerNormOp({ x, gain, bias }, { eps, lanes })[0]!;
    const a = await valueAndGrads(op, inputs);
    const b = await valueAndGrads(plain, inputs);
    expect(a.value).toBeAllclose(b.value, { rtol: 2e-5, atol: 2e-6 });
    for (const [i, g] of a.grads.entries()) expect(g).toBeAllclose(b.grads[i], close);
  });
});
