import type { PassInfo } from '../../../workers/protocol';
import type { RunDocument } from '../../train/run-document';
import type { Measure } from '../../util/measure';
import { type Figure, figuresOf, type Series } from '../charts/curves';
import type { EvaluationPoint, Point } from '../state';
import { trainedReward } from '../trained-reward';

/** Rewards in the order in which they are drawn, each with its colour and its dash. */
const rewards: readonly { id: string; name: string; color: string; dash?: readonly number[] }[] = [
  { id: 'colour', name: 'colour', color: '--rubric' },
  { id: 'shape', name: 'shape, held out', color: '--right', dash: [6, 3] },
  { id: 'brightness', name: 'brightness', color: '--down-ink', dash: [2, 3] },
  { id: 'symmetry', name: 'symmetry', color: '--link', dash: [9, 3, 2, 3] },
  { id: 'mix', name: 'mix', color: '--ink', dash: [4, 2] },
];

const measured = (points: readonly EvaluationPoint[], id: string, of: (m: Measure) => number) =>
  points.map(({ evaluation }) => {
    const found = evaluation.measures?.find((m) => m.id === id);
    return found ? of(found) : null;
  });

/** A line with its band. */
const banded = (points: readonly EvaluationPoint[], id: string, series: Series) => ({
  series: [
    series,
    { label: 'from', color: series.color, edge: true },
    { label: 'to', color: series.color, edge: true },
  ],
  y: [
    measured(points, id, (m) => m.value),
    measured(points, id, (m) => m.interval[0]),
    measured(points, id, (m) => m.interval[1]),
  ],
});

const asAsked = (points: readonly EvaluationPoint[]): Omit<Figure, 'x'> => ({
  id: 'accuracy',
  title: 'Images as asked',
  caption:
    'Share of the same images, drawn anew each time, whose hue and shape are both recognised as asked; the band is the 95 % interval. Dashed: each by itself.',
  axis: 'share',
  series: [
    { label: 'as asked', color: '--rubric', marks: true },
    { label: 'from', color: '--rubric', edge: true },
    { label: 'to', color: '--rubric', edge: true },
    { label: 'right hue', color: '--link', dash: [6, 3], marks: true },
    { label: 'recognised shape', color: '--right', dash: [2, 3], marks: true },
  ],
  y: [
    points.map((e) => e.evaluation.accuracy),
    points.map((e) => e.evaluation.interval[0]),
    points.map((e) => e.evaluation.interval[1]),
    measured(points, 'hue', (m) => m.value),
    measured(points, 'recognised', (m) => m.value),
  ],
  shares: true,
});

const rewardFigure = (points: readonly EvaluationPoint[], trained: string | undefined): Omit<Figure, 'x'> => {
  const first = rewards.filter(({ id }) => id === trained || id === 'shape');
  const others = rewards.filter((own) => !first.includes(own));
  const named = ({ id, name, color, dash }: (typeof rewards)[number]): Series => ({
    label: id === trained ? `${id}, trained on` : name,
    color,
    marks: true,
    ...(dash && id !== trained && { dash }),
  });
  const bands = first.map((own) => banded(points, own.id, named(own)));
  return {
    id: 'image-rewards',
    title: 'Rewards',
    caption: `In units of their spread over the base’s images. ${trained ? 'The one that is trained on rises; the held-out shape says whether the images stay what was asked.' : 'The held-out shape says whether the images stay what was asked.'} Bands are 95 % intervals.`,
    axis: 'sd of the base',
    series: [...bands.flatMap(({ series }) => series), ...others.map(named)],
    y: [...bands.flatMap(({ y }) => y), ...others.map(({ id }) => measured(points, id, (m) => m.value))],
  };
};

/** Nothing where no two images are of one request. */
const spread = (points: readonly EvaluationPoint[]): Omit<Figure, 'x'>[] => {
  const drawn = banded(points, 'spread', { label: 'spread', color: '--link', marks: true });
  if (drawn.y[0]!.every((value) => value === null)) return [];
  return [spreadFigure(drawn)];
};

const spreadFigure = (drawn: Pick<Figure, 'series' | 'y'>): Omit<Figure, 'x'> => ({
  id: 'image-spread',
  title: 'Spread',
  caption:
    'How far two images of one request lie apart (root mean square of the pixels, of 2 at most). Where it falls, all images become one.',
  axis: 'rms',
  ...drawn,
});

const has = (points: readonly Point[], key: string) => key in (points.at(-1)?.metrics ?? {});

const column = (points: readonly Point[], key: string) =>
  points.map(({ metrics }) => (Number.isFinite(metrics[key]) ? metrics[key]! : null));

/** Winner's and loser's error apart: a falling loss alone does not say which of them moved. */
const errors = (points: readonly Point[]): Figure => ({
  id: 'image-errors',
  title: 'Errors of denoising',
  caption:
    'How far the errors have moved from the reference’s, winner’s and loser’s apart. Both may rise: the loss falls because the loser’s rises faster.',
  axis: 'error less the reference’s',
  series: [
    { label: 'winner', color: '--right', dash: [6, 3] },
    { label: 'loser', color: '--rubric', dash: [2, 3] },
  ],
  x: points.map(({ x }) => x),
  y: [column(points, 'errors/chosen'), column(points, 'errors/rejected')],
});

const words: Record<string, Partial<Figure>> = {
  margins: {
    title: 'Implicit rewards',
    caption:
      'How much more the policy favours an image, or a step to it, than the reference does: better less worse (left), and the share of pairs in which it is larger (right).',
  },
  logps: {
    title: 'Scores',
    caption:
      'What is compared of each image under the policy: minus its error of denoising, or the log-prob of a step, both means over its 432 numbers.',
    axis: 'score',
  },
};

/** What a run has cost by an update, counted over all passes, in 10^12 floating-point operations; evaluations cost nothing here. */
export const teraFlops = (passes: readonly Pick<PassInfo, 'steps' | 'flops'>[], update: number): number => {
  let [left, sum] = [update, 0];
  for (const { steps, flops = { making: 0, step: 0 } } of passes) {
    if (left <= 0) break;
    sum += flops.making + Math.min(left, steps) * flops.step;
    left -= steps;
  }
  return sum / 1e12;
};

/** The figures of a run on images: what became of the images first, then what trains. */
export const imageFigures = (
  points: readonly Point[],
  evaluations: readonly EvaluationPoint[],
  document: RunDocument | undefined,
): Figure[] => {
  const drawn = evaluations.filter(({ evaluation }) => evaluation.kind === 'images');
  const x = drawn.map((e) => e.x);
  const held =
    drawn.length === 0
      ? []
      : [asAsked(drawn), rewardFigure(drawn, trainedReward(document)), ...spread(drawn)].map((figure) => ({
          ...figure,
          x,
        }));
  const own = figuresOf(points, []).map((figure) => ({ ...figure, breaks: [], ...words[figure.id] }));
  return [...held, ...(has(points, 'errors/chosen') ? [errors(points)] : []), ...own];
};
