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
import { type BlurLoss, drawPairs, measure, trainNetwork } from './daa-blur/network';
import { defineLab, type LabSeries } from './lab';

const losses = ['pairwise', 'pointwise'] as const;
/** Of the paper, largest first. */
const paperRates = [0.3, 0.1, 0.05, 0.03, 0.01, 0.005, 0.003];
const widths = [1, 2, 3, 4, 5, 6, 8];

const shown = (value: number, digits = 2) => value.toFixed(digits).replace('-', '−');

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
      `${shown(100 * mean, 1)} points (${shown(100 * low, 1)} to ${shown(100 * high, 1)})`;
    return {
      says: [
        clear.length > 0
          ? `Comparing is better than judging alone with ${clear.join(', ')} hidden ${clear.length === 1 && clear[0] === 1 ? 'unit' : 'units'}; most with ${widths[widest]}, by ${points(gaps[widest]!)} of held-out pairs.`
          : `No width shows a difference in accuracy; the largest is ${points(gaps[widest]!)} at ${widths[widest]} hidden units.`,
        `ICC1 at ${widths[widest]} hidden units: pairwise ${shown(series('pairwise', 'icc').y[widest]!)}, pointwise ${shown(series('pointwise', 'icc').y[widest]!)}; ${icc[widest]!.low > 0 ? 'judging alone unlearns the bias of the prompts' : icc[widest]!.high < 0 ? 'here judging alone keeps more of it' : 'the difference may be chance'}.`,
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
          sentence: `ICC1 by width: ${widths.map((h, i) => `${h}: ${losses.map((loss) => shown(series(loss, 'icc').y[i]!)).join(' and ')}`).join(', ')} (pairwise and pointwise).`,
        },
      ],
    };
  },
});
