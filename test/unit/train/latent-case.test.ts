import { beforeAll, describe, expect, it } from 'vitest';
import { initBackend } from '../../../src/tf';
import type { LatentCase } from '../../../src/train/loss-case/latent-case';
import { computeLatentLoss } from '../../../src/train/loss-case/latent-case';
import golden from '../../golden/latents.json';

type Nested = number | Nested[];
const flat = (nested: Nested): number[] => (Array.isArray(nested) ? nested.flatMap(flat) : [nested]);
const shape = (nested: Nested): string => (Array.isArray(nested) ? `[${nested.map(shape)}]` : '.');

const cases = golden.inputs as unknown as {
  case: LatentCase;
  loss: number;
  gradient: Record<string, Nested>;
}[];

beforeAll(async () => {
  await initBackend('cpu');
});

const name = ({ method, params }: LatentCase, i: number) => `${method} ${JSON.stringify(params)}, ${i}`;

describe('losses of methods on images, on arrays by name', () => {
  it.each(cases.map((c, i) => [name(c.case, i), c] as const))(
    'gives PyTorch’s numbers: %s',
    async (_, wanted) => {
      const { loss, gradient } = await computeLatentLoss(wanted.case);
      expect(Math.abs(loss - wanted.loss)).toBeLessThanOrEqual(1e-6 + 2e-5 * Math.abs(wanted.loss));
      expect(Object.keys(gradient)).toEqual(Object.keys(wanted.gradient));
      for (const [array, expected] of Object.entries(wanted.gradient)) {
        expect(shape(gradient[array]!)).toBe(shape(expected));
        const largest = Math.max(...flat(expected).map(Math.abs));
        expect(flat(gradient[array]!)).toBeAllclose(flat(expected), {
          rtol: 1e-4,
          atol: 2e-5 * largest + 1e-12,
        });
      }
    },
  );

  const pairs = {
    policyChosen: [0.081, 0.064],
    referenceChosen: [0.08, 0.066],
    policyRejected: [0.092, 0.071],
    referenceRejected: [0.09, 0.07],
  };

  it('a list of two is Diffusion-DPO times a constant', async () => {
    const one = await computeLatentLoss({ method: 'diffusion-dpo', input: pairs });
    const listed = await computeLatentLoss({
      method: 'rankdpo',
      input: {
        policy: [0, 1].map((i) => [pairs.policyChosen[i]!, pairs.policyRejected[i]!]),
        reference: [0, 1].map((i) => [pairs.referenceChosen[i]!, pairs.referenceRejected[i]!]),
        rewards: [[[2, 1]], [[0.5, 0]]],
      },
    });
    // gain |2 - 1|, discount |1 / log 2 - 1 / log 3|
    expect(listed.loss / one.loss).toBeCloseTo(1 / Math.log(2) - 1 / Math.log(3), 5);
  });

  it('a tie under SmPO has loss log 2 and no gradient; a mistaken label works backwards', async () => {
    const tie = await computeLatentLoss({
      method: 'smpo',
      input: { ...pairs, rewardChosen: [1, 1], rewardRejected: [1, 1], rewardRange: [0, 2] },
    });
    expect(tie.loss).toBeCloseTo(Math.LN2, 6);
    expect(Object.values(tie.gradient).flatMap(flat)).toEqual([0, 0, 0, 0]);
    const swapped = await computeLatentLoss({
      method: 'smpo',
      input: { ...pairs, rewardChosen: [0, 0], rewardRejected: [2, 2], rewardRange: [0, 2] },
    });
    expect((swapped.gradient['policyChosen'] as number[]).every((g) => g < 0)).toBe(true);
  });

  it('two next states of one state move the mean along winner minus loser', async () => {
    const input = {
      chosen: [[0.4, -0.2, 0.1]],
      rejected: [[0.1, 0.3, 0.1]],
      policyMean: [[0.2, 0.1, 0]],
      referenceMean: [[0.2, 0.1, 0]],
      sigma: [0.5],
    };
    const { loss, gradient } = await computeLatentLoss({
      method: 'tailorpo',
      params: { beta: 2, clip: null },
      input,
    });
    expect(loss).toBeCloseTo(Math.LN2, 6);
    const slope = -0.5 * (2 / (0.25 * 3)); // -sigmoid(0) beta / (sigma^2 D)
    expect(flat(gradient['policyMean']!)).toBeAllclose([0.3 * slope, -0.5 * slope, 0], { atol: 1e-7 });
  });

  it.each([
    ['a missing array', { ...pairs, referenceChosen: undefined }, /input.referenceChosen: is missing/],
    ['unequal lengths', { ...pairs, policyRejected: [1] }, /input.policyRejected: has 1 of 2.*policyChosen/],
    [
      'what is no number',
      { ...pairs, policyChosen: [0.1, Number.NaN] },
      /input.policyChosen: \[1\] is null.*finite/,
    ],
    ['an unknown array', { ...pairs, policyChosn: [1] }, /input.policyChosn: is read by nothing/],
  ])('names %s', async (_, input, message) => {
    await expect(computeLatentLoss({ method: 'diffusion-dpo', input })).rejects.toThrow(message);
  });

  it('names a parameter out of range, a method on text, and a sigma of 0', async () => {
    await expect(
      computeLatentLoss({ method: 'diffusion-dpo', params: { beta: -1 }, input: pairs }),
    ).rejects.toThrow(/params, beta/);
    await expect(computeLatentLoss({ method: 'dpo', input: pairs })).rejects.toThrow(/trains on text/);
    await expect(
      computeLatentLoss({
        method: 'tailorpo',
        input: { chosen: [[1]], rejected: [[0]], policyMean: [[0]], referenceMean: [[0]], sigma: [0] },
      }),
    ).rejects.toThrow(/sigma: \[0\] is 0/);
  });
});
