import { beforeAll, describe, expect, it } from 'vitest';
import type { SparseMatrix } from '../../src/kernels/sparse-product';
import { sparseMatrix, sparseProduct, sparseProductPlain } from '../../src/kernels/sparse-product';
import type { Tensor1D } from '../../src/tf';
import { guardGpu, initBackend, tf } from '../../src/tf';
import { createRng } from '../../src/util/rng';

const rng = createRng(9);

/** Rows of up to `most` entries; some have none, some name a column twice. */
const random = (rows: number, width: number, most: number): SparseMatrix =>
  sparseMatrix(
    Array.from({ length: rows }, () =>
      Array.from({ length: rng.int(most + 1) }, () => [rng.int(width), rng.normal()] as const),
    ),
    width,
  );

const compare = async (matrix: SparseMatrix, values: Float32Array) => {
  const both = ([sparseProduct, sparseProductPlain] as const).map((op) =>
    tf.valueAndGrad((x) => {
      const y = op(matrix, x as Tensor1D);
      return tf.sum(tf.mul(y, tf.cos(tf.range(0, matrix.rows))));
    })(tf.tensor1d(values)),
  );
  const [ours, theirs] = both as [(typeof both)[0], (typeof both)[0]];
  expect(await ours.value.data()).toBeAllclose(await theirs.value.data(), { rtol: 2e-5, atol: 1e-5 });
  expect(await ours.grad.data()).toBeAllclose(await theirs.grad.data(), { rtol: 2e-5, atol: 1e-6 });
};

describe.each(['webgpu', 'wasm', 'cpu'] as const)('the sparse product on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each([
    [1, 1, 1],
    [3, 7, 4],
    [70, 5, 9],
    [65, 129, 2],
  ])('is its twin: %i rows, %i columns', (rows, width, most) =>
    guardGpu(async () => {
      const matrix = random(rows, width, most);
      await compare(
        matrix,
        Float32Array.from({ length: width }, () => 3 * rng.normal()),
      );
    }),
  );

  it('is 0, with no gradient, where every row is empty', () =>
    guardGpu(async () => {
      const matrix = sparseMatrix([[], []], 3);
      const { value, grad } = tf.valueAndGrad((x) => tf.sum(sparseProduct(matrix, x as Tensor1D)))(
        tf.tensor1d([1, 2, 3]),
      );
      expect([...(await value.data()), ...(await grad.data())]).toEqual([0, 0, 0, 0]);
    }));

  it('is right at values of 1e4 and adds what names a column twice', () =>
    guardGpu(async () => {
      const matrix = sparseMatrix(
        [
          [
            [1, 2],
            [1, -2],
          ],
          [
            [0, 1],
            [1, 1],
          ],
        ],
        2,
      );
      expect([...(await sparseProduct(matrix, tf.tensor1d([1e4, -1e4])).data())]).toEqual([0, 0]);
      await compare(matrix, Float32Array.of(1e4, -3e4));
    }));
});

it('refuses a column outside the width', () => {
  expect(() => sparseMatrix([[[2, 1]]], 2)).toThrow(/column 2 of row 0 is outside the width 2/);
});
