import { expect } from 'vitest';

const flat = (x: unknown): number[] =>
  Array.isArray(x) || ArrayBuffer.isView(x) ? Array.from(x as ArrayLike<unknown>).flatMap(flat) : [Number(x)];

/**
 * Elementwise |a - b| <= atol + rtol * |b|; NaN only equals NaN, infinities only themselves.
 * rtol defaults to 1e-5 and atol to 1e-6.
 */
expect.extend({
  toBeAllclose(received: unknown, expected: unknown, options: { rtol?: number; atol?: number } = {}) {
    const { rtol = 1e-5, atol = 1e-6 } = options;
    const a = flat(received);
    const b = flat(expected);
    if (a.length !== b.length) {
      return { pass: false, message: () => `lengths differ: ${a.length} and ${b.length}` };
    }
    let worst = -1;
    let worstBy = 0;
    for (let i = 0; i < a.length; i++) {
      const [x, y] = [a[i]!, b[i]!];
      if (Object.is(x, y) || x === y) continue;
      const by =
        Number.isFinite(x) && Number.isFinite(y) ? Math.abs(x - y) / (atol + rtol * Math.abs(y)) : Infinity;
      if (by > 1 && by > worstBy) {
        worst = i;
        worstBy = by;
      }
    }
    return {
      pass: worst < 0,
      message: () =>
        worst < 0
          ? 'expected arrays to differ'
          : `element ${worst} of ${a.length}: ${a[worst]} against ${b[worst]} (rtol ${rtol}, atol ${atol})`,
    };
  },
});
