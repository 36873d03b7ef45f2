/**
 * The toy of "The Differences Between Direct Alignment Algorithms are a Blur": a small network scores answers, from pairs whose
 * prompts carry a bias that says nothing about which answer is better.
 *
 *   prompt x ~ U(0, 1); two answers with y ~ U(0, 1) less the mean of both, plus bias where x < 1/2          (1)
 *   chosen: the larger y
 *   r(x, y) = v . relu(W (x, y) + b) + c, with `hidden` units                                                (2)
 *   pairwise   softplus(-(r_w - r_l))                                                                        (3)
 *   pointwise  softplus(-r_w) + softplus(r_l)                                                                (4)
 *   accuracy   share of held-out pairs with r_w > r_l, a tie counting half
 *   ICC1       (MSB - MSW) / (MSB + MSW) of the held-out scores, two to a prompt                             (5)
 *
 * Source: Gorbatovski et al. 2025, appendix F.
 */
import { number } from '../methods/params';
import { meanInterval } from '../util/mean-interval';
import { createRng } from '../util/rng';
import { defineLab, type LabSeries } from './lab';
import { sigmoid, softplus } from './maths';

/** Pairs as they lie in memory: x, y of the chosen answer, y of the rejected one. */
export interface BlurPairs {
  count: number;
  x: Float64Array;
  chosen: Float64Array;
  rejected: Float64Array;
}

/** (1) */
export const drawPairs = (count: number, bias: number, seed: number): BlurPairs => {
  const rng = createRng(seed).fork('pairs');
  const [x, chosen, rejected] = [0, 1, 2].map(() => new Float64Array(count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let i = 0; i < count; i++) {
    x[i] = rng.next();
    const half = Math.abs(rng.next() - rng.next()) / 2;
    const shift = x[i]! < 0.5 ? bias : 0;
    chosen[i] = shift + half;
    rejected[i] = shift - half;
  }
  return { count, x, chosen, rejected };
};

/** Parameters of (2) in one vector: W row by row, b, v, c. */
export const networkSize = (hidden: number): number => 4 * hidden + 1;

const initial = (hidden: number, seed: number): Float64Array => {
  const rng = createRng(seed).fork(`network ${hidden}`);
  const uniform = (fanIn: number) => (2 * rng.next() - 1) / Math.sqrt(fanIn);
  // As PyTorch's Linear begins.
  return Float64Array.from({ length: networkSize(hidden) }, (_, i) => uniform(i < 3 * hidden ? 2 : hidden));
};

/** r(x, y). */
export const scoreOf = (network: Float64Array, hidden: number, x: number, y: number): number => {
  let r = network[4 * hidden]!;
  for (let j = 0; j < hidden; j++) {
    const z = network[2 * j]! * x + network[2 * j + 1]! * y + network[2 * hidden + j]!;
    if (z > 0) r += network[3 * hidden + j]! * z;
  }
  return r;
};

/** Adds slope * dr/dnetwork at (x, y) to the gradient. */
const addGradient = (
  network: Float64Array,
  hidden: number,
  x: number,
  y: number,
  slope: number,
  gradient: Float64Array,
) => {
  for (let j = 0; j < hidden; j++) {
    const z = network[2 * j]! * x + network[2 * j + 1]! * y + network[2 * hidden + j]!;
    if (z <= 0) continue;
    const through = slope * network[3 * hidden + j]!;
    gradient[3 * hidden + j]! += slope * z;
    gradient[2 * hidden + j]! += through;
    gradient[2 * j]! += through * x;
    gradient[2 * j + 1]! += through * y;
  }
  gradient[4 * hidden]! += slope;
};

export type BlurLoss = 'pairwise' | 'pointwise';

/** Mean loss of pairs from..to and its gradient, added to `gradient`. */
export const lossAndGradient = (
  loss: BlurLoss,
  network: Float64Array,
  hidden: number,
  { x, chosen, rejected }: BlurPairs,
  rows: Int32Array,
  gradient: Float64Array,
): number => {
  let sum = 0;
  for (const i of rows) {
    const w = scoreOf(network, hidden, x[i]!, chosen[i]!);
    const l = scoreOf(network, hidden, x[i]!, rejected[i]!);
    const together = loss === 'pairwise';
    const byChosen = together ? -sigmoid(l - w) : -sigmoid(-w);
    const byRejected = together ? -byChosen : sigmoid(l);
    sum += together ? softplus(l - w) : softplus(-w) + softplus(l);
    addGradient(network, hidden, x[i]!, chosen[i]!, byChosen / rows.length, gradient);
    addGradient(network, hidden, x[i]!, rejected[i]!, byRejected / rows.length, gradient);
  }
  return sum / rows.length;
};

/** Accuracy and ICC1 (5) on pairs from..to. */
export const measure = (
  network: Float64Array,
  hidden: number,
  pairs: BlurPairs,
  from: number,
  to: number,
) => {
  const n = to - from;
  let right = 0;
  let [within, sum, squares] = [0, 0, 0];
  for (let i = from; i < to; i++) {
    const w = scoreOf(network, hidden, pairs.x[i]!, pairs.chosen[i]!);
    const l = scoreOf(network, hidden, pairs.x[i]!, pairs.rejected[i]!);
    right += w > l ? 1 : w === l ? 0.5 : 0;
    const mean = (w + l) / 2;
    within += (w - l) ** 2 / 2;
    sum += mean;
    squares += mean ** 2;
  }
  const between = (2 * (squares - sum ** 2 / n)) / (n - 1); // MSB
  const inside = within / n; // MSW
  return { accuracy: right / n, icc: between + inside === 0 ? 0 : (between - inside) / (between + inside) };
};

interface Training {
  hidden: number;
  epochs: number;
  batch: number;
  rate: number;
  seed: number;
}

/** A network trained on the first `count` pairs with Adam. */
export const trainNetwork = (
  loss: BlurLoss,
  pairs: BlurPairs,
  count: number,
  { hidden, epochs, batch, rate, seed }: Training,
): Float64Array => {
  const network = initial(hidden, seed);
  const size = network.length;
  const rng = createRng(seed).fork('order');
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const [first, second, gradient] = [0, 1, 2].map(() => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let [power1, power2] = [1, 1];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = count - 1; i > 0; i--) {
      const j = rng.int(i + 1);
      const other = order[i]!;
      order[i] = order[j]!;
      order[j] = other;
    }
    for (let at = 0; at < count; at += batch) {
      gradient.fill(0);
      lossAndGradient(loss, network, hidden, pairs, order.subarray(at, at + batch), gradient);
      power1 *= 0.9;
      power2 *= 0.999;
      for (let i = 0; i < size; i++) {
        const g = gradient[i]!;
        first[i] = 0.9 * first[i]! + 0.1 * g;
        second[i] = 0.999 * second[i]! + 0.001 * g * g;
        network[i]! -= (rate * (first[i]! / (1 - power1))) / (Math.sqrt(second[i]! / (1 - power2)) + 1e-8);
      }
    }
  }
  return network;
};

const losses = ['pairwise', 'pointwise'] as const;
/** Of the paper, largest first. */
const paperRates = [0.3, 0.1, 0.05, 0.03, 0.01, 0.005, 0.003];
const widths = [1, 2, 3, 4, 5, 6, 8];

export const daaBlur = defineLab({
  id: 'daa-blur',
  name: 'Pairwise and pointwise',
  paper: {
    title: 'The Differences Between Direct Alignment Algorithms are a Blur',
    year: 2025,
    arxiv: '2502.01237',
  },
  summary:
    'A small network learns to score answers. Prompts carry a bias that has nothing to do with which answer is better. Does it matter whether the loss compares two answers or judges each alone?',
  notes: [
    'Optimiser, batch and how long the smaller settings train are ours; the paper has 2,000 prompts, 100 epochs, the best of seven rates and 1,000 seeds. The defaults here are smaller so that it takes a second; the paper’s are within the ranges.',
    'Of several rates the one with the best mean held-out accuracy is taken, for each loss and width, as in the paper: slightly flattering to both.',
  ],
  params: {
    bias: number({
      label: 'bias',
      help: 'Added to both answers of half of the prompts.',
      min: 0,
      max: 3,
      default: 0.9,
      from: 'paper',
    }),
    prompts: number({
      label: 'prompts',
      help: 'Pairs; a fifth of them is held out.',
      min: 50,
      max: 5000,
      scale: 'log',
      integer: true,
      default: 200,
      from: 'ours',
    }),
    epochs: number({
      label: 'epochs',
      help: 'Times that all pairs are gone through.',
      min: 1,
      max: 200,
      integer: true,
      default: 30,
      from: 'ours',
    }),
    batch: number({
      label: 'batch',
      help: 'Pairs in a step.',
      min: 1,
      max: 512,
      scale: 'log',
      integer: true,
      default: 32,
      from: 'ours',
    }),
    rates: number({
      label: 'rates',
      help: 'How many of the paper’s learning rates are tried, 0.3, 0.1, 0.05 and so on, the best taken; 1 is 0.05.',
      min: 1,
      max: 7,
      integer: true,
      default: 1,
      from: 'ours',
    }),
    rate: number({
      label: 'rate',
      help: 'One learning rate for all, in the place of those tried; 0 tries them.',
      min: 0,
      max: 0.3,
      default: 0,
      from: 'ours',
    }),
    seeds: number({
      label: 'seeds',
      help: 'Runs with other pairs and networks; one alone has no interval.',
      min: 1,
      max: 1000,
      scale: 'log',
      integer: true,
      default: 20,
      from: 'ours',
    }),
  },
  async run({ bias, prompts, epochs, batch, rates, rate: given, seeds }, { seed, tick }) {
    const tried = given > 0 ? [given] : rates === 1 ? [0.05] : paperRates.slice(0, rates);
    const train = Math.floor(prompts * 0.8);
    /** By loss and width: accuracy and ICC1 of each seed, at the best rate. */
    const results: Record<BlurLoss, { accuracy: number[]; icc: number[]; rate: number }[]> = {
      pairwise: [],
      pointwise: [],
    };
    const drawn = Array.from({ length: seeds }, (_, s) => drawPairs(prompts, bias, seed + s));
    const total = losses.length * widths.length * tried.length * seeds;
    let done = 0;
    for (const loss of losses) {
      for (const hidden of widths) {
        let best: { accuracy: number[]; icc: number[]; rate: number } | undefined;
        for (const rate of tried) {
          const own = { accuracy: [] as number[], icc: [] as number[], rate };
          for (let s = 0; s < seeds; s++) {
            const pairs = drawn[s]!;
            const network = trainNetwork(loss, pairs, train, { hidden, epochs, batch, rate, seed: seed + s });
            const { accuracy, icc } = measure(network, hidden, pairs, train, prompts);
            own.accuracy.push(accuracy);
            own.icc.push(icc);
            await tick(++done, total);
          }
          if (!best || meanInterval(own.accuracy).mean > meanInterval(best.accuracy).mean) best = own;
        }
        results[loss].push(best!);
      }
    }
    const series = (loss: BlurLoss, what: 'accuracy' | 'icc'): LabSeries => {
      const columns = results[loss].map((own) => meanInterval(own[what]));
      return {
        label: loss,
        x: widths,
        y: columns.map(({ mean }) => mean),
        low: columns.map(({ low }) => low),
        high: columns.map(({ high }) => high),
      };
    };
    const gaps = widths.map((_, i) =>
      meanInterval(results.pairwise[i]!.accuracy.map((own, s) => own - results.pointwise[i]!.accuracy[s]!)),
    );
    const icc = widths.map((_, i) =>
      meanInterval(results.pairwise[i]!.icc.map((own, s) => own - results.pointwise[i]!.icc[s]!)),
    );
    const widest = gaps.reduce((most, gap, i) => (gap.mean > gaps[most]!.mean ? i : most), 0);
    const clear = gaps.flatMap((gap, i) => (seeds > 1 && gap.low > 0 ? [widths[i]!] : []));
    const points = ({ mean, low, high }: { mean: number; low: number; high: number }) =>
      `${(100 * mean).toFixed(1)} points (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;
    return {
      says: [
        clear.length > 0
          ? `Comparing is better than judging alone with ${clear.join(', ')} hidden ${clear.length === 1 && clear[0] === 1 ? 'unit' : 'units'}; most with ${widths[widest]}, by ${points(gaps[widest]!)} of held-out pairs.`
          : `No width shows a difference in accuracy; the largest is ${points(gaps[widest]!)} at ${widths[widest]} hidden units.`,
        `ICC1 at ${widths[widest]} hidden units: pairwise ${series('pairwise', 'icc').y[widest]!.toFixed(2)}, pointwise ${series('pointwise', 'icc').y[widest]!.toFixed(2)}; ${icc[widest]!.low > 0 ? 'judging alone unlearns the bias of the prompts' : icc[widest]!.high < 0 ? 'here judging alone keeps more of it' : 'the difference may be chance'}.`,
      ],
      numbers: Object.fromEntries(
        widths.flatMap((h, i) => [
          [`accuracy/pairwise/${h}`, series('pairwise', 'accuracy').y[i]!],
          [`accuracy/pointwise/${h}`, series('pointwise', 'accuracy').y[i]!],
          [`accuracy gap/${h}`, gaps[i]!.mean],
          [`icc1/pairwise/${h}`, series('pairwise', 'icc').y[i]!],
          [`icc1/pointwise/${h}`, series('pointwise', 'icc').y[i]!],
        ]),
      ),
      figures: [
        {
          id: 'accuracy',
          title: 'Held-out pairs ranked right',
          xAxis: 'hidden units',
          yAxis: 'share',
          series: losses.map((loss) => series(loss, 'accuracy')),
          sentence: `Share ranked right by width: ${widths.map((h, i) => `${h}: ${losses.map((loss) => (100 * series(loss, 'accuracy').y[i]!).toFixed(1)).join(' and ')} %`).join(', ')} (pairwise and pointwise, ${seeds} seeds).`,
        },
        {
          id: 'icc',
          title: 'How much of a score is its prompt',
          xAxis: 'hidden units',
          yAxis: 'ICC1',
          series: losses.map((loss) => series(loss, 'icc')),
          sentence: `ICC1 by width: ${widths.map((h, i) => `${h}: ${losses.map((loss) => series(loss, 'icc').y[i]!.toFixed(2)).join(' and ')}`).join(', ')} (pairwise and pointwise).`,
        },
      ],
    };
  },
});
