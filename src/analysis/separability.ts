/**
 * How easily the two sides of a run's pairs are told apart, by the model that training began with.
 *
 *   feature  mean final hidden state over the scored tokens of an answer, under the reference                (1)
 *   probe    logistic regression, chosen against rejected, folds by prompt                                   (2)
 *   beside   the same on the answer's length alone: the simplest cue
 *
 * Source: Wang et al. 2025 (More is Less), sec 4; the probe's details are our reading.
 */
import type { LabFigure } from '../lab/lab';
import { number } from '../methods/params';
import { AnalysisError, defineAnalysis } from './analysis';
import { separabilityCard } from './cards';
import { crossValidate, fitProbe } from './logistic-probe';
import { readResponses } from './read-responses';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const fewest = 10;

/** Places of rows along a direction, and along the widest spread across it. */
export const planeOf = (
  rows: readonly ArrayLike<number>[],
  direction: ArrayLike<number>,
): [number[], number[]] => {
  const d = direction.length;
  const size = Math.sqrt(Array.from(direction).reduce((sum, x) => sum + x * x, 0)) || 1;
  const unit = Float64Array.from(direction, (x) => x / size);
  const mean = new Float64Array(d);
  for (const row of rows) for (let j = 0; j < d; j++) mean[j]! += row[j]! / rows.length;
  const along: number[] = [];
  const rest = rows.map((row) => {
    let place = 0;
    for (let j = 0; j < d; j++) place += (row[j]! - mean[j]!) * unit[j]!;
    along.push(place);
    return Float64Array.from({ length: d }, (_, j) => row[j]! - mean[j]! - place * unit[j]!);
  });
  // The first principal component of what is left, by power iteration.
  let axis = Float64Array.from({ length: d }, (_, j) => 1 + (j % 5) / 10);
  for (let i = 0; i < 60; i++) {
    const next = new Float64Array(d);
    for (const row of rest) {
      const place = row.reduce((sum, x, j) => sum + x * axis[j]!, 0);
      for (let j = 0; j < d; j++) next[j]! += place * row[j]!;
    }
    const length = Math.sqrt(next.reduce((sum, x) => sum + x * x, 0));
    if (length < 1e-12) break;
    axis = next.map((x) => x / length);
  }
  return [along, rest.map((row) => row.reduce((sum, x, j) => sum + x * axis[j]!, 0))];
};

export const separability = defineAnalysis({
  ...separabilityCard,
  params: {
    pairs: number({
      label: 'pairs',
      help: 'Comparisons read at most.',
      min: 20,
      max: 5000,
      scale: 'log',
      integer: true,
      default: 400,
      from: 'ours',
    }),
    folds: number({
      label: 'folds',
      help: 'Parts that the prompts are cut into, each held out once.',
      min: 2,
      max: 20,
      integer: true,
      default: 5,
      from: 'ours',
    }),
    penalty: number({
      label: 'penalty',
      help: 'L2 penalty on standardised features.',
      min: 1e-5,
      max: 10,
      scale: 'log',
      default: 0.01,
      from: 'ours',
    }),
  },
  async run(run, { pairs, folds, penalty }, { tick }) {
    const compared = run.treesMade.filter(({ comparisons }) => comparisons.length > 0);
    const trees: typeof compared = [];
    let count = 0;
    for (const tree of compared) {
      if (count >= pairs) break;
      trees.push(tree);
      count += tree.comparisons.length;
    }
    if (count < fewest)
      throw new AnalysisError(
        `The run has ${count} comparisons; the probe needs at least ${fewest}. ${run.treesMade.length === 0 ? 'Let it make its data first: train one step.' : 'Take a method that compares answers, and more trees.'}`,
      );
    const { responses } = await run.withModel('reference', (network) =>
      readResponses(network, trees, (done) => tick(done, trees.length + folds)),
    );
    let at = 0;
    const rows: Float32Array[] = [];
    const lengths: number[][] = [];
    const classes: number[] = [];
    const prompts: string[] = [];
    for (const tree of trees) {
      const own = responses.slice(at, at + tree.responses.length);
      at += tree.responses.length;
      const prompt = tree.nodes.find(({ parent }) => parent < 0)!.tokens.join();
      for (const { chosen, rejected } of tree.comparisons) {
        for (const [side, index] of [
          [1, chosen],
          [0, rejected],
        ] as const) {
          rows.push(own[index]!.state);
          lengths.push([own[index]!.length]);
          classes.push(side);
          prompts.push(prompt);
        }
      }
    }
    const known = new Set(prompts).size;
    if (known < folds)
      throw new AnalysisError(
        `The comparisons are of ${known} prompts, too few for ${folds} folds; lower folds or take more data.`,
      );
    const states = crossValidate(rows, classes, prompts, folds, penalty);
    const length = crossValidate(lengths, classes, prompts, folds, penalty);
    await tick(trees.length + folds, trees.length + folds);
    const margins = classes.flatMap((own, i) =>
      own === 1 ? [states.scores[i]! - states.scores[i + 1]!] : [],
    );
    const margin = margins.reduce((a, b) => a + b, 0) / margins.length;
    const [along, across] = planeOf(rows, fitProbe(rows, classes, penalty).weights);
    const side = (wanted: number) => ({
      x: along.filter((_, i) => classes[i] === wanted),
      y: across.filter((_, i) => classes[i] === wanted),
      points: true as const,
    });
    const mean = (wanted: number) => {
      const own = lengths.filter((_, i) => classes[i] === wanted);
      return own.reduce((sum, [n]) => sum + n!, 0) / own.length;
    };
    const lead = states.accuracy - length.accuracy;
    const figures: LabFigure[] = [
      {
        kind: 'bars',
        id: 'probe',
        title: 'Answers told apart on unseen prompts',
        axis: 'share',
        shares: true,
        bars: [
          { label: 'hidden states', value: states.accuracy, note: `AUC ${states.area.toFixed(3)}` },
          { label: 'length alone', value: length.accuracy, note: `AUC ${length.area.toFixed(3)}` },
          { label: 'chance', value: 0.5 },
        ],
        sentence: `The probe puts ${percent(states.accuracy)} of the answers on the right side, length alone ${percent(length.accuracy)}.`,
      },
      {
        id: 'plane',
        title: 'The two sides',
        xAxis: 'along the probe',
        yAxis: 'widest spread across it',
        series: [
          { label: 'chosen', ...side(1) },
          { label: 'rejected', ...side(0) },
        ],
        sentence: `${rows.length} answers; the probe that draws this was fitted on all of them, so that they look further apart than they are on prompts it has not seen (${percent(states.accuracy)}).`,
      },
    ];
    return {
      says: [
        `On prompts that it has not seen the probe puts ${percent(states.accuracy)} of ${rows.length} answers on the right side (AUC ${states.area.toFixed(2)}); length alone ${percent(length.accuracy)} (AUC ${length.area.toFixed(2)}).`,
        states.accuracy > 0.95
          ? 'That is nearly all of them: training can lower its loss by this cue alone.'
          : lead < 0.03
            ? 'The states say hardly more than the length.'
            : `The states say more than the length, by ${(100 * lead).toFixed(1)} points.`,
      ],
      numbers: {
        'probe/accuracy': states.accuracy,
        'probe/auc': states.area,
        'probe/margin': margin,
        'length/accuracy': length.accuracy,
        'length/auc': length.area,
        'tokens/chosen': mean(1),
        'tokens/rejected': mean(0),
        comparisons: margins.length,
        prompts: known,
      },
      figures,
    };
  },
});
