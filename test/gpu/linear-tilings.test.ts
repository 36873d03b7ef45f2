import { beforeAll, describe, expect, it } from 'vitest';
import type { Product } from '../../src/kernels/matmul';
import { product } from '../../src/kernels/matmul';
import { packRows, unpackRows } from '../../src/kernels/packed-format';
import { uploadPacked } from '../../src/kernels/packed-matrix';
import type { Tiling } from '../../src/kernels/tiling';
import { tilingOf } from '../../src/kernels/tiling';
import type { Tensor2D } from '../../src/tf';
import { guardGpu, initBackend, tf, toTensor } from '../../src/tf';
import { createRng } from '../../src/util/rng';

const rng = createRng(3);
const random = (m: number, n: number): Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: m * n }, () => rng.next() * 2 - 1),
    [m, n],
  );

const vector = (side: number, results: number, slab: number, splits = 1): Tiling => ({
  kernel: 'vector',
  ...{ side, results, slab, splits },
});
const tilings: [string, Tiling][] = [
  ['8 threads, 4 results', vector(8, 4, 16)],
  ['16 threads, 4 results', vector(16, 4, 16)],
  ['16 threads, 8 results', vector(16, 8, 8)],
  ['16 threads, 8 results, wide slabs', vector(16, 8, 16)],
  ['three parts of k', vector(8, 4, 16, 3)],
];

describe('tilings of real GPUs, on our own GPU', () => {
  beforeAll(async () => {
    await initBackend('webgpu');
  });

  describe.each(tilings)('%s', (_, tiling) => {
    it.each([
      [4, 4, 4],
      [12, 36, 20],
      [36, 132, 52],
      [132, 8, 68],
    ])('multiply %i x %i x %i in three transpose forms', (m, n, k) =>
      guardGpu(async () => {
        for (const [transposeA, transposeB] of [
          [false, true],
          [false, false],
          [true, false],
        ] as const) {
          const a = transposeA ? random(k, m) : random(m, k);
          const b = transposeB ? random(n, k) : random(k, n);
          const got = toTensor(
            product({ label: 'test', a, b, m, n, k, transposeA, transposeB }, 'tiled', tiling),
          );
          const expected = tf.matMul(a, b, transposeA, transposeB);
          expect(await got.data()).toBeAllclose(await expected.data(), { rtol: 1e-5, atol: 1e-5 });
        }
      }),
    );

    it('add scale, bias, residual, a second product and what is there, at offsets', () =>
      guardGpu(async () => {
        const [m, n, k, r] = [7, 12, 40, 8];
        const [a, b, a2, b2] = [random(m + 1, k), random(n + 2, k), random(m, r), random(n, r)];
        const [bias, residual] = [random(1, n), random(m, n)];
        const before = random(m + 2, n);
        const out = tf.clone(tf.add(before, 0)) as Tensor2D;
        const p: Product = {
          ...{ label: 'test', a, b, m, n, k, transposeB: true, aOffset: k, bOffset: 2 * k, cOffset: n },
          ...{ second: { a: a2, b: b2, k: r }, scale: 0.5, bias, residual, accumulate: true, out },
        };
        product(p, 'tiled', tiling);
        const sum = tf.add(
          tf.matMul(tf.slice(a, [1, 0], [m, k]), tf.slice(b, [2, 0], [n, k]), false, true),
          tf.matMul(a2, b2, false, true),
        );
        const there = tf.slice(before, [1, 0], [m, n]);
        const middle = tf.addN([tf.add(tf.mul(sum, 0.5), bias), residual, there]);
        const expected = tf.concat([
          tf.slice(before, [0, 0], [1, n]),
          middle as Tensor2D,
          tf.slice(before, [m + 1, 0], [1, n]),
        ]);
        expect(await out.data()).toBeAllclose(await expected.data(), { rtol: 1e-5, atol: 1e-5 });
      }));

    it.each(['f16', 'int8', 'int4'] as const)('read %s weights, forward and back', (format) =>
      guardGpu(async () => {
        const [m, n, k] = [20, 64, 96];
        const arrays = packRows(await random(n, k).data<'float32'>(), [n, k], format);
        const [packed, plain] = [uploadPacked(arrays), tf.tensor2d(unpackRows(arrays), [n, k])];
        const [x, dy] = [random(m, k), random(m, n)];
        const forward = product(
          { label: 'test', a: x, b: packed, m, n, k, transposeB: true },
          'tiled',
          tiling,
        );
        const back = product({ label: 'test', a: dy, b: packed, m, n: k, k: n }, 'tiled', tiling);
        const close = { rtol: 1e-5, atol: 2e-5 };
        expect(await toTensor(forward).data()).toBeAllclose(
          await tf.matMul(x, plain, false, true).data(),
          close,
        );
        expect(await toTensor(back).data()).toBeAllclose(await tf.matMul(dy, plain).data(), close);
      }),
    );
  });

  it.each([1, 2, 3, 5, 8])('multiply %i rows by the kernel for few', (m) =>
    guardGpu(async () => {
      const [n, k, r] = [21, 68, 12];
      const [a, b, a2, b2, bias] = [random(m, k), random(n, k), random(m, r), random(n, r), random(1, n)];
      const p: Product = {
        ...{ label: 'test', a, b, m, n, k, transposeB: true, scale: 2, bias },
        second: { a: a2, b: b2, k: r },
      };
      expect(tilingOf(p).kernel).toBe('rows');
      const got = await toTensor(product(p, 'tiled')).data();
      const sum = tf.add(tf.matMul(a, b, false, true), tf.matMul(a2, b2, false, true));
      expect(got).toBeAllclose(await tf.add(tf.mul(sum, 2), bias).data(), { rtol: 1e-5, atol: 1e-5 });
    }),
  );

  it('follow from the shapes: long sums of few results are shared out, odd widths go by single numbers', () => {
    const shape = (m: number, n: number, k: number, more: Partial<Product> = {}) =>
      tilingOf({ label: 'test', a: random(1, 1), b: random(1, 1), m, n, k, transposeB: true, ...more });
    expect(shape(1024, 49_152, 576)).toMatchObject({ side: 16, results: 8, splits: 1 });
    expect(shape(512, 1536, 576)).toEqual(vector(16, 4, 16));
    expect(shape(128, 64, 49_152, { transposeB: false })).toEqual(vector(16, 4, 16, 288));
    expect(shape(512, 576, 1536)).toEqual(vector(16, 4, 16, 8));
    expect(shape(16, 576, 576)).toEqual(vector(8, 4, 16));
    expect(shape(16, 576, 1536)).toEqual(vector(8, 4, 16, 24));
    expect(shape(100, 64, 63).kernel).toBe('tiled');
    expect(shape(100, 64, 64, { transposeA: true }).kernel).toBe('tiled');
    expect(shape(1, 576, 576, { softmaxGrad: random(1, 3) }).kernel).toBe('vector');
  });
});
