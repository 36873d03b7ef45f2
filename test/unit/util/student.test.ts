import { expect, it } from 'vitest';
import { meanInterval } from '../../../src/util/student';

/** scipy.stats.t.interval(0.95, n - 1, mean, sem). */
it.each([
  [[1, 2, 3], 2, [-0.484, 4.484]],
  [[0.15, 0.16], 0.155, [0.0915, 0.2185]],
  [Array.from({ length: 40 }, (_, i) => i), 19.5, [15.7611, 23.2389]],
])('%j', (values, mean, interval) => {
  const found = meanInterval(values);
  expect(found.mean).toBeCloseTo(mean, 9);
  expect(found.interval![0]).toBeCloseTo(interval[0]!, 2);
  expect(found.interval![1]).toBeCloseTo(interval[1]!, 2);
});

it('has no interval for one value, and refuses none', () => {
  expect(meanInterval([3])).toEqual({ count: 1, mean: 3, interval: undefined });
  expect(() => meanInterval([])).toThrow(/no value/);
});
