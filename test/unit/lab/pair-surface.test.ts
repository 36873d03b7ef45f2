import { beforeAll, expect, it } from 'vitest';
import { type PairQuestion, pairSurface } from '../../../src/lab/pair-surface';
import { methods } from '../../../src/methods/index';
import { initBackend } from '../../../src/tf';

beforeAll(async () => {
  await initBackend('cpu');
});

const tick = async () => {};
const answer = (reference: number, tokens: number) => ({ reference, tokens });

it('gives DPO’s and IPO’s closed forms, and nothing beyond certainty', async () => {
  const pairs: PairQuestion['pairs'] = [
    {
      chosen: answer(-6, 3),
      rejected: answer(-9, 4),
      at: [
        [0, 0],
        [1, -4],
        [-2, -2],
        [7, 0],
      ],
    },
  ];
  const [dpo] = await pairSurface({ method: 'dpo', params: { beta: 0.3 }, pairs }, tick);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  for (const [i, z] of [0, 5, 0].entries()) {
    expect(dpo!.loss[i]).toBeCloseTo(-Math.log(sigmoid(0.3 * z)), 5);
    expect(dpo!.byChosen[i]).toBeCloseTo(-0.3 * sigmoid(-0.3 * z), 5);
    expect(dpo!.byRejected[i]).toBeCloseTo(0.3 * sigmoid(-0.3 * z), 5);
  }
  expect(dpo!.loss[3]).toBeNaN();
  const [ipo] = await pairSurface(
    {
      method: 'ipo',
      params: { beta: 0.1, average: 'sum' },
      pairs,
    },
    tick,
  );
  expect(ipo!.loss[1]).toBeCloseTo((5 - 5) ** 2, 4); // at its target 1 / (2 beta)
  expect(ipo!.byChosen[0]).toBeCloseTo(-10, 4);
});

it('knows every method that learns from pairs, and refuses the others', async () => {
  const pairs = [{ chosen: answer(-6, 3), rejected: answer(-9, 3), at: [[-0.5, -1] as [number, number]] }];
  for (const { id, eats } of methods) {
    const asked = pairSurface({ method: id, params: {}, pairs }, tick);
    if (!['pairs', 'next-steps', 'turns'].includes(eats))
      await expect(asked, id).rejects.toThrow('does not learn from single pairs');
    else expect((await asked)[0]!.loss[0], id).toSatisfy(Number.isFinite);
  }
});
