import { beforeAll, describe, expect, it } from 'vitest';
import { methodById } from '../../../src/methods';
import { defaultParams } from '../../../src/methods/params';
import { initBackend } from '../../../src/tf';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import type { CaseShape } from '../../support/loss-cases';
import { wholeCase } from '../../support/loss-cases';

/** Where one method becomes another, or its value is known: what the papers say of themselves, as equalities. */

type Case = ReturnType<typeof wholeCase>;
type Step = Case['prompts'][number]['responses'][number]['steps'][number];

const onePair: CaseShape = { steps: [[[2, 3], [4]]], seed: 5 };
const twoTurns: CaseShape = {
  steps: [
    [
      [2, 3],
      [1, 4],
    ],
  ],
  seed: 6,
};
const beta = 0.3;

/** A case after something was done to each of its steps. */
const withSteps = (given: Case, change: (step: Step, response: number) => Partial<Step>): Case => ({
  ...given,
  prompts: given.prompts.map((prompt) => ({
    ...prompt,
    responses: prompt.responses.map((response, r) => ({
      ...response,
      steps: response.steps.map((step) => ({ ...step, ...change(step, r) })),
    })),
  })),
});

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const numbers = async (given: unknown) => {
  const { loss, gradient } = await computeLoss(given);
  const steps = gradient.flat(2);
  const of = (field: 'policy' | 'stop' | 'value' | 'valueEnd') => steps.flatMap((step) => step[field] ?? []);
  return { loss, policy: of('policy'), stop: of('stop'), value: of('value'), valueEnd: of('valueEnd') };
};

/** The first is the second: the loss, and the gradient by every policy log-prob. */
const expectSame = async (given: unknown, other: unknown, factor = 1) => {
  const [a, b] = [await numbers(given), await numbers(other)];
  expect(a.loss).toBeAllclose(factor * b.loss, { rtol: 1e-5 });
  expect(a.policy).toBeAllclose(
    b.policy.map((g) => factor * g),
    { rtol: 1e-4, atol: 1e-7 },
  );
  expect(Math.max(...b.policy.map(Math.abs))).toBeGreaterThan(1e-4);
};

beforeAll(async () => {
  await initBackend('cpu');
});

describe('is DPO', () => {
  const dpo = (shape: CaseShape, more = {}) => wholeCase('dpo', shape, { beta, ...more });
  const same = (id: string, params: object = {}, shape: CaseShape = {}) =>
    expectSame(wholeCase(id, shape, { beta, ...params }), dpo(shape));

  it('Pre-DPO whose guide is the start', () => same('pre-dpo'));
  it('Step-DPO, on the steps that it is given', () => same('step-dpo'));
  it('LD-DPO at alpha 1', () => same('ld-dpo', { alpha: 1 }));
  it('iLR-DPO at alpha 0', () => same('ilr-dpo', { alpha: 0 }));
  it('ODPO at alpha 0', () => same('odpo', { alpha: 0 }));
  it('MADPO at c min 1, and at c max 1', async () => {
    await same('madpo', { cMin: 1 });
    await same('madpo', { cMax: 1 });
  });
  it('SVPO with all weights 0, which then trains no value head', async () => {
    const params = { marginWeight: 0, valueWeight: 0, sftWeight: 0 };
    await same('svpo', params);
    const { valueEnd } = await numbers(wholeCase('svpo', {}, { beta, ...params }));
    expect(valueEnd.every((g) => g === 0)).toBe(true);
  });
  it('AOT, paired or not, on one pair', async () => {
    await same('aot', {}, onePair);
    await same('aot-unpaired', {}, onePair);
  });
  it('TPO on two answers without weights', () =>
    same('tpo', { lambda: 'none', stepWeight: 'none' }, onePair));
  it('DMPO on one turn, at any gamma', async () => {
    await same('dmpo', {}, { steps: [[[4], [3]]], seed: 2 });
    await same('dmpo', { gamma: 1 }, { steps: [[[4], [3]]], seed: 2 });
  });
  it('Robust DPO without flipped labels', () => same('robust-dpo', { labelSmoothing: 0 }));
  it('DPO by the alpha divergence at 1', () => same('dpo', { fDivergence: 'alpha', fAlpha: 1 }));
  it('TGDPO at alpha 0, or whose guide is the reference', async () => {
    await same('tgdpo', { alpha: 0 });
    const guided = withSteps(wholeCase('tgdpo', {}, { beta, alpha: 2 }), ({ reference }) => ({
      guide: reference,
    }));
    await expectSame(guided, dpo({}));
  });
  it('DPO-BMC at delta 0, or on two texts that are the same', async () => {
    await same('bmc', { delta: 0 });
    await same('bmc', { delta: 0, refWeights: 'own' });
    const alike = withSteps(wholeCase('bmc', twoTurns, { beta }), ({ tokens }) => ({
      tokens: tokens.map(() => 7),
    }));
    const ids = alike.prompts[0]!.responses.map(({ steps }) => steps.flatMap(({ tokens }) => tokens));
    expect(ids[0]).toEqual(ids[1]);
    await expectSame(alike, dpo(twoTurns));
  });
  it('2D-DPO in one sum with scores of 1, or ranked with one step a side', async () => {
    const scored = (shape: CaseShape, pairing: string) =>
      withSteps(wholeCase('2d-dpo', shape, { beta, pairing }), (step) => ({
        labels: { ...step.labels, score: 1 },
      }));
    await expectSame(scored({}, 'all'), dpo({}));
    const single: CaseShape = { steps: [[[4], [3]]], seed: 8 };
    await expectSame(scored(single, 'ranked'), dpo(single));
  });
  it('BRAIn on two answers drawn from the reference, the better one certain, at beta 1', async () => {
    const drawn = (params: object): Case => {
      const given = wholeCase('brain', onePair, params);
      for (const response of given.prompts[0]!.responses) {
        response.labels.logProposal = sum(response.steps.flatMap(({ reference }) => reference));
      }
      return given;
    };
    await expectSame(drawn({ beta: 0.001 }), dpo(onePair, { beta: 1 }));
    // a soft posterior is DPO with soft labels: (r_w - r_l) / beta = 0.3 / 0.2
    const labelSmoothing = 1 / (1 + Math.exp(0.3 / 0.2));
    await expectSame(drawn({ beta: 0.2 }), dpo(onePair, { beta: 1, labelSmoothing }));
  });
  it('DPO-norm on answers of one token', () => same('dpo-norm', {}, { steps: [[[1], [1]]], seed: 3 }));
});

describe('is another method', () => {
  it('KTO without mismatched answers, its baseline 0: half of APO-zero', async () => {
    await expectSame(wholeCase('kto', onePair, { beta }), wholeCase('apo-zero', onePair, { beta }), 0.5);
  });
  it('LD-DPO at alpha 0: DPO on answers cut to one length', async () => {
    const long = wholeCase('ld-dpo', { steps: [[[5], [3]]], seed: 4 }, { beta, alpha: 0 });
    const cut = withSteps({ ...long, method: 'dpo', params: { beta } }, (step) =>
      Object.fromEntries(
        Object.entries(step).map(([k, v]) => [k, Array.isArray(v) && k !== 'hidden' ? v.slice(0, 3) : v]),
      ),
    );
    const [a, b] = [await numbers(long), await numbers(cut)];
    expect(a.loss).toBeAllclose(b.loss, { rtol: 1e-6 });
    expect(a.policy.slice(0, 3)).toBeAllclose(b.policy.slice(0, 3));
    expect(a.policy.slice(3, 5).every((g) => g === 0)).toBe(true);
  });
  it('DPO by the alpha divergence at 0: forward KL', () =>
    expectSame(
      wholeCase('dpo', {}, { beta, fDivergence: 'alpha', fAlpha: 0 }),
      wholeCase('dpo', {}, { beta, fDivergence: 'forward_kl' }),
    ));
  it('2D-DPO without noise: no correction', async () => {
    for (const pairing of ['ranked', 'all']) {
      for (const robust of ['flip', 'bounded', 'variance']) {
        await expectSame(
          wholeCase('2d-dpo', {}, { beta, pairing, robust, noise: 0 }),
          wholeCase('2d-dpo', {}, { beta, pairing, robust: 'none' }),
        );
      }
    }
  });
  it('TPO on two answers by DCG: DPO times its gain and discount', async () => {
    const weight = Math.abs(2 ** 1 - 2 ** 0.7) * Math.abs(1 / Math.log(2) - 1 / Math.log(3));
    await expectSame(wholeCase('tpo', onePair, { beta }), wholeCase('dpo', onePair, { beta }), weight);
  });
  it('IPO on answers of one token: the same by sum and by mean', () => {
    const shape: CaseShape = { steps: [[[1], [1]]], seed: 3 };
    return expectSame(wholeCase('ipo', shape, { average: 'sum' }), wholeCase('ipo', shape));
  });
});

describe('has the value that is known', () => {
  it('ASFT is -(1 + lambda) a_w - lambda log(1 - p_l), and its odds term no less than that of ORPO', async () => {
    const given = wholeCase('asft', onePair, { lambda: 0.7 });
    const [w, l] = given.prompts[0]!.responses.map(({ steps }) => {
      const policy = steps.flatMap((step) => step.policy);
      return sum(policy) / policy.length;
    });
    const { loss } = await numbers(given);
    expect(loss).toBeAllclose(-1.7 * w! - 0.7 * Math.log1p(-Math.exp(l!)), { rtol: 1e-5 });
    for (const seed of [1, 2, 3]) {
      const odds = async (id: string) =>
        (await numbers(wholeCase(id, { seed }, { sftWeight: 0, lambda: 1 }))).loss;
      expect(await odds('orpo')).toBeLessThanOrEqual(await odds('asft'));
    }
  });
  it('GDPO is 0, and at rest, where the policy is the reference, alpha 0 and gamma 1', async () => {
    const given = withSteps(
      wholeCase('gdpo', {}, { alpha: 0, gamma: 1 }),
      ({ reference, stopReference }) => ({
        policy: reference,
        stop: stopReference,
      }),
    );
    const { loss, policy, stop } = await numbers(given);
    expect(loss).toBeLessThan(1e-10);
    expect([...policy, ...stop].every((g) => Math.abs(g) < 1e-5)).toBe(true);
    const { loss: tilted } = await numbers({ ...given, params: { alpha: 0.1, gamma: 1 } });
    // one residual of each rejected answer is the penalty: (0.1 * 8)^2, over chosen and rejected alike
    expect(tilted).toBeAllclose(0.64 / 2, { rtol: 1e-4 });
  });
  it('OREO where the policy is the reference: e_t = V_t - R', async () => {
    const params = { beta: 0.5, alpha: 0 };
    const given = withSteps(wholeCase('oreo', {}, params), ({ reference }) => ({ policy: reference }));
    const answers = given.prompts.flatMap(({ responses }) => responses);
    const residuals = answers.map(({ steps, score }) =>
      steps.flatMap(({ value }) => value.map((v) => v - score)),
    );
    const squares = residuals.map((e) => sum(e.map((x) => x * x)) / e.length);
    const { loss, policy, value } = await numbers(given);
    expect(loss).toBeAllclose((2 * sum(squares)) / answers.length, { rtol: 1e-5 });
    const slope = residuals.flatMap((e) => e.map((x) => (2 * x) / e.length / answers.length));
    expect(value).toBeAllclose(slope, { rtol: 1e-4 });
    expect(policy).toBeAllclose(
      slope.map((g) => 0.5 * g),
      { rtol: 1e-4 },
    );
  });
  it('Full-Step-DPO with equal rewards: tau has no say, and c 0 leaves half of the gated means', async () => {
    const equal = (params: object) =>
      withSteps(wholeCase('full-step-dpo', twoTurns, { beta, ...params }), (step) => ({
        labels: { ...step.labels, reward: 0.4 },
      }));
    await expectSame(equal({ tau: 50 }), equal({ tau: 0 }));
    const given = equal({ c: 0, tau: 3 });
    const [w, l] = given.prompts[0]!.responses.map(({ steps }) => {
      const policy = steps.flatMap((step) => step.policy);
      return {
        n: policy.length,
        l: sum(policy),
        s: sum(policy) - sum(steps.flatMap((step) => step.reference)),
      };
    });
    const gate = 1 / (1 + Math.exp(-beta * (l!.s - w!.s)));
    const { loss, policy } = await numbers(given);
    expect(loss).toBeAllclose(-gate * 0.5 * (w!.l / w!.n - l!.l / l!.n), { rtol: 1e-5 });
    expect(policy).toBeAllclose(
      [...Array<number>(w!.n).fill(-gate / 2 / w!.n), ...Array<number>(l!.n).fill(gate / 2 / l!.n)],
      { rtol: 1e-4 },
    );
  });
  it('IPO rests where the margin is 1 / (2 beta)', async () => {
    const { loss, policy } = await numbers({
      method: 'ipo',
      params: { beta: 0.25, average: 'sum' },
      prompts: [
        {
          responses: [
            { steps: [{ policy: [-0.5, -0.5], reference: [-1.25, -1] }] },
            { steps: [{ policy: [-2], reference: [-1.25] }] },
          ],
          comparisons: [{ chosen: 0, rejected: 1 }],
        },
      ],
    });
    expect(loss).toBeLessThan(1e-10);
    expect(policy.every((g) => Math.abs(g) < 1e-5)).toBe(true);
  });
  it('a loss of a difference is log 2 where the policy is the reference', async () => {
    const ids = [
      'dpo',
      'pre-dpo',
      'step-dpo',
      'ld-dpo',
      'dmpo',
      'tgdpo',
      'bmc',
      'aot',
      'aot-unpaired',
      'dpo-norm',
    ];
    for (const id of ids) {
      const given = withSteps(wholeCase(id), ({ reference }) => ({ policy: reference }));
      expect((await numbers(given)).loss, id).toBeAllclose(Math.LN2, { rtol: 1e-6 });
    }
  });
});

describe('runs as', () => {
  it('Pre-DPO: DPO, and DPO again from the start against its result', () => {
    const preDpo = methodById('pre-dpo');
    const [first, second] = preDpo.passes(defaultParams(preDpo));
    expect([first!.from ?? 'start', first!.reference ?? 'start']).toEqual(['start', 'start']);
    expect([second!.from ?? 'start', second!.reference]).toEqual(['start', first!.id]);
  });
});
