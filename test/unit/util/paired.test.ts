import { expect, it } from 'vitest';
import { pairedDifference } from '../../../src/util/paired';

const answers = (
  ...counts: [both: number, lost: number, gained: number, neither: number]
): [string, string] => {
  const [both, lost, gained, neither] = counts;
  return [
    '1'.repeat(both) + '1'.repeat(lost) + '0'.repeat(gained) + '0'.repeat(neither),
    '1'.repeat(both) + '0'.repeat(lost) + '1'.repeat(gained) + '0'.repeat(neither),
  ];
};

it('takes McNemar’s error where many problems changed sides', () => {
  // 200 problems, 12 lost, 39 gained: (39 - 12) / 200, error sqrt(51 - 27 ** 2 / 200) / 200.
  const paired = pairedDifference(...answers(100, 12, 39, 49))!;
  expect(paired).toMatchObject({ gained: 39, lost: 12 });
  expect(paired.difference).toBeCloseTo(0.135, 10);
  const error = Math.sqrt(51 - 27 ** 2 / 200) / 200;
  expect(paired.interval[0]).toBeCloseTo(0.135 - 1.96 * error, 10);
  expect(paired.interval[1]).toBeCloseTo(0.135 + 1.96 * error, 10);
});

it('is exact where few did', () => {
  // Clopper and Pearson for 8 of 10: 0.4439 to 0.9748; difference (2p - 1) * 10 / 100.
  const { interval } = pairedDifference(...answers(40, 2, 8, 50))!;
  expect(interval[0]).toBeCloseTo((2 * 0.4439 - 1) / 10, 4);
  expect(interval[1]).toBeCloseTo((2 * 0.9748 - 1) / 10, 4);
  const one = pairedDifference(...answers(5, 0, 3, 2))!;
  expect(one.interval[1]).toBeCloseTo(0.3, 10);
  expect(one.interval[0]).toBeLessThan(0);
});

it('has no width where nothing changed, and nothing to say of other problems', () => {
  expect(pairedDifference('1100', '1100')).toEqual({ difference: 0, interval: [0, 0], gained: 0, lost: 0 });
  expect(pairedDifference('110', '1100')).toBeUndefined();
  expect(pairedDifference('', '')).toBeUndefined();
});
