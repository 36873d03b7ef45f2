import type { Evaluation } from '../../../workers/protocol';
import { isTied } from '../../train/outcome';
import type { Measure } from '../../util/measure';
import type { EvaluationPoint, Point, State } from '../state';

export interface Series {
  label: string;
  /** Custom property that holds its colour. */
  color: string;
  dash?: readonly number[];
  /** Shown with a mark at every value, for the few values of evaluations. */
  marks?: boolean;
  /** Drawn against the right axis. */
  right?: boolean;
  /** No line of its own: the edge of the band around the series before. */
  edge?: boolean;
}

/** What one figure shows. Rows are the table's rows and the curves' points at once. */
export interface Figure {
  id: string;
  title: string;
  caption: string;
  /** What the left axis measures, and the right one where there is one. */
  axis: string;
  rightAxis?: string;
  series: readonly Series[];
  x: readonly number[];
  /** One list per series, as long as x. */
  y: readonly (readonly (number | null)[])[];
  /** What x counts; "step" when left out. */
  xAxis?: string;
  /** Values are shares, shown as percentages on a fixed scale. */
  shares?: boolean;
  /** Rows with which a pass begins, again from the first weights: no line leads to them. */
  breaks?: readonly number[];
}

/** Rows of which the pass is another than that of the row before. */
const breaksOf = (passes: readonly string[]): number[] =>
  passes.flatMap((pass, i) => (i > 0 && pass !== passes[i - 1] ? [i] : []));

/** A figure's columns, x first, with an empty row where a line has to end. */
export const brokenColumns = ({ x, y, breaks = [] }: Figure): (number | null)[][] => {
  const columns = [x, ...y];
  if (breaks.length === 0) return columns.map((column) => [...column]);
  const starts = new Set(breaks);
  return columns.map((column) =>
    column.flatMap((value, i) => (starts.has(i) ? [column === x ? x[i - 1]! : null, value] : [value])),
  );
};

const column = (points: readonly Point[], key: string) =>
  points.map((p) => {
    const value = p.metrics[key];
    return value !== undefined && Number.isFinite(value) ? value : null;
  });

interface Wanted extends Omit<Figure, 'x' | 'y' | 'series'> {
  series: readonly (Series & { key: string })[];
}

const wanted: readonly Wanted[] = [
  {
    id: 'loss',
    title: 'Loss',
    caption: 'What the method makes small, averaged over the batch of each step.',
    axis: 'loss',
    series: [{ key: 'loss', label: 'loss', color: '--ink' }],
  },
  {
    id: 'margins',
    title: 'Rewards',
    caption:
      'The implicit reward of the better answer minus that of the worse one (left), and the share of pairs in which it is larger (right).',
    axis: 'reward',
    rightAxis: 'share of pairs',
    series: [
      { key: 'rewards/margins', label: 'rewards/margins', color: '--link' },
      { key: 'rewards/chosen', label: 'rewards/chosen', color: '--right', dash: [6, 3] },
      { key: 'rewards/rejected', label: 'rewards/rejected', color: '--rubric', dash: [2, 3] },
      {
        key: 'rewards/accuracies',
        label: 'rewards/accuracies',
        color: '--down-ink',
        dash: [9, 3, 2, 3],
        right: true,
      },
    ],
  },
  {
    id: 'logps',
    title: 'Log-probabilities',
    caption:
      'How likely the policy finds both answers. Preference methods often lower both; the gap is what counts.',
    axis: 'log-prob (nats)',
    series: [
      { key: 'logps/chosen', label: 'logps/chosen', color: '--right', dash: [6, 3] },
      { key: 'logps/rejected', label: 'logps/rejected', color: '--rubric', dash: [2, 3] },
    ],
  },
  {
    id: 'optimiser',
    title: 'Optimiser',
    caption: 'Norm of the whole gradient before clipping (left) and the learning rate (right).',
    axis: 'gradient norm',
    rightAxis: 'learning rate',
    series: [
      { key: 'grad_norm', label: 'grad_norm', color: '--ink' },
      { key: 'learning_rate', label: 'learning_rate', color: '--link', dash: [6, 3], right: true },
    ],
  },
];

const accuracy = (evaluations: readonly EvaluationPoint[]): Figure => ({
  id: 'accuracy',
  title: 'Held-out accuracy',
  caption: `Share of problems never trained on that are solved wholly, ${evaluations.at(-1)?.evaluation.temperature ? 'answers sampled' : 'answered greedily'}; the band is the 95 % interval. Dashed: share of right lines.`,
  axis: 'share right',
  series: [
    { label: 'accuracy', color: '--rubric', marks: true },
    { label: 'from', color: '--rubric', edge: true },
    { label: 'to', color: '--rubric', edge: true },
    { label: 'right lines', color: '--ink-quiet', dash: [6, 3] },
  ],
  x: evaluations.map((e) => e.x),
  y: [
    evaluations.map((e) => e.evaluation.accuracy),
    evaluations.map((e) => e.evaluation.interval[0]),
    evaluations.map((e) => e.evaluation.interval[1]),
    evaluations.map((e) => e.evaluation.stepAccuracy),
  ],
  shares: true,
});

/**
 * What was measured once, as at the end of a pass, and not before training: there is no curve of it. A measure that is carried on to
 * later evaluations keeps its value.
 */
export const measuredOnce = (evaluations: readonly EvaluationPoint[]): Measure[] => {
  if (evaluations.length < 2) return [];
  return (evaluations.at(-1)?.evaluation.measures ?? []).filter(({ id }) => {
    const found = evaluations.map(({ evaluation }) => evaluation.measures?.find((m) => m.id === id)?.value);
    return found[0] === undefined && new Set(found.filter((value) => value !== undefined)).size === 1;
  });
};

/** A figure for each measure of the problems' world that was measured more than once, with its interval. */
const measureFigures = (evaluations: readonly EvaluationPoint[]): Figure[] => {
  const once = measuredOnce(evaluations);
  const measures = (evaluations.at(-1)?.evaluation.measures ?? []).filter(
    ({ id }) => !once.some((m) => m.id === id),
  );
  const x = evaluations.map((e) => e.x);
  return measures.map(({ id, name, unit, better }): Figure => {
    const of = (value: (m: Measure) => number) =>
      evaluations.map(({ evaluation }) => {
        const found = evaluation.measures?.find((m) => m.id === id);
        return found ? value(found) : null;
      });
    const good = better === 'neither' ? '' : ` ${better === 'lower' ? 'Lower' : 'Higher'} is better.`;
    return {
      id: `measure-${id}`,
      title: `${name[0]!.toUpperCase()}${name.slice(1)}`,
      caption: `On held-out problems; the band is the 95 % interval.${good}`,
      axis: unit === 'share' ? 'share' : unit,
      series: [
        { label: name, color: '--link', marks: true },
        { label: 'from', color: '--link', edge: true },
        { label: 'to', color: '--link', edge: true },
      ],
      x,
      y: [of((m) => m.value), of((m) => m.interval[0]), of((m) => m.interval[1])],
      ...(unit === 'share' && { shares: true }),
    };
  });
};

/** Held-out rows of a dataset: how many are ranked right, and their loss under TRL's name. */
const pairsFigures = (evaluations: readonly EvaluationPoint[]): Figure[] => {
  const x = evaluations.map((e) => e.x);
  const of = (key: string) => evaluations.map((e) => e.evaluation.metrics?.[key] ?? null);
  const ranks = (value: (e: Evaluation) => number) =>
    evaluations.map(({ evaluation }) => (isTied(evaluation) ? null : value(evaluation)));
  const compared = evaluations.some((e) => e.evaluation.problems > 0);
  const losses = of('eval_loss');
  const margins = of('eval_rewards/margins');
  const loss: Figure = {
    id: 'eval-loss',
    title: 'Held-out loss',
    caption:
      'The method’s loss on examples that are never trained on; when it rises, the training data is being learned by heart.',
    axis: 'loss',
    ...(margins.some((m) => m !== null) && { rightAxis: 'reward margin' }),
    series: [
      { label: 'eval_loss', color: '--rubric', marks: true },
      ...(margins.some((m) => m !== null)
        ? [{ label: 'eval_rewards/margins', color: '--link', dash: [6, 3], right: true }]
        : []),
    ],
    x,
    y: margins.some((m) => m !== null) ? [losses, margins] : [losses],
  };
  const ranked: Figure = {
    id: 'accuracy',
    title: 'Held-out pairs ranked right',
    caption:
      'Share of held-out pairs whose chosen answer has the larger implicit reward; the band is the 95 % Wilson interval. Before the first step every margin is 0: all are tied, and none is drawn. It says how the two answers compare, not that any is right.',
    axis: 'share of pairs',
    series: [
      { label: 'ranked right', color: '--rubric', marks: true },
      { label: 'from', color: '--rubric', edge: true },
      { label: 'to', color: '--rubric', edge: true },
    ],
    x,
    y: [ranks((e) => e.accuracy), ranks((e) => e.interval[0]), ranks((e) => e.interval[1])],
    shares: true,
  };
  return [...(compared ? [ranked] : []), ...(losses.some((l) => l !== null) ? [loss] : [])];
};

/** The figures that there are numbers for; series that a method does not report are left out. */
export const figuresOf = (points: readonly Point[], evaluations: readonly EvaluationPoint[]): Figure[] => {
  const last = points.at(-1)?.metrics ?? {};
  const x = points.map((p) => p.x);
  const breaks = breaksOf(points.map((p) => p.stage));
  const curves = wanted.flatMap(({ series, ...rest }): Figure[] => {
    const present = series.filter((s) => s.key in last);
    if (present.length === 0) return [];
    return [{ ...rest, series: present, x, y: present.map((s) => column(points, s.key)), breaks }];
  });
  if (evaluations.length === 0) return curves;
  const pairs = evaluations[0]!.evaluation.kind === 'pairs';
  const evaluated = breaksOf(evaluations.map((e) => e.evaluation.stage));
  const held = pairs ? pairsFigures(evaluations) : [accuracy(evaluations), ...measureFigures(evaluations)];
  return [...held.map((figure) => ({ ...figure, breaks: evaluated })), ...curves];
};

const drawn = new Set(['step', ...wanted.flatMap((w) => w.series.map((s) => s.key))]);

/** Metrics that no figure draws, with their newest value. */
export const otherMetrics = (points: readonly Point[]): [string, number][] =>
  Object.entries(points.at(-1)?.metrics ?? {}).filter(([key]) => !drawn.has(key));

/** Steps of the whole run, over all its passes: how far the curves will reach. */
export const plannedSteps = ({
  status,
  stages,
  points,
  evaluations,
}: Pick<State, 'status' | 'stages' | 'points' | 'evaluations'>): number => {
  const reached = Math.max(1, points.at(-1)?.x ?? 0, evaluations.at(-1)?.x ?? 0);
  if (!status) return reached;
  const { id, index, count } = status.stage;
  // A pass that has just begun has no row yet; it starts where the one before ended.
  const start = stages.find((stage) => stage.id === id)?.x ?? (stages.length > 0 ? reached : 0);
  return Math.max(reached, start + (count - index) * status.steps);
};
