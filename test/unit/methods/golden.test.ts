import { describe, expect, it } from 'vitest';
import { methodById } from '../../../src/methods';
import { mainPass } from '../../../src/methods/method';
import { defaultParams } from '../../../src/methods/params';
import { packForest } from '../../../src/tree/pack';
import type { PreferenceTree } from '../../../src/tree/tree';
import golden from '../../golden/methods.json';
import { evaluate, pairOf } from './evaluate';

/** Numbers of TRL's own trainer, of Hugging Face's cross-entropy and of the TGDPO formula: golden/make_methods.py. */
const cases = golden as unknown as {
  dpo: PairCase[];
  'step-dpo': PairCase[];
  tgdpo: (Omit<PairCase, keyof Expected> & {
    alpha: number;
    guideChosen: number[][];
    guideRejected: number[][];
    clamped: Expected & { weightsChosen: number[][]; weightsRejected: number[][] };
    unclamped: Expected & { weightsChosen: number[][]; weightsRejected: number[][] };
  })[];
  sft: { name: string; policy: number[][]; loss: number; grad: number[][] }[];
};

interface Expected {
  loss: number;
  chosenRewards: number[];
  rejectedRewards: number[];
  gradChosen: number[][];
  gradRejected: number[][];
}

interface PairCase extends Expected {
  name: string;
  beta: number;
  policyChosen: number[][];
  policyRejected: number[][];
  refChosen: number[][];
  refRejected: number[][];
  stepMaskChosen?: number[][];
  stepMaskRejected?: number[][];
}

const tolerance = { rtol: 2e-5, atol: 2e-6 };

/** Pair by pair, the chosen side's values and then the rejected side's, as entries lie in a batch. */
const interleave = (chosen: number[][], rejected: number[][]) =>
  chosen.flatMap((side, i) => [...side, ...rejected[i]!]);

/** The values where the mask is 1. */
const masked = (values: number[][], mask?: number[][]) =>
  values.map((side, i) => side.filter((_, t) => mask === undefined || mask[i]![t] === 1));

describe.each(['dpo', 'step-dpo'] as const)('%s', (id) => {
  it.each(cases[id].map((c) => [c.name, c] as const))('gives the numbers of TRL: %s', async (_, c) => {
    const own = (chosen: number[][], rejected: number[][]) =>
      interleave(masked(chosen, c.stepMaskChosen), masked(rejected, c.stepMaskRejected));
    const trees = c.policyChosen.map((_chosen, i) => {
      const sides = [
        masked(c.policyChosen, c.stepMaskChosen)[i]!,
        masked(c.policyRejected, c.stepMaskRejected)[i]!,
      ];
      const prefix = c.policyChosen[i]!.length - sides[0]!.length;
      return pairOf(`pair ${i}`, sides[0]!.length, sides[1]!.length, { prefix });
    });
    const batch = packForest(trees, { pad: 'none' });
    const result = await evaluate(
      methodById(id),
      batch,
      own(c.policyChosen, c.policyRejected),
      own(c.refChosen, c.refRejected),
      { params: { beta: c.beta } },
    );
    expect(result.loss).toBeAllclose(c.loss, tolerance);
    expect(result.chosenRewards).toBeAllclose(c.chosenRewards, tolerance);
    expect(result.rejectedRewards).toBeAllclose(c.rejectedRewards, tolerance);
    expect(result.gradient).toBeAllclose(own(c.gradChosen, c.gradRejected), tolerance);
    // What lies outside the step has no gradient in TRL either, so nothing was left out above.
    for (const [side, mask] of [
      [c.gradChosen, c.stepMaskChosen],
      [c.gradRejected, c.stepMaskRejected],
    ] as const) {
      expect(side.every((g, i) => g.every((x, t) => x === 0 || mask?.[i]?.[t] !== 0))).toBe(true);
    }
  });
});

describe('tgdpo', () => {
  const method = methodById('tgdpo');
  const both = cases.tgdpo.flatMap((c) => [
    [c.name, 'clamped', c] as const,
    [c.name, 'unclamped', c] as const,
  ]);
  it.each(both)('gives the numbers of its formula: %s, %s', async (_, kind, c) => {
    const trees = c.policyChosen.map((chosen, i) =>
      pairOf(`${i}`, chosen.length, c.policyRejected[i]!.length),
    );
    const batch = packForest(trees, { pad: 'none' });
    const expected = c[kind];
    const params = {
      ...defaultParams(method),
      alpha: c.alpha,
      beta: c.beta,
      clamp: kind === 'clamped',
    };
    const reference = interleave(c.refChosen, c.refRejected);
    const guide = interleave(c.guideChosen, c.guideRejected);
    const weight = mainPass(method, params).objective.coefficients!({
      batch,
      constants: { reference: Float32Array.from(reference), guide: Float32Array.from(guide) },
    });
    expect(weight).toBeAllclose(interleave(expected.weightsChosen, expected.weightsRejected), tolerance);
    const policy = interleave(c.policyChosen, c.policyRejected);
    const result = await evaluate(method, batch, policy, reference, { params, guide });
    expect(result.loss).toBeAllclose(expected.loss, tolerance);
    expect(result.chosenRewards).toBeAllclose(expected.chosenRewards, tolerance);
    expect(result.rejectedRewards).toBeAllclose(expected.rejectedRewards, tolerance);
    expect(result.gradient).toBeAllclose(interleave(expected.gradChosen, expected.gradRejected), tolerance);
  });
});

describe('sft', () => {
  it.each(cases.sft.map((c) => [c.name, c] as const))('gives the cross-entropy: %s', async (_, c) => {
    const trees = c.policy.map(
      (tokens, i): PreferenceTree => ({
        id: `${i}`,
        nodes: [
          { parent: -1, tokens: [1], role: 'prompt', scored: false },
          { parent: 0, tokens: tokens.map(() => 3), role: 'step', scored: true },
        ],
        responses: [{ leaf: 1 }],
        comparisons: [],
      }),
    );
    const result = await evaluate(methodById('sft'), packForest(trees, { pad: 'none' }), c.policy.flat());
    expect(result.loss).toBeAllclose(c.loss, tolerance);
    expect(result.gradient).toBeAllclose(c.grad.flat(), tolerance);
  });
});
