import { expect, it } from 'vitest';
import { mendedOf } from '../../../src/ui/live/mended';
import { sinceStart } from '../../../src/ui/live/since-start';
import { quantile } from '../../../src/util/quantile';
import type { Evaluation, Probe, ProbeSide } from '../../../workers/protocol';

const evaluated = (solved?: string): Evaluation => ({
  step: 0,
  stage: 'dpo',
  problems: 5,
  accuracy: 0,
  interval: [0, 1],
  stepAccuracy: 0,
  meanTokens: 1,
  ...(solved !== undefined && { solved }),
});

it('counts what was mended and what was broken, and says which', () => {
  expect(mendedOf(evaluated('11000'), evaluated('10110'))).toEqual({
    mended: 2,
    broken: 1,
    both: 1,
    neither: 1,
    problems: 5,
    which: { mended: [2, 3], broken: [1] },
  });
  expect(mendedOf(evaluated('11'), evaluated('110'))).toBeUndefined();
  expect(mendedOf(evaluated(), evaluated('110'))).toBeUndefined();
});

const side = (...logProb: [number, number, number]): ProbeSide => ({ logProb, tokens: [2, 1, 3] });
const probe = (step: number, stage: string, shift: number): { x: number; probe: Probe } => ({
  x: step,
  probe: {
    stage,
    step,
    pairs: [0, 1].map((tree) => ({
      tree,
      heldOut: false,
      chosen: side(-4, -1 + shift, -2),
      rejected: side(-4 - shift, -1 - shift, -2 - shift * tree),
    })),
  },
});

it('measures each pass from its own beginning, stretch by stretch', () => {
  const rows = sinceStart([probe(0, 'a', 0), probe(4, 'a', 0.5), probe(4, 'b', 3), probe(8, 'b', 4)]);
  expect(rows.map(({ chosen }) => chosen.median)).toEqual([0, 0.5, 0, 1]);
  expect(rows[1]!.changes.map(({ rejected }) => rejected.all)).toEqual([-1, -1.5]);
  expect(rows[1]!.rejected.median).toBeCloseTo(-1.25);
  expect(rows[3]!.changes[1]!.rejected.stretches).toEqual([-1, -1, -1]);
});

it('interpolates quantiles', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([1, 2, 3, 4, 5], 0.1)).toBeCloseTo(1.4);
  expect(quantile([7], 0.9)).toBe(7);
});
