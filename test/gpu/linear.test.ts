import { beforeAll, describe, expect, it } from 'vitest';
import type { MatmulVariant } from '../../src/kernels/kernel-choice';
import { kernelChoice, resetKernelChoices, setKernelChoice } from '../../src/kernels/kernel-choice';
import { linear, linearPlain } from '../../src/kernels/linear';
import { matmul } from '../../src/kernels/multiply';
import { withPlainKernels } from '../../src/kernels/op';
import { tuneKernels } from '../../src/kernels/tune';
import type { Tensor, Tensor1D, Tensor2D } from '../../src/tf';
import { guardGpu, initBackend, tf } from '../../src/tf';
import { createRng } from '../../src/util/rng';

const variants: MatmulVariant[] = ['subgroup', 'tiled'];
const rng = createRng(7);
const random = (...shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => rng.next() * 2 - 1),
    shape,
  );
const random2 = (m: number, n: number) => random(m, n) as Tensor2D;
const use = (matmulVariant: MatmulVariant) =>
  expect(setKernelChoice({ ...kernelChoice(), matmul: matmulVariant })).toBe(true);
const close = async (a: Tensor, b: Tensor) => {
  expect(a.shape).toEqual(b.shape);
  expect(await a.data()).toBeAllclose(await b.data(), { rtol: 1e-5, atol: 1e-5 });
};

describe('on our own GPU', () => {
  beforeAll(async () => {
    await initBackend('webgpu');
  });

  describe.each(variants)('%s variant', (variant) => {
    beforeAll(() => use(variant));

    it.each([
      [1, 1, 1],
      [3, 47, 31],
      [1, 33, 6],
      [5, 36, 7],
      [8, 4, 12],
      [17, 40, 64],
      [70, 69, 19],
      [123, 3, 31],
    ])('multiplies %i x %i x %i in every transpose form, with gradients', (m, n, k) =>
      guardGpu(async () => {
        for (const transposeA of [false, true]) {
          for (const transposeB of [false, true]) {
            const a = transposeA ? random2(k, m) : random2(m, k);
            const b = transposeB ? random2(n, k) : random2(k, n);
            const g = random2(m, n);
            const options = { transposeA, transposeB };
            await close(matmul(a, b, options), tf.matMul(a, b, transposeA, transposeB));
            const ours = tf.grads((x, y) => tf.sum(tf.mul(matmul(x as Tensor2D, y as Tensor2D, options), g)))(
              [a, b],
            );
            const theirs = tf.grads((x, y) =>
              tf.sum(tf.mul(tf.matMul(x as Tensor2D, y as Tensor2D, transposeA, transposeB), g)),
            )([a, b]);
            for (const i of [0, 1]) await close(ours[i]!, theirs[i]!);
          }
        }
      }),
    );

    it.each([
      [3, 47, 31],
      [20, 32, 16],
      [1, 5, 123],
    ])('is linear(x [%i, .], w [%i, %i]) with bias and residual, with gradients', (N, out, inner) =>
      guardGpu(async () => {
        const [x, w, g] = [random2(N, inner), random2(out, inner), random2(N, out)];
        const bias = random(out) as Tensor1D;
        const residual = random2(N, out);
        for (const extra of [[], [bias], [residual], [bias, residual]] as Tensor[][]) {
          const call = (f: typeof linear) => (args: Tensor[]) => {
            const [a, b, ...rest] = args;
            const options = Object.fromEntries(rest.map((t) => [t.rank === 1 ? 'bias' : 'residual', t]));
            return f(a as Tensor2D, b as Tensor2D, options);
          };
          const inputs = [x, w, ...extra];
          await close(call(linear)(inputs), call(linearPlain)(inputs));
          const ours = tf.grads((...args) => tf.sum(tf.mul(call(linear)(args), g)))(inputs);
          const theirs = tf.grads((...args) => tf.sum(tf.mul(call(linearPlain)(args), g)))(inputs);
          for (let i = 0; i < inputs.length; i++) await close(ours[i]!, theirs[i]!);
        }
      }),
    );

    it('repeats bit for bit', () =>
      guardGpu(async () => {
        const [x, w] = [random2(37, 50), random2(29, 50)];
        expect(await linear(x, w).data()).toEqual(await linear(x, w).data());
      }));

    it('reads nothing past the edge: NaN in a recycled buffer never shows', () =>
      guardGpu(async () => {
        // Buffers of the same size come back from the pool with their old content.
        for (const size of [3 * 5, 5 * 7]) tf.fill([size], Number.NaN).dispose();
        const [x, w] = [random2(3, 5), random2(7, 5)];
        await close(linear(x, w), linearPlain(x, w));
      }));
  });

  it('tunes once, remembers, and takes a stored choice only for its own adapter', async () => {
    resetKernelChoices();
    expect(kernelChoice().matmul).toBe('subgroup');
    const start = performance.now();
    const choice = await guardGpu(() => tuneKernels());
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(Object.keys(choice!.measured!).sort()).toEqual(['subgroup', 'tiled']);
    expect(kernelChoice()).toBe(choice);
    expect(await tuneKernels()).toBe(choice);
    expect(setKernelChoice({ adapter: 'another', matmul: 'tiled' })).toBe(false);
    expect(setKernelChoice({ adapter: choice!.adapter, matmul: 'tiled' })).toBe(true);
    expect(kernelChoice().matmul).toBe('tiled');
    resetKernelChoices();
  });

  it('refuses what does not fit, by name', () => {
    expect(() => linear(random2(2, 3), random2(4, 5))).toThrow(
      /linear: w must be float32 \[\*, 3\], but is float32 \[4, 5\]/,
    );
    expect(() => linear(random2(2, 3), random2(4, 3), { bias: random(5) as Tensor1D })).toThrow(
      /bias must be float32 \[4\]/,
    );
    expect(() => matmul(random2(2, 3), random2(2, 3))).toThrow(/inner dimensions differ, 3 of a and 2 of b/);
    expect(() => linear(tf.zeros([0, 3]), random2(4, 3))).toThrow(/empty/);
  });
});

describe('without shaders', () => {
  it.each(['wasm', 'cpu'] as const)('%s agrees with the twin, with gradients', async (backend) => {
    await initBackend(backend);
    const [x, w, g, residual] = [random2(9, 7), random2(11, 7), random2(9, 11), random2(9, 11)];
    const bias = random(11) as Tensor1D;
    await close(
      linear(x, w, { bias, residual }),
      withPlainKernels(() => linearPlain(x, w, { bias, residual })),
    );
    const loss = (f: typeof linear) =>
      tf.grads((a, b, c, d) =>
        tf.sum(tf.mul(f(a as Tensor2D, b as Tensor2D, { bias: c as Tensor1D, residual: d as Tensor2D }), g)),
      );
    const ours = loss(linear)([x, w, bias, residual]);
    const theirs = loss(linearPlain)([x, w, bias, residual]);
    for (let i = 0; i < 4; i++) await close(ours[i]!, theirs[i]!);
  });
});
