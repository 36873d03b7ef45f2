import { describe, expect, it } from 'vitest';
import { createRng, restoreRng } from '../../../src/util/rng';

describe('createRng', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const take = (seed: number) => {
      const rng = createRng(seed);
      return Array.from({ length: 5 }, () => rng.bits());
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
  });

  it('goes on from a saved state', () => {
    const rng = createRng(3);
    rng.next();
    const copy = restoreRng(rng.state());
    expect([rng.next(), rng.normal(), rng.int(10)]).toEqual([copy.next(), copy.normal(), copy.int(10)]);
  });

  it('forks without advancing, and forks by label differ', () => {
    const rng = createRng(3);
    const state = rng.state();
    const [a, b] = [rng.fork('a').next(), rng.fork('b').next()];
    expect(rng.state()).toEqual(state);
    expect(a).not.toBe(b);
  });

  it('is uniform and normal to the accuracy of 20,000 draws', () => {
    const rng = createRng(1);
    const n = 20_000;
    let [sum, normalSum, normalSquares] = [0, 0, 0];
    const counts = new Array(10).fill(0);
    for (let i = 0; i < n; i++) {
      sum += rng.next();
      const z = rng.normal();
      normalSum += z;
      normalSquares += z * z;
      counts[rng.int(10)]++;
    }
    expect(Math.abs(sum / n - 0.5)).toBeLessThan(0.01); // 5 sigma
    expect(Math.abs(normalSum / n)).toBeLessThan(0.04);
    expect(Math.abs(normalSquares / n - 1)).toBeLessThan(0.05);
    for (const count of counts) expect(Math.abs(count - n / 10)).toBeLessThan(220); // 5 sigma
  });

  it('shuffles without losing anything', () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const shuffled = createRng(2).shuffle([...items]);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
  });
});
