import type { NumberParam } from '../../methods/params';
import { defaultSnapshots, type RunDocument } from '../../train/run-document';

/** A number of the run document outside the method's own parameters. Ranges are those of the document's schema. */
export interface NumberField {
  path: string;
  label: string;
  help: string;
  min: number;
  max: number;
  integer?: boolean;
  scale?: NumberParam['scale'];
  /** What holds where a document says nothing. */
  missing?: number;
}

export const mainFields: readonly NumberField[] = [
  { path: 'steps', label: 'Steps', help: 'Optimiser steps.', min: 1, max: 1_000_000, integer: true },
  {
    path: 'optimizer.learningRate',
    label: 'Learning rate',
    help: 'The peak, after warm-up.',
    min: 0,
    max: 1,
  },
  {
    path: 'batchSize',
    label: 'Batch size',
    help: 'Trees per micro-batch.',
    min: 1,
    max: 4096,
    integer: true,
  },
  {
    path: 'data.trees',
    label: 'Pairs to make',
    help: 'Preference trees (for SFT, solutions) made before training.',
    min: 1,
    max: 100_000,
    integer: true,
  },
  {
    path: 'evaluation.problems',
    label: 'Held-out problems',
    help: 'Answered greedily at each evaluation.',
    min: 0,
    max: 10_000,
    integer: true,
  },
  {
    path: 'evaluation.every',
    label: 'Evaluate every',
    help: 'In steps; 0 means before and after only.',
    min: 0,
    max: 1_000_000,
    integer: true,
  },
  {
    path: 'seed',
    label: 'Seed',
    help: 'The same seed on the same device gives the same numbers.',
    min: 0,
    max: 4_294_967_295,
    integer: true,
  },
];

/** The same for a run on a dataset. */
export const dataFields: readonly NumberField[] = mainFields
  .filter(({ path }) => path !== 'data.trees')
  .map((field) =>
    field.path === 'evaluation.problems'
      ? { ...field, label: 'Held-out examples', help: 'Scored at each evaluation, at most.' }
      : field,
  );

/** And for one of a model that draws. */
const onImages: Readonly<Record<string, Partial<NumberField>>> = {
  batchSize: { help: 'Pairs of images, lists or drawings per micro-batch.' },
  'data.trees': {
    label: 'Examples to make',
    help: 'Pairs of images, lists or drawings made before training; in rounds, before each.',
  },
  'evaluation.problems': {
    label: 'Images measured',
    help: 'Drawn at each evaluation, always from the same noise.',
  },
};

export const imageFields: readonly NumberField[] = mainFields.map((field) => ({
  ...field,
  ...onImages[field.path],
}));

export const moreFields: readonly NumberField[] = [
  {
    path: 'accumulate',
    label: 'Micro-batches per step',
    help: 'Gradients of this many are added up.',
    min: 1,
    max: 4096,
    integer: true,
  },
  { path: 'data.maxTokens', label: 'Longest answer', help: 'In tokens.', min: 4, max: 4096, integer: true },
  {
    path: 'schedule.warmup',
    label: 'Warm-up',
    help: 'Share of the steps over which the rate rises from 0.',
    min: 0,
    max: 1,
  },
  {
    path: 'optimizer.maxGradNorm',
    label: 'Largest gradient norm',
    help: 'Longer gradients are shortened; 0 turns that off.',
    min: 0,
    max: 1e6,
  },
  { path: 'optimizer.weightDecay', label: 'Weight decay', help: 'Of AdamW.', min: 0, max: 1 },
  { path: 'optimizer.beta1', label: 'AdamW β₁', help: 'Memory of the mean.', min: 0, max: 0.9999 },
  { path: 'optimizer.beta2', label: 'AdamW β₂', help: 'Memory of the square.', min: 0, max: 0.999999 },
  { path: 'optimizer.epsilon', label: 'AdamW ε', help: 'Keeps the division finite.', min: 1e-12, max: 1e-2 },
  {
    path: 'checkpointEvery',
    label: 'Save every',
    help: 'In steps; 0 means at pauses and at the end.',
    min: 0,
    max: 1_000_000,
    integer: true,
  },
  {
    path: 'snapshots',
    label: 'Weights kept on the way',
    help: 'At so many steps weights of up to 8 MB are stored, to be looked at later, and all of the best evaluation, to go back to; 0 keeps none.',
    min: 0,
    max: 100,
    integer: true,
    missing: defaultSnapshots,
  },
];

/** Those that mean something for a model that draws: its examples have no length. */
export const moreImageFields = moreFields.filter(({ path }) => path !== 'data.maxTokens');

export const adapterNumbers: readonly NumberField[] = [
  {
    path: 'adapter.rank',
    label: 'Rank',
    help: 'Width of the adapter: more can learn more and takes more memory.',
    min: 1,
    max: 256,
    integer: true,
  },
  {
    path: 'adapter.alpha',
    label: 'Alpha',
    help: 'Its output is scaled by alpha / rank.',
    min: 0.001,
    max: 100_000,
  },
  {
    path: 'adapter.dropout',
    label: 'Dropout',
    help: 'Share of its inputs left out at each step.',
    min: 0,
    max: 0.9,
  },
];

type Tree = { [key: string]: unknown };

export const valueAt = (document: RunDocument, path: string): unknown =>
  path.split('.').reduce<unknown>((at, key) => (at as Tree)[key], document);

/** A copy of the document with one field replaced. */
export const withValue = (document: RunDocument, path: string, value: unknown): unknown => {
  const put = (at: Tree, [key, ...rest]: string[]): Tree => ({
    ...at,
    [key!]: rest.length === 0 ? value : put(at[key!] as Tree, rest),
  });
  return put(document as unknown as Tree, path.split('.'));
};

const ticks = 1000;

/** Position of a value on a slider of 0..1000. A log slider that starts at 0 keeps 0 as its first position. */
export const toSlider = (
  value: number,
  { min, max, scale }: Pick<NumberField, 'min' | 'max' | 'scale'>,
): number => {
  if (scale !== 'log') return ((value - min) / (max - min)) * ticks;
  const low = min > 0 ? min : max / 1e6;
  return value <= low ? 0 : (Math.log(value / low) / Math.log(max / low)) * ticks;
};

export const fromSlider = (
  position: number,
  { min, max, scale, integer }: Pick<NumberField, 'min' | 'max' | 'scale' | 'integer'>,
): number => {
  const low = min > 0 ? min : max / 1e6;
  const share = position / ticks;
  const raw = scale !== 'log' ? min + share * (max - min) : position <= 0 ? min : low * (max / low) ** share;
  const value = integer ? Math.round(raw) : Number(raw.toPrecision(3));
  return Math.min(max, Math.max(min, value));
};
