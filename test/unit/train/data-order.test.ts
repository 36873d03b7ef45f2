import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treesOfBatch } from '../../../src/train/data-order';

describe('treesOfBatch', () => {
  it('shows every tree once per epoch, in another order each time', () => {
    const epoch = (e: number) =>
      Array.from({ length: 5 }, (_, i) => treesOfBatch(1, e * 5 + i, 2, 10)).flat();
    expect([...epoch(0)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...epoch(1)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(epoch(0)).not.toEqual(epoch(1));
  });

  it('takes the same trees whether a step is one batch or several accumulated', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(20),
        (seed, total, size, parts, step) => {
          const whole = treesOfBatch(seed, step, size * parts, total);
          const split = Array.from({ length: parts }, (_, a) =>
            treesOfBatch(seed, step * parts + a, size, total),
          ).flat();
          expect(split).toEqual(whole);
        },
      ),
    );
  });

  it('refuses an empty dataset', () => {
    expect(() => treesOfBatch(1, 0, 2, 0)).toThrow(/no tree/);
  });
});
