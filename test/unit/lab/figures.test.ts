import { describe, expect, it } from 'vitest';
import { estimate, exactVariances } from '../../../src/lab/brain-variance';
import { drawPairs, lossAndGradient, measure, networkSize, scoreOf } from '../../../src/lab/daa-blur/network';
import { leastSquares, orders, train } from '../../../src/lab/ipo-against-dpo';
import { optimumOf, slopeAt, trainMargin, type WeighedPair } from '../../../src/lab/margin-adaptive';
import { sigmoid, softplus } from '../../../src/lab/maths';
import { runRounds, solveRound } from '../../../src/lab/momentum';
import { dpoLoss, ipoLoss } from '../../../src/lab/pair-loss';
import { marginFactor, marginWeight } from '../../../src/methods/pairwise/madpo';
import { createRng } from '../../../src/util/rng';

/* Every figure's numbers against a closed form, or its gradient against finite differences. */

const numericSlope = (f: (x: number) => number, x: number, step = 1e-5) =>
  (f(x + step) - f(x - step)) / (2 * step);

describe('IPO against DPO', () => {
  it.each([
    ['DPO', dpoLoss(0.3)],
    ['IPO', ipoLoss(0.7)],
  ])('the slope of %s is its derivative', (_, { value, slope }) => {
    for (const h of [-9, -1.2, 0, 0.4, 7]) expect(slope(h)).toBeCloseTo(numericSlope(value, h), 7);
  });

  it.each([0.1, 0.5, 2])(
    'least squares on a total order lie 1 / (3 tau) apart from action to action, tau %f',
    (tau) => {
      const [a, b, c] = leastSquares(orders.total.pairs, 1 / (2 * tau));
      expect(a - b).toBeCloseTo(1 / (3 * tau), 12);
      expect(b - c).toBeCloseTo(1 / (3 * tau), 12);
      const never = leastSquares(orders.never.pairs, 1 / (2 * tau));
      expect([never[0] - never[1], never[0] - never[2]]).toEqual([
        expect.closeTo(0, 12),
        expect.closeTo(1 / (2 * tau), 12),
      ]);
      const one = leastSquares(orders.one.pairs, 1 / (2 * tau));
      expect(one[0] - one[1]).toBeCloseTo(1 / (2 * tau), 12);
    },
  );

  it('exact training ends at the least squares under IPO, and nowhere under DPO', () => {
    const marks = [0, 2000, 4000];
    const options = { rate: 0.01, batch: 0, marks, seed: 1 };
    const distances = (theta: Float64Array[]) => theta.map((t) => t[0]! - t[2]!);
    const ipo = distances(train(ipoLoss(0.5), orders.total.pairs, options));
    expect(ipo[0]).toBe(0);
    expect(ipo[2]).toBeCloseTo(4 / 3, 6);
    const dpo = distances(train(dpoLoss(0.5), orders.total.pairs, options));
    expect(dpo[2]! - dpo[1]!).toBeGreaterThan(2);
  });
});

describe('momentum', () => {
  const rewards = [0.9, -0.4, 0.1];
  const gaps = (theta: ArrayLike<number>) => [theta[0]! - theta[1]!, theta[1]! - theta[2]!];

  it('a round of descent ends at theta + r / beta', () => {
    for (const beta of [0.2, 1, 5]) {
      const from = Float64Array.of(0.3, 0, -1);
      const exact = solveRound(from, rewards, beta, 0);
      const [x, y] = gaps(solveRound(from, rewards, beta, 400));
      expect(x).toBeCloseTo(gaps(exact)[0]!, 9);
      expect(y).toBeCloseTo(gaps(exact)[1]!, 9);
      expect(gaps(exact)[0]! - 0.3).toBeCloseTo(1.3 / beta, 12);
    }
  });

  it('five rounds with alpha 0.3 come as far as 6.53 without', () => {
    const options = { beta: 2, rounds: 5, steps: 0 };
    const plain = runRounds(() => rewards, 3, { ...options, alpha: 0 });
    const carried = runRounds(() => rewards, 3, { ...options, alpha: 0.3 });
    expect(plain).toHaveLength(6);
    expect(gaps(plain[5]!)[0]).toBeCloseTo((5 * 1.3) / 2, 12);
    // Steps grow as 1, 1.3, 1.39, ...: their sum is (5 - 0.3 (1 - 0.3^5) / 0.7) / 0.7.
    const far = (5 - (0.3 * (1 - 0.3 ** 5)) / 0.7) / 0.7;
    expect(far).toBeCloseTo(6.532, 3);
    expect(gaps(carried[5]!)[0]! / gaps(plain[1]!)[0]!).toBeCloseTo(far, 9);
    // The last round's output is not carried on.
    expect(gaps(runRounds(() => rewards, 3, { ...options, rounds: 1, alpha: 0.9 })[1]!)).toEqual(
      gaps(plain[1]!),
    );
  });
});

describe('MADPO’s margins', () => {
  const params = { beta: 1, cMax: 3, cMin: 0.4, lambda: 1.3, tau: 5 };
  const pairAt = (h: number): WeighedPair => ({
    wins: sigmoid(h),
    weights: [marginWeight(params, h), marginWeight(params, -h)],
  });

  it('the slope is the derivative of the weighed loss of both labels', () => {
    const pair = pairAt(1.7);
    const loss = (z: number) =>
      pair.wins * pair.weights[0] * softplus(-z) + (1 - pair.wins) * pair.weights[1] * softplus(z);
    for (const z of [-3, 0, 0.5, 4]) expect(slopeAt(pair, z)).toBeCloseTo(numericSlope(loss, z), 8);
  });

  it.each([0.05, 1, 2.5, 4.9])('training ends at c(h) h, h = %f', (h) => {
    expect(trainMargin(pairAt(h))).toBeCloseTo(marginFactor(params, h) * h, 10);
    expect(optimumOf(pairAt(h))).toBeCloseTo(marginFactor(params, h) * h, 10);
    expect(trainMargin({ wins: sigmoid(h), weights: [1, 1] })).toBeCloseTo(h, 10);
  });

  it('beyond tau the weight of a label against the margin jumps to 1, and the optimum leaves c(h) h', () => {
    const h = 5.5;
    const factor = marginFactor(params, h);
    expect(trainMargin(pairAt(h))).toBeCloseTo(h + Math.log(sigmoid(factor * h) / sigmoid(h)), 10);
    expect(trainMargin(pairAt(h))).not.toBeCloseTo(factor * h, 1);
  });
});

describe('the shallow network', () => {
  const hidden = 3;
  const pairs = drawPairs(12, 0.9, 5);
  const rng = createRng(8);
  const network = Float64Array.from({ length: networkSize(hidden) }, () => rng.normal());
  const rows = Int32Array.from([0, 3, 4, 9]);

  it('draws pairs that differ by prompts only in the bias', () => {
    for (let i = 0; i < pairs.count; i++) {
      expect(pairs.chosen[i]! + pairs.rejected[i]!).toBeCloseTo(pairs.x[i]! < 0.5 ? 1.8 : 0, 12);
      expect(pairs.chosen[i]!).toBeGreaterThan(pairs.rejected[i]!);
    }
  });

  it.each(['pairwise', 'pointwise'] as const)('the %s gradient is that of finite differences', (loss) => {
    const gradient = new Float64Array(network.length);
    const value = lossAndGradient(loss, network, hidden, pairs, rows, gradient);
    let own = 0;
    for (const i of rows) {
      const w = scoreOf(network, hidden, pairs.x[i]!, pairs.chosen[i]!);
      const l = scoreOf(network, hidden, pairs.x[i]!, pairs.rejected[i]!);
      own += loss === 'pairwise' ? -Math.log(sigmoid(w - l)) : -Math.log(sigmoid(w)) - Math.log(sigmoid(-l));
    }
    expect(value).toBeCloseTo(own / rows.length, 10);
    gradient.forEach((g, k) => {
      const at = (x: number) => {
        const moved = network.slice();
        moved[k] = x;
        return lossAndGradient(loss, moved, hidden, pairs, rows, new Float64Array(network.length));
      };
      expect(g).toBeCloseTo(numericSlope(at, network[k]!), 6);
    });
  });

  it('accuracy and ICC1 are those of a score that is y', () => {
    // One unit: r = relu(y + 10) - 10.
    const plain = Float64Array.of(0, 1, 10, 1, -10);
    const drawn = drawPairs(400, 0.9, 2);
    const found = measure(plain, 1, drawn, 100, 400);
    expect(found.accuracy).toBe(1);
    let [between, within, mean] = [0, 0, 0];
    for (let i = 100; i < 400; i++) mean += (drawn.chosen[i]! + drawn.rejected[i]!) / 600;
    for (let i = 100; i < 400; i++) {
      const own = (drawn.chosen[i]! + drawn.rejected[i]!) / 2;
      between += (2 * (own - mean) ** 2) / 299;
      within += ((drawn.chosen[i]! - own) ** 2 + (drawn.rejected[i]! - own) ** 2) / 300;
    }
    expect(found.icc).toBeCloseTo((between - within) / (between + within), 10);
    const upside = Float64Array.of(0, 1, 10, -1, 10);
    expect(measure(upside, 1, drawn, 100, 400).accuracy).toBe(0);
    expect(measure(new Float64Array(5), 1, drawn, 100, 400)).toEqual({ accuracy: 0.5, icc: 0 });
  });
});

describe('BRAIn’s variance', () => {
  const normal = (y: number, mean: number) => Math.exp(-((y - mean) ** 2) / 2) / Math.sqrt(2 * Math.PI);

  it.each([
    [0, 1],
    [0.7, 1],
    [1, -0.5],
  ])('the exact variances are those of quadrature, proposal %f, policy %f', (m, theta) => {
    const moments = (weight: (y: number) => number) => {
      let [mean, square] = [0, 0];
      const step = 1e-3;
      for (let y = -15; y < 15; y += step) {
        const value = weight(y) * (y - theta);
        mean += value * normal(y, m) * step;
        square += value ** 2 * normal(y, m) * step;
      }
      return square - mean ** 2;
    };
    const u = (y: number) => normal(y, 0) / normal(y, m);
    const v = (y: number) => normal(y, theta) / normal(y, m);
    const { dpg, gdc } = exactVariances(m, theta, 8);
    expect(dpg).toBeCloseTo(moments(u) / 8, 6);
    expect(gdc).toBeCloseTo(moments((y) => u(y) - v(y)) / 8, 6);
  });

  it('estimates have those variances, and self-normalised weights a smaller one', () => {
    const found = estimate(0.5, 1, 8, 20_000, 3);
    const variance = (values: readonly number[]) => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    };
    const { dpg, gdc } = exactVariances(0.5, 1, 8);
    expect(variance(found.dpg) / dpg).toBeGreaterThan(0.9);
    expect(variance(found.dpg) / dpg).toBeLessThan(1.1);
    expect(variance(found.gdc) / gdc).toBeGreaterThan(0.9);
    expect(variance(found.gdc) / gdc).toBeLessThan(1.1);
    expect(variance(found.brain)).toBeLessThan(0.65 * gdc);
    // Policy, proposal and target alike: nothing is to be learned, and BRAIn's estimate is exactly 0.
    expect(Math.max(...estimate(0, 0, 8, 50, 1).brain.map(Math.abs))).toBeLessThan(1e-12);
  });
});
