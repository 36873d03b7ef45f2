import { expect, it } from 'vitest';
import { askedFor, stateAt } from '../../../src/diffusion/images';
import { SIZE } from '../../../src/diffusion/world/draw';
import type { PreferenceTree } from '../../../src/tree/tree';
import { factorFigure, factorsOf, pushesOf, pushFigure } from '../../../src/ui/images/tree-shares';

const image = new Float32Array(SIZE);

/** Two next states of a state at time t, the second the winner. */
const tree = (t: number, moved: number | undefined, scores: [number, number] = [0, 1]): PreferenceTree => ({
  id: `${t}`,
  nodes: [
    askedFor({ shape: 0, hue: 0 }),
    stateAt(t, image, { scored: false }),
    stateAt(t - 50, image, { parent: 1 }),
    stateAt(t - 50, image, { parent: 1, ...(moved !== undefined && { labels: { moved } }) }),
  ],
  responses: [
    { leaf: 2, score: scores[0] },
    { leaf: 3, score: scores[1] },
  ],
  comparisons: [{ chosen: 1, rejected: 0 }],
});

it('counts pushes that raised the reward by the time they were made at, the noisiest first', () => {
  const trees = [tree(199, 0), tree(999, 1), tree(199, 1), tree(199, 1), tree(999, 1), tree(599, undefined)];
  const pushes = pushesOf(trees);
  expect(pushes).toEqual([
    { t: 999, pushed: 2, of: 2 },
    { t: 199, pushed: 2, of: 3 },
  ]);
  const figure = pushFigure(pushes)!;
  expect(figure.bars.map(({ label, value }) => [label, value])).toEqual([
    ['t = 999', 1],
    ['t = 199', 2 / 3],
  ]);
  for (const { value, low, high } of figure.bars) {
    expect(low!).toBeLessThanOrEqual(value);
    expect(high!).toBeGreaterThanOrEqual(value);
  }
  expect(pushFigure(pushesOf([tree(599, undefined)]))).toBeUndefined();
});

it('puts factors into a histogram, a tie at 0 and a mistaken label below it', () => {
  const factors = factorsOf(
    [tree(1, undefined, [0.5, 0.5]), tree(1, undefined, [1, 0]), tree(1, undefined)],
    10,
  );
  expect(factors).toEqual([0, expect.closeTo(-4.6212, 3), expect.closeTo(4.6212, 3)]);
  const { bars } = factorFigure(factors)!;
  expect(bars.reduce((sum, { value }) => sum + value, 0)).toBe(3);
  expect([bars[0]!.value, bars.at(-1)!.value]).toEqual([1, 1]);
  expect(factorFigure([])).toBeUndefined();
});
