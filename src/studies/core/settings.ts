import type { Fields, FurtherBase, Measure, Study } from './study';

/** What studies of one world share. All fields that decide numbers stand here, whatever a method's own defaults become. */

const sixSeeds = [1, 2, 3, 4, 5, 6] as const;

/**
 * Settings of both arms are chosen by accuracy on other seeds; what is 5 points behind on the first is not run on the rest.
 * @param seeds more than two where settings lie close together
 */
export const chosenByAccuracy = (
  tried: NonNullable<Study['chosen']>['tried'],
  seeds: readonly number[] = [101, 102],
): NonNullable<Study['chosen']> => ({ seeds, by: 'accuracy', farBehind: 0.05, tried });

const adam: Fields = {
  'optimizer.beta1': 0.9,
  'optimizer.beta2': 0.999,
  'optimizer.weightDecay': 0,
  'optimizer.maxGradNorm': 1,
};

/** Chained arithmetic: 256 trees, 16 a step, 500 held-out problems answered greedily. */
export const arithmetic: Fields = {
  ...adam,
  'data.task': 'arithmetic',
  'data.difficulty': 'medium',
  'data.trees': 256,
  'data.maxTokens': 96,
  'schedule.kind': 'cosine',
  'schedule.warmup': 0.1,
  batchSize: 16,
  'evaluation.problems': 500,
};

/** Talkative sums: the longest right answer is preferred to the shortest wrong one, so that length looks like a merit. */
export const talk: Fields = {
  ...adam,
  'data.task': 'talk',
  'data.difficulty': 'medium',
  'data.source.id': 'length-biased',
  'data.maxTokens': 112,
  'schedule.kind': 'linear',
  'schedule.warmup': 0.25,
  batchSize: 16,
  'evaluation.problems': 400,
};

const accuracy: Measure = {
  id: 'accuracy',
  name: 'held-out problems solved',
  unit: 'points',
  times: 100,
};

const rightLines: Measure = { id: 'stepAccuracy', name: 'right lines', unit: 'points', times: 100 };

const tokens: Measure = { id: 'meanTokens', name: 'length of an answer', unit: 'tokens' };

type Measured = Pick<Study, 'measure' | 'direction' | 'seeds' | 'also'>;

/**
 * Again on a model trained like the first from other random weights and in another order.
 * @param set by arm, the settings chosen on it
 */
export const alsoOnSecond = (set: FurtherBase['set']): Pick<Study, 'bases'> => ({
  bases: [{ model: 'arith-nano-2', set }],
});

/** The first arm solves more. */
export const solvesMore: Measured = {
  measure: accuracy,
  direction: 'more',
  seeds: sixSeeds,
  also: [rightLines],
};

/** The first arm's answers are shorter. */
export const staysShorter: Measured = {
  measure: tokens,
  direction: 'less',
  seeds: sixSeeds,
  also: [accuracy],
};

/** Learning rates to be tried. */
export const rates = (...all: number[]): Fields[] => all.map((rate) => ({ 'optimizer.learningRate': rate }));

/** Every setting of the one with every setting of the other. */
export const crossed = (some: readonly Fields[], others: readonly Fields[]): Fields[] =>
  some.flatMap((one) => others.map((other) => ({ ...one, ...other })));
