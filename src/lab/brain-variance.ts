/**
 * Variance of three estimates of the same direction, for unit Gaussians: target N(0, 1), policy N(theta, 1), samples of a
 * proposal N(m, 1).
 *
 *   u_i = p(y_i) / q(y_i),  v_i = pi(y_i) / q(y_i),  g_i = y_i - theta                                       (1)
 *   DPG    mean of u_i g_i                                                                                   (2)
 *   GDC++  mean of (u_i - v_i) g_i                                                                           (3)
 *   BRAIn  sum of (u_i / sum u - v_i / sum v) g_i                                                            (4)
 *   E_q[u v g^2] for Gaussians: exp((a - m)(b - m)) (1 + (a + b - m - theta)^2), a and b the means of u and v (5)
 *
 * Source: Pandey et al. 2024; gauravpandeyamu/BRAIn_experiments, gradient_estimators.py: theta 1, 8 samples, 2,000 repeats.
 */
import { number } from '../methods/params';
import { createRng } from '../util/rng';
import { defineLab, type LabSeries } from './lab';
import { spaced } from './maths';

/** Variance of (2) and (3) by (5). */
export const exactVariances = (m: number, theta: number, samples: number): { dpg: number; gdc: number } => {
  const moment = (a: number, b: number) => Math.exp((a - m) * (b - m)) * (1 + (a + b - m - theta) ** 2);
  const mean = -theta; // E_p[g]; that of the policy is 0
  return {
    dpg: (moment(0, 0) - mean ** 2) / samples,
    gdc: (moment(0, 0) - 2 * moment(0, theta) + moment(theta, theta) - mean ** 2) / samples,
  };
};

interface Estimates {
  dpg: number[];
  gdc: number[];
  brain: number[];
}

/** Each estimate `repeats` times over, all three from the same samples. */
export const estimate = (
  m: number,
  theta: number,
  samples: number,
  repeats: number,
  seed: number,
): Estimates => {
  const rng = createRng(seed).fork(`proposal ${m}`);
  const all: Estimates = { dpg: [], gdc: [], brain: [] };
  const [u, v, g] = [0, 1, 2].map(() => new Float64Array(samples)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let r = 0; r < repeats; r++) {
    let [sumU, sumV] = [0, 0];
    for (let i = 0; i < samples; i++) {
      const y = m + rng.normal();
      const proposal = (y - m) ** 2;
      u[i] = Math.exp((proposal - y ** 2) / 2);
      v[i] = Math.exp((proposal - (y - theta) ** 2) / 2);
      g[i] = y - theta;
      sumU += u[i]!;
      sumV += v[i]!;
    }
    let [dpg, gdc, brain] = [0, 0, 0];
    for (let i = 0; i < samples; i++) {
      dpg += (u[i]! * g[i]!) / samples; // (2)
      gdc += ((u[i]! - v[i]!) * g[i]!) / samples; // (3)
      brain += (u[i]! / sumU - v[i]! / sumV) * g[i]!; // (4)
    }
    all.dpg.push(dpg);
    all.gdc.push(gdc);
    all.brain.push(brain);
  }
  return all;
};

const varianceOf = (values: readonly number[]): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
};

export const brainVariance = defineLab({
  id: 'brain-variance',
  name: 'BRAIn’s variance',
  paper: {
    title:
      'BRAIn: Bayesian Reward-conditioned Amortized Inference for natural language generation from feedback',
    year: 2024,
    arxiv: '2402.02479',
  },
  summary:
    'The target is one Gaussian, the policy another, and samples come from a third between them. How noisy is one step, with weights that are self-normalised and without?',
  notes: [
    'All three estimates are made of the same samples here; the released code draws anew for each.',
    'BRAIn’s estimate is biased towards 0 for few samples: a small variance is not the whole of it, so the mean is drawn as well.',
  ],
  params: {
    samples: number({
      label: 'samples',
      help: 'Samples of one estimate.',
      min: 2,
      max: 256,
      scale: 'log',
      integer: true,
      default: 8,
      from: 'code',
    }),
    repeats: number({
      label: 'repeats',
      help: 'Estimates at each proposal.',
      min: 100,
      max: 20_000,
      scale: 'log',
      integer: true,
      default: 2000,
      from: 'code',
    }),
    theta: number({
      label: 'policy',
      help: 'Mean of the policy; the target’s is 0.',
      min: -3,
      max: 3,
      default: 1,
      from: 'code',
    }),
    proposals: number({
      label: 'proposals',
      help: 'Means of the proposal, from the target’s to 1.',
      min: 2,
      max: 40,
      integer: true,
      default: 20,
      from: 'code',
    }),
  },
  async run({ samples, repeats, theta, proposals }, { seed, tick }) {
    const means = spaced(0, 1, proposals);
    const x = means.map((m) => m ** 2 / 2);
    const variances = { dpg: [] as number[], gdc: [] as number[], brain: [] as number[] };
    const averages = { dpg: [] as number[], gdc: [] as number[], brain: [] as number[] };
    for (const [i, m] of means.entries()) {
      const found = estimate(m, theta, samples, repeats, seed);
      for (const name of ['dpg', 'gdc', 'brain'] as const) {
        variances[name].push(varianceOf(found[name]));
        averages[name].push(found[name].reduce((a, b) => a + b, 0) / repeats);
      }
      await tick(i + 1, proposals);
    }
    const exact = means.map((m) => exactVariances(m, theta, samples));
    const named = { dpg: 'DPG', gdc: 'GDC++', brain: 'BRAIn' } as const;
    const measured = (of: typeof variances): LabSeries[] =>
      (['dpg', 'gdc', 'brain'] as const).map((name) => ({ label: named[name], x, y: of[name] }));
    const last = (values: readonly number[]) => values.at(-1)!;
    const times = (a: number, b: number) => (a / b).toFixed(1);
    return {
      says: [
        `With the proposal at a divergence of ${last(x).toFixed(2)} from the target, DPG’s estimate has ${times(last(variances.dpg), last(variances.brain))} times BRAIn’s variance, GDC++’s ${times(last(variances.gdc), last(variances.brain))} times.`,
        `The direction itself is ${(-theta).toFixed(2)}; there BRAIn’s estimates average ${last(averages.brain).toFixed(2)}, GDC++’s ${last(averages.gdc).toFixed(2)}.`,
      ],
      numbers: {
        'variance/dpg': last(variances.dpg),
        'variance/gdc++': last(variances.gdc),
        'variance/brain': last(variances.brain),
        'mean/brain': last(averages.brain),
      },
      figures: [
        {
          id: 'variance',
          title: 'Variance of one estimate',
          xAxis: 'KL of proposal and target, nats',
          yAxis: 'variance',
          series: [
            ...measured(variances),
            { label: 'DPG, exact', x, y: exact.map(({ dpg }) => dpg), theory: true },
            { label: 'GDC++, exact', x, y: exact.map(({ gdc }) => gdc), theory: true },
          ],
          sentence: `Variance at the farthest proposal: DPG ${last(variances.dpg).toFixed(3)}, GDC++ ${last(variances.gdc).toFixed(3)}, BRAIn ${last(variances.brain).toFixed(3)}.`,
        },
        {
          id: 'mean',
          title: 'Mean of the estimates',
          xAxis: 'KL of proposal and target, nats',
          yAxis: 'mean',
          series: [
            ...measured(averages),
            { label: 'the direction', x: [x[0]!, last(x)], y: [-theta, -theta], theory: true },
          ],
          sentence: `DPG and GDC++ average the direction, ${(-theta).toFixed(2)}; BRAIn’s estimates average ${last(averages.brain).toFixed(2)} at the farthest proposal.`,
        },
      ],
    };
  },
});
