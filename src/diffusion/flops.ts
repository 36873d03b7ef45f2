/** What a run's passes cost in floating-point operations, from the document alone: each call of the network at `forwardFlops`. */
import type { LatentReads } from '../methods/objective';
import type { Pass } from '../methods/pass';
import { ownSource } from '../methods/pass';
import type { RunDocument } from '../train/run-document';
import type { DenoiserConfig } from './net/config';
import { forwardFlops } from './net/config';
import { preferenceConfig } from './net/preference-model';
import { STEPS } from './net/schedule';
import { PER_LIST } from './pool';

/** Of a pass: of drawing what it trains on, and of one of its updates. */
interface PassFlops {
  making: number;
  step: number;
}

type Params = Readonly<Record<string, unknown>>;

/** Forward and backward are three times a forward. */
const TRAINED = 3;

/** Steps of a walk that are gone, and at how many of them next states are compared. */
const walks = {
  'pool-steps': { gone: 19, compared: 15 },
  'twin-steps': { gone: 17, compared: 5 },
  'whole-walks': { gone: STEPS, compared: 5 },
} as const;

const isWalk = (id: string): id is keyof typeof walks => Object.hasOwn(walks, id);

/** A push up the slope of the reward: its gradient, and the reward before and after. */
const PUSHED = TRAINED + 2;

/** Images that go through the network to make `count` trees. */
const drawn = (id: string, params: Params, count: number, latents: LatentReads | undefined): number => {
  if (id === 'pool-pairs') return Math.ceil(count / ((PER_LIST * (PER_LIST - 1)) / 2)) * PER_LIST * STEPS;
  if (id === 'pool-lists') return count * PER_LIST * STEPS;
  if (!isWalk(id)) return 0;
  const { gone, compared } = walks[id];
  const made = Math.max(1, Math.round(count / compared));
  if (id === 'whole-walks') return made * 2 * gone;
  const states = id === 'twin-steps' ? 2 : Number(params['pool']);
  const guided = latents?.entry === 'transition' && latents.guidance !== undefined;
  return made * (gone + compared * (states + (guided ? PUSHED : 0)));
};

/** Images of a tree that go through the network at an update. */
const imagesOf = (id: string, params: Params, latents: LatentReads | undefined): number => {
  if (id === 'drawn-images') return 1;
  if (id === 'pool-lists') return Number(params['size']);
  // The next states of one state are one question to the network.
  return latents?.entry === 'transition' && id !== 'whole-walks' ? 1 : 2;
};

/** Images that go through the network for each tree of a pass. */
export const imagesPerTree = (pass: Pass, { data }: Pick<RunDocument, 'data'>): number =>
  imagesOf(
    (ownSource(pass) ?? data.source)?.id ?? '',
    data.source?.params ?? {},
    pass.objective.reads.latents,
  );

/** Of one tree at an update. */
const perTree = (config: DenoiserConfig, { objective: { reads } }: Pass, images: number): number => {
  const own = forwardFlops(config);
  const { latents } = reads;
  if (latents?.entry === 'preference') return images * (own + TRAINED * forwardFlops(preferenceConfig));
  const noise = latents?.entry === 'error' && typeof latents.noise === 'object' ? latents.noise : undefined;
  const inverted = noise ? noise.inversion * (noise.renoise ? 2 : 1) : 0;
  return images * own * (TRAINED + (reads.reference ? 1 : 0) + inverted);
};

/** @param first whether it is the first pass to train on the run's own trees, which are drawn for it */
export const passFlops = (
  config: DenoiserConfig,
  pass: Pass,
  { data, batchSize, accumulate }: Pick<RunDocument, 'data' | 'batchSize' | 'accumulate'>,
  first: boolean,
): PassFlops => {
  const source = ownSource(pass) ?? data.source;
  const id = source?.id ?? '';
  const params: Params = data.source?.params ?? {};
  const { latents } = pass.objective.reads;
  const images = imagesPerTree(pass, { data });
  const makes = first || pass.trees === 'fresh' || ownSource(pass) !== undefined;
  return {
    making: makes ? drawn(id, params, pass.makes ?? data.trees, latents) * forwardFlops(config) : 0,
    step: batchSize * accumulate * perTree(config, pass, images),
  };
};

/** What the passes of a run ask of the network: steps of denoising for what they train on, and operations in all. */
export const runCost = (
  config: DenoiserConfig,
  passes: readonly { steps: number; flops?: PassFlops }[],
): { denoised: number; flops: number } => {
  const sum = (of: (flops: PassFlops, steps: number) => number) =>
    passes.reduce((total, { steps, flops }) => total + (flops ? of(flops, steps) : 0), 0);
  return {
    denoised: Math.round(sum(({ making }) => making) / forwardFlops(config)),
    flops: sum(({ making, step }, steps) => making + steps * step),
  };
};
