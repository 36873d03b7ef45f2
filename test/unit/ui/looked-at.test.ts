import { expect, it } from 'vitest';
import { lookedAt } from '../../../src/ui/methods/looked-at';

const there = { pairs: 4, kept: [5, 10], now: 12 };

it('takes pair and step of an address where there are such, and says what there is where not', () => {
  expect(lookedAt({}, there)).toEqual({ pair: 0, step: undefined, unmet: [] });
  expect(lookedAt({ pair: '4', step: '10' }, there)).toEqual({ pair: 3, step: 10, unmet: [] });
  expect(lookedAt({ step: '12' }, there)).toEqual({ pair: 0, step: undefined, unmet: [] });
  for (const pair of ['0', '5', '-1', '1.5', 'x'])
    expect(lookedAt({ pair }, there)).toMatchObject({
      pair: 0,
      unmet: [`pair=${pair}: there are pairs 1 to 4`],
    });
  expect(lookedAt({ step: '7' }, there).unmet[0]).toContain('steps 5, 10');
  expect(lookedAt({ step: '7' }, { ...there, kept: [] }).unmet[0]).toContain('no weights');
});
