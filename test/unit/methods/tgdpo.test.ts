import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dpo } from '../../../src/methods/dpo';
import { defaultParams } from '../../../src/methods/method';
import { tgdpo } from '../../../src/methods/tgdpo';
import { packForest } from '../../../src/tree/pack';
import { evaluate, finiteDifferences, pairOf, twoPairs } from './evaluate';

const params = { ...defaultParams(tgdpo), beta: 0.5, alpha: 0.5 };
const logProb = [-0.5, -1.0, -0.2, -2.0, -1.5, -0.1, -0.4, -3.0, -0.5, -2.5];
const reference = [-1.0, -1.5, -0.4, -1.0, -1.0, -0.2, -0.8, -2.0, -1.0, -2.0];
const guide = [-0.6, -1.9, -0.9, -1.4, -2.0, -0.1, -0.2, -2.5, -0.8, -4.0];
const weigh = (g: ArrayLike<number>, more: Record<string, number> = {}, batch = twoPairs()) =>
  tgdpo.weights!(
    {
      batch,
      referenceLogProb: Float32Array.from(reference),
      guideLogProb: Float32Array.from(g),
    },
    { ...params, ...more },
  );

describe('tgdpo', () => {
  it('weighs tokens by the guide: 1 + alpha rhat on chosen, 1 - alpha rhat on rejected', () => {
    // alpha beta = 0.25; guide - reference: 0.4 -0.4 | -0.5 -0.4 -1 | 0.1 0.6 -0.5 0.2 | -2
    expect(weigh(guide)).toBeAllclose([1.1, 0.9, 1.125, 1.1, 1.25, 1.025, 1.15, 0.875, 1.05, 1.5]);
  });

  it('keeps weights at or above 0 unless told not to', () => {
    const far = [...guide];
    far[0] = -9; // rhat = 0.5 * -8 = -4, c = 1 - 2 = -1
    expect(weigh(far)[0]).toBe(0);
    expect(weigh(far, { clamp: 0 })[0]).toBeCloseTo(-1, 6);
  });

  it('is exactly DPO when the guide is the reference, or alpha is 0', async () => {
    const plain = await evaluate(dpo, twoPairs(), logProb, reference, { params: { beta: 0.5 } });
    const same = await evaluate(tgdpo, twoPairs(), logProb, reference, { params, guide: reference });
    expect(same).toEqual(plain);
    const off = await evaluate(tgdpo, twoPairs(), logProb, reference, {
      params: { ...params, alpha: 0 },
      guide,
    });
    expect(off).toEqual(plain);
  });

  it('gives the loss worked out by hand', async () => {
    const { loss } = await evaluate(tgdpo, twoPairs(), logProb, reference, { params, guide });
    // a: 1.1*0.5 + 0.9*0.5 = 1; 1.125*0.2 + 1.1*-1 + 1.25*-0.5 = -1.5; z = 1.25
    // b: 1.025*0.1 + 1.15*0.4 + 0.875*-1 + 1.05*0.5 = 0.2125; 1.5*-0.5 = -0.75; z = 0.48125
    expect(loss).toBeCloseTo((Math.log1p(Math.exp(-1.25)) + Math.log1p(Math.exp(-0.48125))) / 2, 6);
  });

  it('has the gradient of its loss, with weights as constants', async () => {
    const run = (x: readonly number[]) => evaluate(tgdpo, twoPairs(), x, reference, { params, guide });
    const numeric = await finiteDifferences(async (x) => (await run(x)).loss, logProb);
    expect((await run(logProb)).gradient).toBeAllclose(numeric, { rtol: 1e-2, atol: 1e-4 });
  });

  it('gives padding no weight and stays finite', () => {
    fc.assert(
      fc.property(
        fc.float({ min: -1e4, max: 1e4, noNaN: true }),
        fc.integer({ min: 0, max: 1 }),
        (x, clamp) => {
          const batch = packForest([pairOf('a', 2, 3)]);
          const { count, used } = batch.entries;
          const weight = tgdpo.weights!(
            {
              batch,
              referenceLogProb: new Float32Array(count),
              guideLogProb: new Float32Array(count).fill(x),
            },
            { ...params, clamp },
          );
          expect(weight.every(Number.isFinite)).toBe(true);
          expect(weight.slice(used).every((w) => w === 0)).toBe(true);
          if (clamp === 1) expect(weight.every((w) => w >= 0)).toBe(true);
        },
      ),
      { numRuns: 50, seed: 1 },
    );
  });

  it('says what is missing or ambiguous', () => {
    const batch = twoPairs();
    const referenceLogProb = Float32Array.from(reference);
    expect(() => tgdpo.weights!({ batch, referenceLogProb, guideLogProb: undefined }, params)).toThrow(
      /train the guide stage first/,
    );
    expect(() =>
      tgdpo.weights!({ batch, referenceLogProb: undefined, guideLogProb: referenceLogProb }, params),
    ).toThrow(/log-probs of the reference/);
    batch.comparisons.push({ chosen: 1, rejected: 0 });
    expect(() => weigh(guide, {}, batch)).toThrow(/Response [01] of tree "a" is chosen in one comparison/);
  });

  it('trains a DPO guide with the same beta first, then itself', () => {
    const stages = tgdpo.stages!(tgdpo, params);
    expect(stages.map((s) => [s.id, s.method.id, s.guide])).toEqual([
      ['guide', 'dpo', undefined],
      ['tgdpo', 'tgdpo', 'guide'],
    ]);
    expect(stages[0]!.params).toEqual({ ...defaultParams(dpo), beta: 0.5 });
    expect(stages[1]!.params).toEqual(params);
  });
});
