import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dpo } from '../../../src/methods/pairwise/dpo';
import { packForest } from '../../../src/tree/pack';
import { evaluate, finiteDifferences, pairOf, twoPairs } from './evaluate';

//                 |chosen a   |rejected a      |chosen b               |rejected b
const logProb = [-0.5, -1.0, -0.2, -2.0, -1.5, -0.1, -0.4, -3.0, -0.5, -2.5];
const reference = [-1.0, -1.5, -0.4, -1.0, -1.0, -0.2, -0.8, -2.0, -1.0, -2.0];
// a: S_w = (0.5 + 0.5) = 1; S_l = 0.2 - 1 - 0.5 = -1.3; difference 2.3
// b: S_w = 0.1 + 0.4 - 1 + 0.5 = 0; S_l = -0.5; difference 0.5
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe('dpo', () => {
  it('gives the loss and rewards worked out by hand', async () => {
    const result = await evaluate(dpo, twoPairs(), logProb, reference, { params: { beta: 0.5 } });
    // z = 1.15 and 0.25: softplus(-1.15) = 0.274905..., softplus(-0.25) = 0.575939...
    expect(result.loss).toBeCloseTo((softplus(-1.15) + softplus(-0.25)) / 2, 6);
    expect(result.loss).toBeCloseTo(0.42555, 4);
    expect(result.chosenRewards).toBeAllclose([0.5, 0], { atol: 1e-6 });
    expect(result.rejectedRewards).toBeAllclose([-0.65, -0.25]);
  });

  it('pushes every token of a side alike: -beta sigmoid(-z) / C on chosen, plus on rejected', async () => {
    const { gradient } = await evaluate(dpo, twoPairs(), logProb, reference, { params: { beta: 0.5 } });
    const a = (0.5 * sigmoid(-1.15)) / 2;
    const b = (0.5 * sigmoid(-0.25)) / 2;
    expect(gradient).toBeAllclose([-a, -a, a, a, a, -b, -b, -b, -b, b]);
  });

  for (const labelSmoothing of [0, 0.1]) {
    it(`has the gradient of its loss (label smoothing ${labelSmoothing})`, async () => {
      const params = { beta: 0.5, labelSmoothing };
      const run = (x: readonly number[]) => evaluate(dpo, twoPairs(), x, reference, { params });
      const numeric = await finiteDifferences(async (x) => (await run(x)).loss, logProb);
      expect((await run(logProb)).gradient).toBeAllclose(numeric, { rtol: 1e-2, atol: 1e-4 });
    });
  }

  it('is conservative DPO with label smoothing', async () => {
    const eps = 0.2;
    const { loss } = await evaluate(dpo, twoPairs(), logProb, reference, {
      params: { beta: 0.5, labelSmoothing: eps },
    });
    const one = (z: number) => (1 - eps) * softplus(-z) + eps * softplus(z);
    expect(loss).toBeCloseTo((one(1.15) + one(0.25)) / 2, 6);
  });

  it('starts at log 2 with rewards of zero when the policy is the reference', async () => {
    const { loss, chosenRewards } = await evaluate(dpo, twoPairs(), reference, reference);
    expect(loss).toBeCloseTo(Math.LN2, 6);
    expect(chosenRewards).toEqual([0, 0]);
  });

  it('lets shared tokens cancel and gives unscored entries no gradient', async () => {
    const batch = packForest([pairOf('a', 2, 3, { shared: 4, prefix: 2 })]); // padded: entries beyond `used` too
    const { count, used } = batch.entries;
    expect(used).toBe(13);
    expect(count).toBeGreaterThan(used);
    const values = Array.from({ length: count }, (_, i) => -0.1 * (i + 1));
    // The shared tokens have the same log-prob in both responses, as a model would give them.
    for (let i = 0; i < 4; i++) values[6 + i] = values[i]!;
    const zeros = new Float32Array(count);
    const { loss, gradient } = await evaluate(dpo, batch, values, zeros, { params: { beta: 1 } });
    const own = (from: number, to: number) => values.slice(from, to).reduce((s, x) => s + x, 0);
    expect(loss).toBeCloseTo(softplus(-(own(4, 6) - own(10, 13))), 5);
    for (let i = 0; i < 4; i++) expect(gradient[i]! + gradient[6 + i]!).toBeCloseTo(0, 7);
    expect(gradient.slice(used).every((g) => g === 0)).toBe(true);
  });

  it('falls as a chosen token rises and rises as a rejected one does', async () => {
    const values = fc.array(fc.float({ min: -8, max: 0, noNaN: true }), { minLength: 10, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(values, values, fc.nat(9), async (x, ref, at) => {
        const params = { beta: 0.5 };
        const before = await evaluate(dpo, twoPairs(), x, ref, { params });
        const after = await evaluate(
          dpo,
          twoPairs(),
          x.map((v, i) => (i === at ? v + 1 : v)),
          ref,
          { params },
        );
        const chosen = [0, 1, 5, 6, 7, 8].includes(at);
        if (chosen) expect(after.loss).toBeLessThanOrEqual(before.loss);
        else expect(after.loss).toBeGreaterThanOrEqual(before.loss);
        expect(chosen ? before.gradient[at]! <= 0 : before.gradient[at]! >= 0).toBe(true);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('stays finite and right at extremes', async () => {
    for (const [x, expected, slope] of [
      [1e4, 0, 0],
      [-1e4, 1e4, 1],
    ] as const) {
      const batch = packForest([pairOf('a', 1, 1)], { pad: 'none' });
      const params = { beta: 1, labelSmoothing: 0 };
      const { loss, gradient } = await evaluate(dpo, batch, [x, 0], [0, 0], { params });
      expect(loss).toBeCloseTo(expected, 2);
      expect(gradient).toBeAllclose([-slope, slope]);
      const smooth = await evaluate(dpo, batch, [x, 0], [0, 0], { params: { beta: 1, labelSmoothing: 0.1 } });
      expect(smooth.loss).toBeAllclose(x > 0 ? 1e3 : 9e3);
      expect(smooth.gradient.every(Number.isFinite)).toBe(true);
    }
  });
});
