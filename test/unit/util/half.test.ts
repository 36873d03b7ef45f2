import { describe, expect, it } from 'vitest';
import { floatToHalf, halfToFloat, roundToHalf } from '../../../src/util/half';

describe('half precision', () => {
  it('goes round for every number there is', () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = halfToFloat(bits);
      if (Number.isNaN(value)) expect(Number.isNaN(halfToFloat(floatToHalf(value)))).toBe(true);
      else if (floatToHalf(value) !== bits) expect.fail(`${bits} comes back as ${floatToHalf(value)}`);
    }
  });

  it('rounds to the nearer neighbour, and a tie to the even one', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [halfToFloat(bits), halfToFloat(bits + 1)];
      const middle = (low + high) / 2; // exact in float32
      const even = bits % 2 === 0 ? bits : bits + 1;
      const got = [floatToHalf(middle), floatToHalf(-middle), floatToHalf(low + (high - low) * 0.4375)];
      if (got[0] !== even || got[1] !== (even | 0x8000) || got[2] !== bits) {
        expect.fail(`between ${low} and ${high}: ${got.join(', ')}`);
      }
    }
  });

  it('knows its limits', () => {
    expect(floatToHalf(65_504)).toBe(0x7bff);
    expect(floatToHalf(65_519.996)).toBe(0x7bff);
    expect(floatToHalf(65_520)).toBe(0x7c00);
    expect(floatToHalf(-1e30)).toBe(0xfc00);
    expect(floatToHalf(2 ** -25)).toBe(0);
    expect(floatToHalf(2 ** -25 * 1.001)).toBe(1);
    expect(Object.is(roundToHalf(-0), -0)).toBe(true);
    expect(roundToHalf(1 / 3)).toBe(0.333251953125);
  });
});
