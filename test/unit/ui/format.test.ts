import { describe, expect, it } from 'vitest';
import { signed } from '../../../src/ui/format';

describe('a number with its sign', () => {
  it.each([
    [1.25, 1, '+1.3'],
    [-1.25, 2, '\u22121.25'],
    [0, 3, '0.000'],
    // What rounds to nothing has no direction.
    [-0.0004, 3, '0.000'],
    [0.0004, 3, '0.000'],
    [-0.0006, 3, '\u22120.001'],
    [-12345, 3, '\u22121.23e+4'],
  ])('%s to %i digits is %s', (value, digits, text) => {
    expect(signed(value, digits)).toBe(text);
  });
});
