/**
 * IPO against DPO on three actions, where every comparison always falls the same way.
 *
 *   pi = softmax(theta), reference uniform, h = theta_w - theta_l                              (1)
 *   DPO  softplus(-beta h)      IPO  (h - 1 / (2 tau))^2, beta = tau                            (2)
 *   least squares over the pairs: theta* solves  sum (theta_w - theta_l - 1 / (2 tau))^2 -> min (3)
 *
 * Source: Azar et al. 2023, section 5.3: Adam with rate 0.01, batches of 9 drawn with replacement, 18,000 steps.
 */
import { choice, number } from '../methods/params';
import { meanInterval } from '../util/mean-interval';
import { createRng } from '../util/rng';
import { defineLab, type LabSeries } from './lab';
import { createAdam, meanOf, softmax } from './maths';
import { dpoLoss, ipoLoss, type PairLoss } from './pair-loss';

type Pair = readonly [chosen: number, rejected: number];

/** Comparisons of actions 0, 1, 2, and which two actions lie farthest apart. */
export const orders = {
  total: {
    pairs: [
      [0, 1],
      [1, 2],
      [0, 2],
    ],
    farthest: [0, 2],
  },
  never: {
    pairs: [
      [0, 1],
      [1, 0],
      [0, 2],
    ],
    farthest: [0, 2],
  },
  one: { pairs: [[0, 1]], farthest: [0, 1] },
} as const satisfies Record<string, { pairs: readonly Pair[]; farthest: Pair }>;

/** (3) with theta_2 = 0, by the normal equations; an action that is never compared stays at 0. */
export const leastSquares = (pairs: readonly Pair[], target: number): [number, number, number] => {
  const normal = { aa: 0, ab: 0, bb: 0, a: 0, b: 0 };
  for (const [w, l] of pairs) {
    const x = (w === 0 ? 1 : 0) - (l === 0 ? 1 : 0);
    const y = (w === 1 ? 1 : 0) - (l === 1 ? 1 : 0);
    normal.aa += x * x;
    normal.ab += x * y;
    normal.bb += y * y;
    normal.a += x * target;
    normal.b += y * target;
  }
  const { aa, ab, bb } = normal;
  const determinant = aa * bb - ab * ab;
  if (determinant === 0) return [normal.a / (2 * aa), normal.b / (2 * bb), 0]; // 0 against 1 alone
  return [(normal.a * bb - normal.b * ab) / determinant, (normal.b * aa - normal.a * ab) / determinant, 0];
};

/**
 * Logits along a run, at `marks`.
 * @param batch pairs drawn for each step; 0 takes all of them, exactly
 */
export const train = (
  loss: PairLoss,
  pairs: readonly Pair[],
  { rate, batch, marks, seed }: { rate: number; batch: number; marks: readonly number[]; seed: number },
): Float64Array[] => {
  const rng = createRng(seed).fork('batches');
  const theta = new Float64Array(3);
  const step = createAdam(3, rate);
  const gradient = new Float64Array(3);
  const path: Float64Array[] = [];
  const last = marks.at(-1)!;
  for (let i = 0, mark = 0; i <= last; i++) {
    if (i === marks[mark]) {
      path.push(theta.slice());
      mark++;
    }
    gradient.fill(0);
    const count = batch || pairs.length;
    for (let k = 0; k < count; k++) {
      const [w, l] = pairs[batch ? rng.int(pairs.length) : k]!;
      const slope = loss.slope(theta[w]! - theta[l]!) / count;
      gradient[w]! += slope;
      gradient[l]! -= slope;
    }
    step(theta, gradient);
  }
  return path;
};

const names = ['a', 'b', 'c'] as const;

export const ipoAgainstDpo = defineLab({
  id: 'ipo-against-dpo',
  name: 'IPO against DPO',
  paper: {
    title: 'A General Theoretical Paradigm to Understand Learning from Human Preferences',
    year: 2023,
    arxiv: '2310.12036',
  },
  summary: 'Three actions, and comparisons that always fall the same way. Which loss stops, and where?',
  notes: [
    'The paper’s third set as printed leaves both losses at the uniform policy; “c never wins” is a before b, b before a, a before c, which shows what its text says.',
  ],
  params: {
    order: choice({
      label: 'comparisons',
      help: 'Which of the actions a, b, c win against which.',
      options: { total: 'a before b before c', never: 'a and b even, c never wins', one: 'a before b alone' },
      default: 'total',
      from: 'paper',
    }),
    tau: number({
      label: 'tau',
      help: 'IPO’s tau, and DPO’s beta.',
      min: 0.05,
      max: 5,
      scale: 'log',
      default: 0.5,
      from: 'paper',
    }),
    steps: number({
      label: 'steps',
      help: 'Steps of Adam.',
      min: 100,
      max: 100_000,
      scale: 'log',
      integer: true,
      default: 18_000,
      from: 'paper',
    }),
    rate: number({
      label: 'rate',
      help: 'Learning rate of Adam.',
      min: 1e-4,
      max: 0.1,
      scale: 'log',
      default: 0.01,
      from: 'paper',
    }),
    batch: number({
      label: 'batch',
      help: 'Comparisons drawn for each step; 0 takes the exact gradient.',
      min: 0,
      max: 90,
      integer: true,
      default: 9,
      from: 'paper',
    }),
    seeds: number({
      label: 'seeds',
      help: 'Runs with other batches.',
      min: 1,
      max: 20,
      integer: true,
      default: 5,
      from: 'ours',
    }),
  },
  async run({ order, tau, steps, rate, batch, seeds }, { seed, tick }) {
    const { pairs, farthest } = orders[order];
    const [first, last] = farthest;
    const optimum = leastSquares(pairs, 1 / (2 * tau));
    const target = optimum[first]! - optimum[last]!;
    const marks = [...new Set(Array.from({ length: 61 }, (_, i) => Math.round((steps * i) / 60)))];
    const losses = { IPO: ipoLoss(tau), DPO: dpoLoss(tau) };
    const distances: Record<string, number[][]> = { IPO: [], DPO: [] };
    const policies: Record<string, number[][][]> = { IPO: [], DPO: [] };
    for (let s = 0; s < seeds; s++) {
      for (const [name, loss] of Object.entries(losses)) {
        const path = train(loss, pairs, { rate, batch, marks, seed: seed + s });
        distances[name]!.push(path.map((theta) => theta[first]! - theta[last]!));
        policies[name]!.push(path.map((theta) => softmax(theta)));
      }
      await tick(s + 1, seeds);
    }
    const distance = (name: string): LabSeries => {
      const columns = marks.map((_, i) => meanInterval(distances[name]!.map((run) => run[i]!)));
      return {
        label: name,
        x: marks,
        y: columns.map(({ mean }) => mean),
        ...(seeds > 1 && { low: columns.map(({ low }) => low), high: columns.map(({ high }) => high) }),
      };
    };
    const share = (name: string, action: number): LabSeries => ({
      label: `${name}, ${names[action]}`,
      x: marks,
      y: marks.map((_, i) => meanOf(policies[name]!.map((run) => run[i]![action]!))),
    });
    const series = { IPO: distance('IPO'), DPO: distance('DPO') };
    const end = ({ y }: LabSeries) => y.at(-1)!;
    const before = ({ y }: LabSeries) => y[Math.floor((y.length - 1) / 2)]!;
    const grown = end(series.DPO) - before(series.DPO);
    const say = (x: number) => x.toFixed(2);
    const apart = `The distance of ${names[first]} and ${names[last]} in nats`;
    return {
      says: [
        `IPO ends at a distance of ${say(end(series.IPO))} nats between ${names[first]} and ${names[last]}; its least squares lie at ${say(target)}.`,
        `DPO ends at ${say(end(series.DPO))}, and ${grown > 0.01 ? `grew by ${say(grown)} in the second half of the steps: nothing holds it` : 'no longer grows at this precision'}.`,
      ],
      numbers: {
        target,
        'distance/ipo': end(series.IPO),
        'distance/dpo': end(series.DPO),
        'distance/dpo, half way': before(series.DPO),
      },
      figures: [
        {
          id: 'distance',
          title: 'How far apart',
          xAxis: 'step',
          yAxis: 'nats',
          series: [
            series.IPO,
            series.DPO,
            { label: 'IPO’s least squares', x: [0, steps], y: [target, target], theory: true },
          ],
          sentence: `${apart}: IPO ${say(end(series.IPO))} at the end, DPO ${say(end(series.DPO))}.`,
        },
        {
          id: 'policy',
          title: 'The policy',
          xAxis: 'step',
          yAxis: 'probability',
          series: Object.keys(losses).flatMap((name) => names.map((_, action) => share(name, action))),
          sentence: `The last action keeps ${(100 * (share('IPO', last).y.at(-1) ?? 0)).toFixed(1)} % under IPO, and ${(100 * (share('DPO', last).y.at(-1) ?? 0)).toPrecision(2)} % under DPO.`,
        },
      ],
    };
  },
});
