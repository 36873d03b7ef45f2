import type { PipelineContext } from '../search/pipeline';
import type { Scalar, Tensor1D } from '../tf';
import type { PackedBatch } from '../tree/packed-batch';
import type { PreferenceTree } from '../tree/tree';

/** Log-probs of one model over one packed batch. For the reference they are constants. */
export interface Scores {
  /** Per entry. */
  logProb: Tensor1D; // [M]
  /** Weighted masked sum per step, from the fused kernel. */
  stepSum: Tensor1D; // [S]
}

/**
 * One side of the comparisons of a batch. C = number of comparisons.
 * Every field is computed when it is first read, so that a loss pays only for what it uses.
 */
export interface Side {
  /** Weighted sum of the policy's log-probs over the response's scored tokens. */
  readonly sum: Tensor1D; // [C]
  /** The same of the reference; zeros when the method uses none. */
  readonly refSum: Tensor1D; // [C]
  /** sum - refSum, the S of the papers when weights are 1. */
  readonly logRatio: Tensor1D; // [C]
  /** Scored tokens, constant. */
  readonly length: Tensor1D; // [C]
  /** beta * logRatio, the implicit reward. The factor goes into a constant matrix and costs no operation of its own. */
  reward(beta: number): Tensor1D; // [C]
}

export interface LossInput {
  batch: PackedBatch;
  policy: Scores;
  reference: Scores | undefined;
  /** The sides of each comparison; reading a field throws when the batch has no comparison (SFT). */
  chosen: Side;
  rejected: Side;
  /** beta * (chosen.logRatio - rejected.logRatio), in one product; throws like the sides. */
  margin(beta: number): Tensor1D; // [C]
  /** Sum over the steps of each response: policy and length, for methods without pairs. P = number of responses. */
  responses: { readonly sum: Tensor1D; readonly refSum: Tensor1D; readonly length: Tensor1D }; // [P]
}

export interface LossOutput {
  /** Mean over comparisons (or over responses or tokens, as the paper has it). */
  loss: Scalar;
  /** Implicit rewards; TRL's `rewards/chosen` and `rewards/rejected` are their means. Omitted when there are none. */
  chosenRewards?: Tensor1D; // [C]
  rejectedRewards?: Tensor1D; // [C]
  /** Further scalars to log, by name. */
  aux?: Record<string, Scalar>;
}

/** Where a default comes from: the paper's text, its official code, or our reading where neither states it. */
export type Provenance = 'paper' | 'code' | 'ours';

export interface ParamInfo {
  label: string;
  help: string;
  min: number;
  max: number;
  /** For sliders; 'log' when the range spans orders of magnitude. */
  scale?: 'linear' | 'log';
  integer?: boolean;
  default: number;
  from: Provenance;
}

export type Params = Record<string, number>;

/** A constant per-token input that the engine computes before training and caches by content hash. */
export interface WeightInput {
  batch: PackedBatch;
  /** Log-probs per entry under the reference and, in a stage that has one, under the guide. */
  referenceLogProb: Float32Array | undefined; // [M]
  guideLogProb: Float32Array | undefined; // [M]
}

/** One pass of a method that trains more than once. */
export interface Stage {
  id: string;
  label: string;
  /** Method whose loss this stage uses. */
  method: Method;
  params: Params;
  /** The guide of this stage: the final policy of an earlier stage, by id. */
  guide?: string;
}

/** What a method file exports. See ARCHITECTURE.md, "A method file". */
export interface Method {
  id: string;
  name: string;
  chapter: 'supervised' | 'pairwise' | 'stepwise' | 'token-level';
  paper: { title: string; authors: string; year: number; arxiv?: string; url: string };
  /** The idea in one or two sentences, for the page. */
  summary: string;
  /** The loss in TeX. */
  tex: string;
  /** Departures from the paper or open points, shown to the user as "our reading". */
  notes: string[];
  params: Record<string, ParamInfo>;
  /** Optimiser settings of the paper, and what suits the built-in models. */
  defaults: { paper: Record<string, number | string>; learningRate: number; batchSize: number };
  needs: { reference: boolean; comparisons: boolean; steps: boolean };
  /** The data pipeline: yields trees until `ctx.count` were made or the problems run out. */
  collect(ctx: PipelineContext): AsyncGenerator<PreferenceTree>;
  /** Per-entry coefficients c_t [M]; omitted means 1 on every scored token. Must be finite. */
  weights?(input: WeightInput, params: Params): Float32Array;
  loss(input: LossInput, params: Params): LossOutput;
  /** Passes of the whole run, last one the result; omitted means one pass of this method. Each starts at the initial weights. */
  stages?(self: Method, params: Params): Stage[];
  /** Key of `params` that scales the implicit reward shown as credit: beta. Omitted: no implicit reward, show log-prob. */
  rewardScale?: string;
}

export const defineMethod = (method: Method): Method => method;

/** The value of a parameter. @throws when the run left it out; `parseRun` rules that out for runs that it checked. */
export const param = (params: Params, key: string): number => {
  const value = params[key];
  if (value === undefined) throw new Error(`The parameter "${key}" is missing; give it in method.params.`);
  return value;
};

/** Every parameter at its default. */
export const defaultParams = (method: Pick<Method, 'params'>): Params =>
  Object.fromEntries(Object.entries(method.params).map(([key, info]) => [key, info.default]));
