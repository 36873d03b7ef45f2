import type { ModelConfig } from '../src/model/config';
import { parameterShapes } from '../src/model/parameters';
import { createRng } from '../src/util/rng';

/** The shape of arith-small, so that every side of the comparison trains the same thing. */
export const arithSmall: ModelConfig = {
  family: 'llama',
  vocabSize: 21,
  hiddenSize: 128,
  intermediateSize: 352,
  layers: 6,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  normEps: 1e-5,
  ropeTheta: 10_000,
  ropeScaling: undefined,
  biases: [],
  qkNorm: false,
  activation: 'silu',
  maxPositions: 512,
  tieWordEmbeddings: true,
  bosTokenId: 1,
  eosTokenIds: [2],
  padTokenId: 0,
  source: {},
};

/** The shape of arith-nano, the smallest that the page trains: what a loss costs weighs most there. */
export const arithNano: ModelConfig = {
  ...arithSmall,
  hiddenSize: 64,
  intermediateSize: 176,
  layers: 4,
  headDim: 16,
};

export type Weights = Map<string, { shape: number[]; data: Float32Array }>;

/** Seeded weights; `noise` moves them a little off, for a reference that is not the policy. */
export const seededWeights = (config: ModelConfig, seed: number, noise = 0): Weights => {
  const weights: Weights = new Map();
  const away = createRng(seed + 1);
  for (const [name, shape] of parameterShapes(config)) {
    const rng = createRng(seed).fork(name);
    const size = shape.reduce((a, b) => a * b, 1);
    const scale = 1 / Math.sqrt(shape.at(-1)!);
    const data = Float32Array.from({ length: size }, () =>
      shape.length === 1 ? 1 : scale * (rng.normal() + noise * away.normal()),
    );
    weights.set(name, { shape, data });
  }
  return weights;
};
