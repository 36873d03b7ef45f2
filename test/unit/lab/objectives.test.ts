import { beforeAll, describe, expect, it } from 'vitest';
import { labCards, runLab } from '../../../src/lab/index';
import { leastSquares, orders } from '../../../src/lab/ipo-against-dpo';
import type { LabFigure } from '../../../src/lab/lab';
import { labHooks } from '../../../src/lab/lab-calls';
import { curveOf } from '../../../src/lab/loss-curves';
import { sigmoid, softmax } from '../../../src/lab/maths';
import { dpoLoss, ipoLoss } from '../../../src/lab/pair-loss';
import { pairMethods } from '../../../src/lab/pair-objective';
import { flowOf, velocity } from '../../../src/lab/table';
import { methodById } from '../../../src/methods/index';
import { initBackend } from '../../../src/tf';

/* What the lab computes with the catalogue's own objectives. */

beforeAll(async () => {
  await initBackend('cpu');
});

const hooks = (seed = 1) => labHooks(seed, new AbortController().signal, () => {});

describe('curves', () => {
  const margins = [-6, -1, 0, 2, 9];
  const shape = { reference: -12, tokens: 3, side: 'both' } as const;

  it('of DPO and IPO are those in float64', async () => {
    const dpo = await curveOf(methodById('dpo'), margins, shape);
    const ipo = await curveOf(methodById('ipo'), margins, shape);
    const [plain, square] = [dpoLoss(0.1), ipoLoss(0.1)];
    margins.forEach((h, i) => {
      expect(dpo.loss[i]).toBeCloseTo(plain.value(h), 5);
      expect(dpo.push[i]).toBeCloseTo(-plain.slope(h), 5);
      // The default takes means over the three tokens.
      expect(ipo.loss[i]).toBeCloseTo(square.value(h / 3), 3);
      expect(ipo.push[i]).toBeCloseTo(-square.slope(h / 3) / 3, 4);
    });
  });

  it.each(pairMethods.map(({ id }) => id))(
    'the push of %s is the derivative of its loss along the margin',
    async (id) => {
      // Not at a kink: hinges bend at whole margins.
      const step = 0.02;
      const at = [-3.3, 0.7, 5.9];
      const grid = at.flatMap((h) => [h - step, h, h + step]);
      const { loss, byChosen, byRejected } = await curveOf(methodById(id), grid, { ...shape, tokens: 2 });
      at.forEach((_, i) => {
        const slope = (loss[3 * i + 2]! - loss[3 * i]!) / (2 * step);
        const own = (byChosen[3 * i + 1]! - byRejected[3 * i + 1]!) / 2;
        expect(own).toBeCloseTo(slope, 1 + Math.max(0, 1 - Math.log10(Math.max(1, Math.abs(slope)))));
      });
    },
  );
});

describe('three actions', () => {
  const comparisons = orders.total.pairs.map(([chosen, rejected]) => ({ chosen, rejected }));
  const even = [1 / 3, 1 / 3, 1 / 3];

  it.each(['dpo', 'ipo', 'simpo', 'orpo', 'nca'])(
    'the flow of %s is the fall of its loss in logits',
    async (id) => {
      const flow = flowOf(methodById(id), {}, even, comparisons);
      const theta = [0.4, -0.1, -0.9];
      const { drift } = await flow(softmax(theta));
      for (const k of [0, 1, 2]) {
        const at = async (x: number) => (await flow(softmax(theta.map((y, i) => (i === k ? x : y))))).loss;
        const step = 0.02;
        const slope = ((await at(theta[k]! + step)) - (await at(theta[k]! - step))) / (2 * step);
        expect(Math.abs(drift[k]! + slope)).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)));
      }
      expect(drift.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 4);
      expect(velocity(softmax(theta), drift).reduce((a, b) => a + b, 0)).toBeCloseTo(0, 6);
    },
  );

  it('IPO comes to rest at its least squares from anywhere, DPO does not', async () => {
    const [a, b] = leastSquares(orders.total.pairs, 1 / (2 * 0.8));
    for (const start of [
      { a: 0.1, b: 0.1 },
      { a: 0.8, b: 0.1 },
      { a: 0.05, b: 0.9 },
    ]) {
      const { numbers } = await runLab('table', { ...start, beta: 0.8, arrows: false }, hooks());
      expect(numbers['rests']).toBe(1);
      expect(numbers['log a/b']).toBeCloseTo(a - b, 2);
      expect(numbers['log b/c']).toBeCloseTo(b, 2);
    }
    const dpo = await runLab('table', { method: 'dpo', arrows: false }, hooks());
    expect(dpo.numbers['rests']).toBe(0);
    expect(dpo.numbers['end/a']).toBeGreaterThan(0.99);
  });
});

describe('every experiment', () => {
  const seriesOf = (figure: LabFigure) => ('series' in figure ? figure.series : []);

  it.each(labCards().map(({ id }) => id))(
    '%s gives the same finite numbers for a seed, and charts with sentences',
    async (id) => {
      const result = await runLab(id, {}, hooks(4));
      expect(await runLab(id, {}, hooks(4))).toEqual(result);
      for (const value of Object.values(result.numbers)) expect(value).toSatisfy(Number.isFinite);
      expect(result.says.length).toBeGreaterThan(0);
      expect(result.figures.length).toBeGreaterThan(0);
      for (const figure of result.figures) {
        expect(figure.sentence).toMatch(/\d/);
        for (const { x, y, low, high } of seriesOf(figure)) {
          expect(y).toHaveLength(x.length);
          if (low) expect([low.length, high!.length]).toEqual([x.length, x.length]);
          expect(
            [...x, ...y, ...(low ?? []), ...(high ?? [])].every((v) => v === null || Number.isFinite(v)),
          ).toBe(true);
        }
        if (figure.kind === 'triangle') {
          for (const point of figure.path) expect(point.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
        }
      }
      expect(JSON.parse(JSON.stringify(result))).toEqual(result);
      expect(structuredClone(result)).toEqual(result);
    },
  );

  it('says what shows in the paper’s toy, and that a bias is needed for it', async () => {
    const biased = await runLab('daa-blur', {}, hooks());
    expect(biased.numbers['accuracy gap/2']).toBeGreaterThan(0.02);
    expect(biased.numbers['icc1/pairwise/3']! - biased.numbers['icc1/pointwise/3']!).toBeGreaterThan(0.4);
    const plain = await runLab('daa-blur', { bias: 0 }, hooks());
    expect(Math.abs(plain.numbers['icc1/pairwise/8']! - plain.numbers['icc1/pointwise/8']!)).toBeLessThan(
      0.2,
    );
    expect(plain.says[0]).toContain('No width shows a difference');
  });

  it('names what is wrong, and ends when it is told to', async () => {
    await expect(runLab('momentum', { alpha: 2, beat: 1 }, hooks())).rejects.toThrow(
      /^alpha: is 2; use a number from 0 to 0.9\nbeat: is not a parameter of Rounds with momentum; its parameters: alpha, /,
    );
    await expect(runLab('nothing', {}, hooks())).rejects.toThrow(/use one of table, ipo-against-dpo, /);
    await expect(runLab('momentum', {}, hooks(0.5))).rejects.toThrow('seed: is 0.5');
    await expect(runLab('table', { a: 0.6, b: 0.6 }, hooks())).rejects.toThrow(/^b: is 0.6, .*at most 0.399/);
    await expect(runLab('loss-curves', { reach: 9, reference: -3 }, hooks())).rejects.toThrow(
      /use at most -9/,
    );
    const ended = new AbortController();
    ended.abort(new Error('enough'));
    await expect(
      runLab(
        'momentum',
        {},
        labHooks(1, ended.signal, () => {}),
      ),
    ).rejects.toThrow('enough');
  });
});

it('MADPO’s objective has the two weights that its figure is computed with', async () => {
  const { marginWeight } = await import('../../../src/methods/pairwise/madpo');
  const { byChosen } = await curveOf(methodById('madpo'), [1.5], {
    reference: -8,
    tokens: 1,
    side: 'chosen',
  });
  const params = { beta: 0.1, cMax: 2, cMin: 0.5, lambda: 1, tau: 6.906755 };
  expect(byChosen[0]).toBeCloseTo(-marginWeight(params, 1) * 0.1 * sigmoid(-0.15), 6);
});
