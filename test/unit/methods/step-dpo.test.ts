import { describe, expect, it } from 'vitest';
import { dpo } from '../../../src/methods/pairwise/dpo';
import { stepDpo } from '../../../src/methods/stepwise/step-dpo';
import { packForest } from '../../../src/tree/pack';
import { evaluate, finiteDifferences, pairOf } from './evaluate';

const batch = () => packForest([pairOf('a', 2, 3, { prefix: 5 }), pairOf('b', 4, 1, { prefix: 2 })]);
const values = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => -Math.abs(Math.sin(seed + 1.7 * i)) * 3);

describe('step-dpo', () => {
  it('scores the one step only: the prefix has no entry', () => {
    expect(batch().entries.used).toBe(2 + 3 + 4 + 1);
    expect(batch().steps).toHaveLength(4);
  });

  it('is DPO on that step', async () => {
    const { count } = batch().entries;
    const [x, ref] = [values(count, 1), values(count, 2)];
    const params = { beta: 0.4 };
    const step = await evaluate(stepDpo, batch(), x, ref, { params });
    expect(step).toEqual(await evaluate(dpo, batch(), x, ref, { params }));
    expect(step.loss).not.toBeCloseTo(Math.LN2, 3);
  });

  it('has the gradient of its loss, and none beyond the step', async () => {
    const { count, used } = batch().entries;
    const [x, ref] = [values(count, 3), values(count, 4)];
    const run = (at: readonly number[]) => evaluate(stepDpo, batch(), at, ref);
    const numeric = await finiteDifferences(async (at) => (await run(at)).loss, x);
    const { gradient } = await run(x);
    expect(gradient).toBeAllclose(numeric, { rtol: 1e-2, atol: 1e-4 });
    expect(gradient.slice(used).every((g) => g === 0)).toBe(true);
  });

  it('works the loss out as by hand', async () => {
    const one = packForest([pairOf('a', 1, 1, { prefix: 3 })], { pad: 'none' });
    // S_w = -1 - -2 = 1, S_l = -3 - -1 = -2, z = 0.4 * 3 = 1.2, softplus(-1.2) = log(1 + e^-1.2) = 0.263282
    const { loss, chosenRewards, rejectedRewards } = await evaluate(stepDpo, one, [-1, -3], [-2, -1]);
    expect(loss).toBeCloseTo(0.263282, 5);
    expect([chosenRewards[0], rejectedRewards[0]]).toBeAllclose([0.4, -0.8]);
  });
});
