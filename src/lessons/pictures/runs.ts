import { conditionAt, inWords } from '../../diffusion/world/condition';
import { signed } from '../../ui/format';
import { pixelsAt } from '../../ui/images/paint';
import type { Live, LiveRun, Picture, RunSpec } from '../lesson';
import { clearestOf, type PictureLook } from '../looks';
import { besideOf, firstOf, lastOf, measureOf, metricOf, rangesOf, runOf } from '../read';

export const look: RunSpec = {
  name: 'look',
  title: 'one step that moves nothing, to look at its pictures',
  fields: { 'data.trees': 48, steps: 1, 'optimizer.learningRate': 1e-7 },
  looks: { pair: clearestOf(48) },
  seconds: 8,
};
export const colour: RunSpec = { name: 'colour', title: '80 steps of Diffusion-DPO for colour', seconds: 17 };
export const bright: RunSpec = {
  name: 'bright',
  title: 'the same for brightness, with beta 20',
  fields: { 'data.source.params.reward': 'brightness', 'method.params.beta': 20 },
  seconds: 17,
};
export const lot: RunSpec = {
  name: 'lot',
  title: 'the same for colour, labelled by a coin',
  fields: { 'data.source.params.labels': 'lot' },
  seconds: 17,
};

/** Errors are means over single draws of noise; fewer steps would show the draw. */
export const errorSteps = 20;
export const errorsIn = (all: Live) => {
  const run = runOf(all, 'colour');
  const [chosen, rejected] = ['chosen', 'rejected'].map(
    (side) => run && metricOf(run, `errors/${side}`, errorSteps),
  );
  return chosen === undefined || rejected === undefined ? undefined : { chosen, rejected };
};

/** A change of less than this is none; before training the errors are about a tenth. */
export const unmoved = 0.001;
export const course = (by: number) => (by > unmoved ? 'rises' : by < -unmoved ? 'falls' : 'same');

export const pairIn = ({ looks }: Live) => looks['look']?.['pair'] as PictureLook | undefined;
export const letters = ['A', 'B'];
export const better = (all: Live) => {
  const pair = pairIn(all);
  return pair ? (pair.pictures[0]!.reward > pair.pictures[1]!.reward ? 0 : 1) : undefined;
};

/** Steps of a run. */
export const trainedFor = (all: Live, name: string): number => runOf(all, name)?.document.steps ?? 0;

export const ranges = (all: Live, name: string, id: string) => {
  const run = runOf(all, name);
  return run && rangesOf(run, id);
};

/** What became of a share, beyond chance. */
export const moved = (all: Live, name: string, id: string) => {
  const found = ranges(all, name, id);
  return found && besideOf(found.before, found.now);
};

/** Pictures that an evaluation kept: one of each shape, or two. */
export const drawn = (
  run: LiveRun | undefined,
  when: 'before' | 'now',
  every = false,
): readonly Picture[] | undefined => {
  const images = run && (when === 'before' ? firstOf(run) : lastOf(run))?.images;
  if (!images) return undefined;
  const all = images.conditions.map((condition, i) => ({
    pixels: pixelsAt(images.pixels, i),
    label: inWords(conditionAt(condition)),
  }));
  return every ? all : all.filter((_, i) => i % 2 === 0);
};

export const rowsOf = (rows: readonly (readonly [string, readonly Picture[] | undefined])[]) => {
  const there = rows.flatMap(([heading, pictures]) => (pictures ? [{ heading, pictures }] : []));
  return there.length > 0 ? there : undefined;
};

/** Measures of runs that a table of them has. */
export const columns = [
  ['hue', 'right hue', (value: number) => `${(100 * value).toFixed(1)} %`],
  ['recognised', 'shape recognised', (value: number) => `${(100 * value).toFixed(1)} %`],
  ['shape', 'shape, held out', (value: number) => signed(value, 2)],
  ['brightness', 'brightness', (value: number) => signed(value, 2)],
] as const;

export const rowOf = (label: string, run: LiveRun | undefined, when: 'before' | 'now') => {
  const values = columns.map(([id]) => run && measureOf(run, id)?.[when]);
  return values.every((value) => value !== undefined)
    ? [[label, ...values.map((value, i) => columns[i]![2](value!))]]
    : [];
};
