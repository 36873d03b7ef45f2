import { beforeAll, describe, expect, it } from 'vitest';
import { greedyRows, greedyRowsPlain } from '../../src/kernels/greedy-rows';
import { initBackend, type Tensor2D, tf } from '../../src/tf';
import { randomTensor } from '../support/gradients';

describe('greedyRows', () => {
  beforeAll(async () => {
    await initBackend('webgpu');
  });

  it.each([
    [1, 1],
    [3, 63],
    [5, 64],
    [2, 1000],
  ])('equals its twin at [%i, %i]', async (rows, width) => {
    const logits = randomTensor([rows, width], 1, 4) as Tensor2D;
    expect(await greedyRows(logits).data()).toBeAllclose(await greedyRowsPlain(logits).data(), {
      rtol: 1e-5,
      atol: 1e-5,
    });
  });

  it('takes the lowest of equals, wherever they lie', async () => {
    const row = new Float32Array(200).fill(-3);
    row[130] = 7;
    row[66] = 7;
    row[67] = 7;
    const [column, logSum] = await greedyRows(tf.tensor2d(row, [1, 200])).data();
    expect(column).toBe(66);
    expect(logSum).toBeCloseTo(Math.log(3 + 197 * Math.exp(-10)), 5);
    expect((await greedyRows(tf.zeros([1, 100])).data())[0]).toBe(0);
  });

  it('finds the first logit that is no number, and bears large ones', async () => {
    const logits = tf.tensor2d([
      [1, 2, Number.NaN, Number.POSITIVE_INFINITY],
      [3e38, -3e38, 0, 1],
      [0, 1, 2, Number.NEGATIVE_INFINITY],
    ]);
    const result = await greedyRows(logits).data();
    expect([result[2], result[5], result[8]]).toEqual([2, -1, 3]);
    expect([result[3], result[4]]).toEqual([0, 0]);
  });
});
