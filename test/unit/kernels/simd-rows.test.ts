import { describe, expect, it } from 'vitest';
import { layOut, simdRows } from '../../../src/kernels/simd-rows';
import { createRng } from '../../../src/util/rng';

describe.each([4, 16, 20, 128])('simdRows of %i numbers', (size) => {
  const setup = (count: number) => {
    const simd = simdRows(size)!;
    const rng = createRng(size);
    const total = 9 * size;
    const [tableAt, rowsAt, vectorAt, weightsAt] = layOut(simd.memory, [total, count, size, count]) as [
      number,
      number,
      number,
      number,
    ];
    const table = new Float32Array(simd.memory.buffer, tableAt, total);
    const rows = new Int32Array(simd.memory.buffer, rowsAt, count);
    const vector = new Float32Array(simd.memory.buffer, vectorAt, size);
    const weights = new Float32Array(simd.memory.buffer, weightsAt, count);
    for (const array of [table, vector, weights])
      for (let i = 0; i < array.length; i++) array[i] = rng.normal();
    const picked = Array.from({ length: count }, (_, n) => (n * 5 + 2) % 8); // the ninth row is never picked
    picked.forEach((row, n) => {
      rows[n] = row * size * 4;
    });
    const row = (n: number) => Array.from(table.slice(picked[n]! * size, (picked[n]! + 1) * size));
    return { simd, tableAt, rowsAt, vectorAt, weightsAt, table, vector, weights, picked, row };
  };

  it.each([0, 1, 7])('takes dot products of %i rows', (count) => {
    const { simd, tableAt, rowsAt, vectorAt, weightsAt, vector, weights, row } = setup(count);
    const expected = weights.map((_, n) => row(n).reduce((sum, x, c) => sum + x * vector[c]!, 0));
    simd.dots(vectorAt, rowsAt, count, tableAt, weightsAt);
    expect(weights).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-5 });
  });

  it.each([0, 1, 7])('mixes %i rows by weights', (count) => {
    const { simd, tableAt, rowsAt, vectorAt, weightsAt, vector, weights, row } = setup(count);
    const expected = new Array<number>(size).fill(0);
    weights.forEach((w, n) => {
      row(n).forEach((x, c) => {
        expected[c]! += w * x;
      });
    });
    simd.mix(weightsAt, rowsAt, count, tableAt, vectorAt);
    expect(vector).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-5 });
  });

  it.each([0, 1, 7])('spreads a vector over %i rows and touches no other', (count) => {
    const { simd, tableAt, rowsAt, vectorAt, weightsAt, table, vector, weights, picked } = setup(count);
    const expected = Array.from(table);
    picked.forEach((row, n) => {
      vector.forEach((x, c) => {
        expected[row * size + c]! += weights[n]! * x;
      });
    });
    simd.spread(weightsAt, rowsAt, count, tableAt, vectorAt);
    expect(table).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-5 });
  });
});

describe('simdRows', () => {
  it('is not made for lengths that are no multiple of four', () => {
    expect(simdRows(6)).toBeUndefined();
  });

  it('grows its memory to what is asked for', () => {
    const { memory } = simdRows(4)!;
    const [, second] = layOut(memory, [5, 300_000]);
    expect(second).toBe(32);
    expect(memory.buffer.byteLength).toBeGreaterThanOrEqual(32 + 1_200_000);
  });
});
