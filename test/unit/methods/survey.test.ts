import { beforeAll, describe, expect, it } from 'vitest';
import { methodById } from '../../../src/methods';
import { defaultParams } from '../../../src/methods/params';
import { initBackend } from '../../../src/tf';
import type { LossResult } from '../../../src/train/loss-case/compute-loss';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import type { PreferenceTree } from '../../../src/tree/tree';
import { createRng } from '../../../src/util/rng';
import type { CaseShape } from '../../support/loss-cases';
import { wholeCase } from '../../support/loss-cases';
import { pairOf } from './evaluate';

beforeAll(async () => {
  await initBackend('cpu');
});

type Step = Record<string, unknown>;

/** A whole case whose steps are changed first. */
const compute = (
  id: string,
  params: object,
  shape: CaseShape = {},
  change: (step: Step) => Step = (s) => s,
) => {
  const given = wholeCase(id, shape, params);
  for (const { responses } of given.prompts) {
    for (const response of responses) response.steps = response.steps.map(change) as typeof response.steps;
  }
  return computeLoss(given);
};

const policyGradient = ({ gradient }: LossResult) => gradient.flat(2).flatMap(({ policy }) => policy);

const expectSame = (a: LossResult, b: LossResult, { factor = 1, rtol = 2e-5 } = {}) => {
  expect(a.loss).toBeAllclose(b.loss * factor, { rtol, atol: 1e-6 });
  expect(policyGradient(a)).toBeAllclose(
    policyGradient(b).map((g) => g * factor),
    { rtol, atol: 1e-6 },
  );
};

const twoAnswers: CaseShape = {
  steps: [
    [
      [2, 3],
      [1, 2, 2],
    ],
    [[3], [1, 1]],
  ],
};
const equalLengths: CaseShape = {
  steps: [
    [
      [2, 3],
      [4, 1],
    ],
    [[3], [1, 2]],
  ],
};
const withoutReference: CaseShape = { reference: 0 };
const beta = { beta: 0.7 };

describe('what one loss is of another', () => {
  const same: [string, [string, object, CaseShape?], [string, object]][] = [
    ['DPOP without penalty is DPO', ['dpop', { ...beta, lambda: 0 }], ['dpo', beta]],
    ['GPO with the logistic is DPO', ['gpo', { ...beta, f: 'logistic' }], ['dpo', beta]],
    ['GPO with the hinge is the hinge', ['gpo', { ...beta, f: 'hinge' }], ['hinge', beta]],
    ['RSO trains with the hinge', ['rso', { ...beta, loss: 'hinge' }], ['hinge', beta]],
    ['RSO trains with the logistic', ['rso', { ...beta, loss: 'logistic' }], ['dpo', beta]],
    ['SamPO on equal lengths is DPO', ['sampo', beta, equalLengths], ['dpo', beta]],
    [
      'CPO without SFT is DPO without reference',
      ['cpo', { ...beta, sftWeight: 0 }, withoutReference],
      ['dpo', beta],
    ],
    [
      'SLiC without SFT is the hinge without reference',
      ['slic', { lambda: 0 }, withoutReference],
      ['hinge', { beta: 1 }],
    ],
    ['alpha-DPO with alpha 0 is SimPO', ['alpha-dpo', { alpha: 0 }], ['simpo', {}]],
    [
      'beta-DPO with a fixed beta and all pairs is DPO',
      ['beta-dpo', { ...beta, a: 0, keep: 1 }],
      ['dpo', beta],
    ],
    ['TDPO2 with alpha 0 is DPO', ['tdpo', { ...beta, alpha: 0 }], ['dpo', beta]],
    ['TIS-DPO with mu 0 is DPO', ['tis-dpo', { ...beta, mu: 0 }], ['dpo', beta]],
    [
      'InfoNCA with two answers and a cold score is DPO',
      ['infonca', { ...beta, alpha: 0.01 }, twoAnswers],
      ['dpo', beta],
    ],
    ['DPO-PL with two answers is DPO', ['dpo-pl', beta, twoAnswers], ['dpo', beta]],
    [
      'PRO with two answers is SimPO',
      ['pro', { sftWeight: 0 }, twoAnswers],
      ['simpo', { beta: 1, gammaRatio: 0 }],
    ],
    ['LiPO is TPO on whole answers', ['lipo', beta], ['tpo', { ...beta, stepWeight: 'none' }]],
    ['TR-DPO against one reference is DPO', ['tr-dpo', beta], ['dpo', beta]],
    ['sDPO on its last part is DPO', ['split-dpo', beta], ['dpo', beta]],
  ];
  it.each(same)('%s', async (_, [id, params, shape], [other, theirs]) => {
    expectSame(await compute(id, params, shape), await compute(other, theirs, shape));
  });

  it('GPO with the square is IPO over sums, scaled', async () => {
    const gpo = await compute('gpo', { beta: 0.4, f: 'squared' });
    expectSame(gpo, await compute('ipo', { beta: 0.2, average: 'sum' }), { factor: 0.16 });
  });

  it('LiPO with two answers is DPO, scaled by gain and discount', async () => {
    const factor = (2 - 2 ** 0.7) * (1 / Math.log(2) - 1 / Math.log(3));
    const [lipo, dpo] = [await compute('lipo', beta, twoAnswers), await compute('dpo', beta, twoAnswers)];
    expectSame(lipo, dpo, { factor });
  });

  it('Dr. DPO tends to DPO as beta′ grows, and lies below it', async () => {
    const dpo = await compute('dpo', beta);
    expectSame(await compute('dr-dpo', { ...beta, betaPrime: 1000 }), dpo, { rtol: 2e-3 });
    expect((await compute('dr-dpo', { ...beta, betaPrime: 0.1 })).loss).toBeLessThan(dpo.loss - 0.01);
  });

  it('WPO is DPO where every weight is 1, and weights have no gradient', async () => {
    const certain = await compute('wpo', beta, {}, (step) => ({ ...step, squares: step['policy'] }));
    expectSame(certain, await compute('dpo', beta));
    const whole = await compute('wpo', beta);
    expect(whole.gradient.flat(2).flatMap(({ squares }) => squares!)).toSatisfy((all: number[]) =>
      all.every((g) => g === 0),
    );
  });

  it('TDPO is DPO without divergence; the first form has gradients by both sides', async () => {
    const still = await compute('tdpo', { ...beta, form: 'tdpo1' }, {}, (step) => ({
      ...step,
      kl: (step['policy'] as number[]).map(() => 0),
    }));
    expectSame(still, await compute('dpo', beta));
    const byKl = async (form: string) =>
      (await compute('tdpo', { ...beta, form }, twoAnswers)).gradient.map((own) =>
        own.map((steps) => Math.sign(steps.flatMap(({ kl }) => kl!)[0]!)),
      );
    expect(await byKl('tdpo1')).toEqual([
      [-1, 1],
      [-1, 1],
    ]);
    expect(await byKl('tdpo2')).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('TIS-DPO is DPO where the two models agree', async () => {
    const agreed = await compute('tis-dpo', beta, {}, (step) => ({ ...step, negative: step['positive'] }));
    expectSame(agreed, await compute('dpo', beta));
  });

  it('NPO leaves the chosen answers alone, and RRHF all but the best where it ranks nothing', async () => {
    for (const [id, params, moved] of [
      ['npo', {}, [false, true]],
      ['rrhf', { rankWeight: 0 }, [true, false]],
    ] as const) {
      const { gradient } = await compute(id, params, twoAnswers);
      for (const own of gradient) {
        expect(own.map((steps) => steps.flatMap(({ policy }) => policy).some((g) => g !== 0))).toEqual(moved);
      }
    }
  });

  it('SamPO draws other tokens with another draw, and the same ones again', async () => {
    const at = async (draw: number) => (await compute('sampo', { ...beta, draw }, twoAnswers)).loss;
    expect(await at(1)).toBe(await at(1));
    const losses = new Set(await Promise.all([1, 2, 3, 4, 5].map(at)));
    expect(losses.size).toBeGreaterThan(1);
  });
});

describe('passes', () => {
  const passesOf = (id: string, params: object = {}) =>
    methodById(id).passes({ ...defaultParams(methodById(id)), ...params });

  it('TR-DPO moves its reference, unless the mix is 0', () => {
    expect(passesOf('tr-dpo', { every: 3, mix: 0.5 })[0]!.refresh).toEqual({ every: 3, mix: 0.5 });
    expect(passesOf('tr-dpo', { mix: 0 })[0]!.refresh).toBeUndefined();
  });

  it('sDPO trains on each part from and against the one before, easy parts first', async () => {
    const passes = passesOf('split-dpo', { parts: 3 });
    expect(passes.map(({ from, reference }) => [from, reference])).toEqual([
      [undefined, undefined],
      ['part-1', 'part-1'],
      ['part-2', 'part-2'],
    ]);
    const gaps = [0.1, 0.9, 0.5, 0.3, 0.7, 0.2, 0.4];
    const trees = gaps.map((gap, i): PreferenceTree => {
      const tree = pairOf(`${i}`, 2, 2);
      return { ...tree, responses: tree.responses.map((r, k) => ({ ...r, score: k === 0 ? gap : 0 })) };
    });
    const none = () => Promise.resolve([]);
    const partsOf = async (own: readonly PreferenceTree[]) => {
      const context = {
        epoch: 0,
        trees: own,
        rng: createRng(5),
        policy: none,
        reference: none,
        frozen: none,
      };
      const parts = await Promise.all(passes.map(({ order }) => order!.epoch(context)));
      return parts.map((part) => part.sort((a, b) => a - b));
    };
    expect(await partsOf(trees)).toEqual([
      [1, 4],
      [2, 3, 6],
      [0, 5],
    ]);
    const unscored = trees.map(({ responses, ...tree }) => ({
      ...tree,
      responses: responses.map(({ leaf }) => ({ leaf })),
    }));
    expect(await partsOf(unscored)).toEqual([
      [0, 1],
      [2, 3, 4],
      [5, 6],
    ]);
  });
});
