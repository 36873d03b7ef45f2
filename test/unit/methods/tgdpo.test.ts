import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mainPass } from '../../../src/methods/method';
import { dpo } from '../../../src/methods/pairwise/dpo';
import type { Params } from '../../../src/methods/params';
import { defaultParams } from '../../../src/methods/params';
import { tgdpo } from '../../../src/methods/token-level/tgdpo';
import { checkTrees } from '../../../src/run/check-trees';
import { packForest } from '../../../src/tree/pack';
import { evaluate, finiteDifferences, pairOf, twoPairs } from './evaluate';

const params = { ...defaultParams(tgdpo), beta: 0.5, alpha: 0.5 };
const logProb = [-0.5, -1.0, -0.2, -2.0, -1.5, -0.1, -0.4, -3.0, -0.5, -2.5];
const reference = [-1.0, -1.5, -0.4, -1.0, -1.0, -0.2, -0.8, -2.0, -1.0, -2.0];
const guide = [-0.6, -1.9, -0.9, -1.4, -2.0, -0.1, -0.2, -2.5, -0.8, -4.0];
const objective = (more: Params = {}) => mainPass(tgdpo, { ...params, ...more }).objective;
const weigh = (g: ArrayLike<number>, more: Params = {}, batch = twoPairs()) =>
  objective(more).coefficients!({
    batch,
    constants: { reference: Float32Array.from(reference), guide: Float32Array.from(g) },
  });

describe('tgdpo', () => {
  it('weighs tokens by the guide: 1 + alpha rhat on chosen, 1 - alpha rhat on rejected', () => {
    // alpha beta = 0.25; guide - reference: 0.4 -0.4 | -0.5 -0.4 -1 | 0.1 0.6 -0.5 0.2 | -2
    expect(weigh(guide)).toBeAllclose([1.1, 0.9, 1.125, 1.1, 1.25, 1.025, 1.15, 0.875, 1.05, 1.5]);
  });

  it('keeps weights at or above 0 unless told not to', () => {
    const far = [...guide];
    far[0] = -9; // rhat = 0.5 * -8 = -4, c = 1 - 2 = -1
    expect(weigh(far)[0]).toBe(0);
    expect(weigh(far, { clamp: false })[0]).toBeCloseTo(-1, 6);
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
      fc.property(fc.float({ min: -1e4, max: 1e4, noNaN: true }), fc.boolean(), (x, clamp) => {
        const batch = packForest([pairOf('a', 2, 3)]);
        const { count, used } = batch.entries;
        const weight = objective({ clamp }).coefficients!({
          batch,
          constants: { reference: new Float32Array(count), guide: new Float32Array(count).fill(x) },
        });
        expect(weight.every(Number.isFinite)).toBe(true);
        expect(weight.slice(used).every((w) => w === 0)).toBe(true);
        if (clamp) expect(weight.every((w) => w >= 0)).toBe(true);
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('refuses an answer in two roles before anything is trained', () => {
    const tree = pairOf('a', 2, 3);
    tree.comparisons.push({ chosen: 1, rejected: 0 });
    expect(() => checkTrees('TGDPO', objective().reads, [pairOf('b', 1, 1), tree])).toThrow(
      /TGDPO cannot train on tree "a": answer [01] is chosen in one comparison and rejected in another.*pairs/,
    );
  });

  it('trains a DPO guide with the same beta first, then itself', async () => {
    const passes = tgdpo.passes(params);
    expect(passes.map(({ id }) => id)).toEqual(['guide', 'tgdpo']);
    expect(passes[1]!.objective.reads.frozen).toEqual({ guide: { model: 'guide', read: 'logProb' } });
    expect(passes[0]!.objective.rewardScale).toBe(0.5);
    expect(passes[0]!.objective.coefficients).toBeUndefined();
  });
});
