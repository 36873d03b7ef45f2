import { describe, expect, it } from 'vitest';
import { wilson } from '../../../src/util/wilson';

describe('wilson', () => {
  it('agrees with the published interval for 81 of 263', () => {
    // Newcombe (1998), Statistics in Medicine 17, table I: 0.2553 to 0.3662
    expect(wilson(81, 263)).toBeAllclose([0.2553, 0.3662], { rtol: 0, atol: 1e-4 });
  });
  it('stays in [0, 1] at the ends and knows nothing of nothing', () => {
    expect(wilson(0, 20)).toBeAllclose([0, 0.1611], { rtol: 0, atol: 1e-4 }); // the same table
    expect(wilson(20, 20)[1]).toBe(1);
    expect(wilson(0, 0)).toEqual([0, 1]);
  });
});
