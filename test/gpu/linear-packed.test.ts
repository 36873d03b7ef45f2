import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MatmulVariant } from '../../src/kernels/kernel-choice';
import { kernelChoice, resetKernelChoices, setKernelChoice } from '../../src/kernels/kernel-choice';
import type { LinearOptions } from '../../src/kernels/linear';
import { linear, linearPlain } from '../../src/kernels/linear';
import { withPlainKernels } from '../../src/kernels/op';
import type { PackedArrays, PackedFormat } from '../../src/kernels/packed-format';
import { unpackRows } from '../../src/kernels/packed-format';
import type { PackedMatrix } from '../../src/kernels/packed-matrix';
import { disposePacked, uploadPacked } from '../../src/kernels/packed-matrix';
import type { Tensor, Tensor1D, Tensor2D } from '../../src/tf';
import { gpuStats, guardGpu, initBackend, resetGpuStats, tf } from '../../src/tf';
import { createRng } from '../../src/util/rng';
import { randomPacked } from '../support/random-packed';

const rng = createRng(5);
const random = (...shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => rng.next() * 2 - 1),
    shape,
  );
const random2 = (m: number, n: number) => random(m, n) as Tensor2D;
const full = (packed: PackedArrays) => tf.tensor2d(unpackRows(packed), packed.shape);
const use = (matmulVariant: MatmulVariant) =>
  expect(setKernelChoice({ ...kernelChoice(), matmul: matmulVariant })).toBe(true);

/** Largest difference, as a share of the largest value: sums of mixed signs have no elementwise relative error. */
const close = async (a: Tensor, b: Tensor, tolerance = 1e-5) => {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [await a.data(), await b.data()];
  let top = 0;
  for (const v of y) top = Math.max(top, Math.abs(v));
  expect(Number.isFinite(top)).toBe(true);
  expect(x).toBeAllclose(y, { rtol: 0, atol: tolerance * (top || 1) });
};

/** Value and gradient to x, against the twin on the matrix that `unpackRows` gives. */
const compare = async (packed: PackedArrays, m: number, options: LinearOptions = {}) => {
  const w = uploadPacked(packed);
  const [x, whole, g] = [random2(m, packed.shape[1]), full(packed), random2(m, packed.shape[0])];
  await close(linear(x, w, options), linearPlain(x, whole, options));
  const grad = (weight: Tensor2D | PackedMatrix, f: typeof linear) =>
    tf.grad((v) => tf.sum(tf.mul(f(v as Tensor2D, weight, options), g)))(x);
  await close(grad(w, linear), grad(whole, linearPlain));
  disposePacked(w);
};

/** m, in, out: every size of tile, edges in each direction, one and several blocks. */
const shapes: [number, number, number][] = [
  [1, 32, 5],
  [3, 64, 33],
  [17, 96, 1],
  [70, 160, 130],
];
const kinds: [PackedFormat, 16 | 32][] = [
  ['f16', 32],
  ['int8', 32],
  ['int8', 16],
  ['int4', 32],
  ['int4', 16],
];

describe('on our own GPU', () => {
  beforeAll(async () => {
    await initBackend('webgpu');
  });
  afterAll(() => resetKernelChoices());

  describe.each(['subgroup', 'tiled'] as const)('%s variant', (variant) => {
    beforeAll(() => use(variant));

    describe.each(kinds)('%s in blocks of %i', (format, block) => {
      it.each(shapes)('multiplies %i rows of %i by %i columns, and back', (m, width, out) =>
        guardGpu(async () => {
          await compare(randomPacked(rng, format, [out, width], block), m);
          if (format === 'f16') await compare(randomPacked(rng, format, [out, width + 6], block), m);
          if (block === 16) await compare(randomPacked(rng, format, [out, width + 16], block), m);
        }),
      );
    });

    it.each(['f16', 'int4'] as const)('%s takes bias and residual', (format) =>
      guardGpu(async () => {
        const packed = randomPacked(rng, format, [33, 64]);
        const [bias, residual] = [random(33) as Tensor1D, random2(5, 33)];
        for (const options of [{ bias }, { residual }, { bias, residual }]) await compare(packed, 5, options);
      }),
    );

    it('stays right with the smallest and the largest scales', () =>
      guardGpu(async () => {
        for (const format of ['f16', 'int8', 'int4'] as const) {
          for (const scale of [2e-6, 3e4]) await compare(randomPacked(rng, format, [33, 64], 32, scale), 17);
        }
      }));

    it('repeats bit for bit, leaks nothing and shows no NaN of a recycled buffer', () =>
      guardGpu(async () => {
        for (const size of [5 * 64, 5 * 33, 33 * 8, 33 * 2]) tf.fill([size], Number.NaN).dispose();
        const w = uploadPacked(randomPacked(rng, 'int4', [33, 64]));
        const x = random2(5, 64);
        const once = async () => {
          const dx = tf.grad((v) => tf.sum(tf.square(linear(v as Tensor2D, w))))(x);
          const values = await dx.data();
          dx.dispose();
          return values;
        };
        const first = await once();
        expect(first.every(Number.isFinite)).toBe(true);
        await once();
        const [{ numTensors }, { allocatedBytes }] = [tf.memory(), gpuStats()];
        for (let i = 0; i < 3; i++) expect(await once()).toEqual(first);
        expect(tf.memory().numTensors).toBe(numTensors);
        expect(gpuStats().allocatedBytes).toBe(allocatedBytes);
        disposePacked(w);
      }));
  });

  it('costs one dispatch forward, one backward, and no f32 copy of the matrix', () =>
    guardGpu(async () => {
      use('subgroup');
      const w = uploadPacked(randomPacked(rng, 'int4', [128, 64]));
      const x = random2(2, 64);
      await linear(x, w).data();
      resetGpuStats();
      const before = gpuStats().bytes;
      const y = linear(x, w);
      expect(gpuStats().dispatches).toBe(1);
      const dy = tf.ones([2, 128]);
      await dy.data();
      resetGpuStats();
      const dx = tf.grad((v) => linear(v as Tensor2D, w))(x, dy);
      await dx.data();
      expect(gpuStats().dispatches).toBe(2);
      expect(gpuStats().peakBytes - before).toBeLessThan(128 * 64);
      tf.dispose([y, dy, dx]);
    }));

  it('has a plain twin of its own', () =>
    guardGpu(async () => {
      for (const [format, block] of kinds) {
        const packed = randomPacked(rng, format, [7, 64], block);
        const [w, x] = [uploadPacked(packed), random2(3, 64)];
        await close(
          withPlainKernels(() => linear(x, w)),
          linearPlain(x, full(packed)),
        );
      }
    }));

  it('refuses what does not fit, by name', () => {
    const packed = randomPacked(rng, 'int8', [4, 32]);
    expect(() => linear(random2(2, 64), uploadPacked(packed))).toThrow(
      /linear: w must be \[\*, 64\], but is int8 \[4, 32\]/,
    );
    expect(() => uploadPacked({ ...packed, shape: [8, 32] })).toThrow(/32 words and 4 scales do not fill/);
    expect(() => uploadPacked({ ...packed, shape: [4, 33] })).toThrow(/no multiple of 32/);
  });
});

describe('without shaders', () => {
  it.each(['wasm', 'cpu'] as const)('%s agrees with the twin, with gradients', async (backend) => {
    await initBackend(backend);
    for (const [format, block] of kinds) {
      const bias = random(33) as Tensor1D;
      await compare(randomPacked(rng, format, [33, 64], block), 5, { bias, residual: random2(5, 33) });
      const packed = randomPacked(rng, format, [7, 64], block);
      const x = random2(3, 64);
      const plain = withPlainKernels(() => linear(x, uploadPacked(packed)));
      await close(plain, linearPlain(x, full(packed)));
    }
  });
});
