import type { Source } from '../sources/source';
import type { Objective } from './objective';
import type { Order } from './order';

/** Names a pass within its run. */
export type PassId = string;

/**
 * Weights: those that the run begins with, those that an earlier pass ended with, or a weighted sum of such (merging,
 * extrapolation). The weights of a sum are taken as they are; a mean has weights that add up to 1.
 */
export type Blend = 'start' | PassId | readonly (readonly [number, 'start' | PassId])[];

/** A reference that follows the policy: after every so many steps it becomes mix * policy + (1 - mix) * itself. */
export interface Refresh {
  every: number;
  mix: number;
}

/**
 * What a pass returns is a moving average of its weights: after each step, keep * average + (1 - keep) * weights. keep rises to
 * `decay`: it is (1 + n) / (10 + n) after n steps, as long as that is less, so that the first weights are soon forgotten.
 */
export interface Averaged {
  decay: number;
}

/** What is kept of the average at the step after `done` others. */
export const averageKeeps = ({ decay }: Averaged, done: number): number =>
  Math.min(decay, (1 + done) / (10 + done));

/**
 * One stretch of training: from which weights, compared with what, on which trees, in which order, with which loss. A run
 * is a static list of passes, so that a stored run is "pass 2, step 17".
 */
export interface Pass {
  id: PassId;
  label: string;
  objective: Objective;
  /** Initial weights; 'start' when left out. */
  from?: Blend;
  /** What the objective's reference is; 'start' when left out. */
  reference?: Blend;
  refresh?: Refresh;
  /** The weights themselves when left out. What is measured, kept and exported is then the average. */
  average?: Averaged;
  /**
   * What it trains on: the run's trees when left out, another source's, or an earlier pass's. A source samples from the weights
   * that the pass starts from. 'fresh' is the run's own source once more, on new problems; of a file it is the next part: all
   * that take fresh trees and the run's own share the file out among them, prompt by prompt.
   */
  trees?: Source | { of: PassId } | 'fresh';
  /**
   * Goes on from the pass before it as if both were one: with its weights, its optimiser's moments and its place in the schedule of
   * the learning rate. For rounds that are one training on data made anew. Measured and stored as the document says, not at each end.
   */
  goesOn?: true;
  /** How many trees its own source makes; as many as the document says when left out. */
  makes?: number;
  /** The peak of its learning rate; the document's when left out. */
  learningRate?: number;
  /** Share of the trees that are the run's first ones, mixed in. */
  replay?: number;
  /** A fresh shuffle per epoch when left out. */
  order?: Order;
  /** Its steps for each of the document's, at most 10; as many when left out. */
  share?: number;
}

/** The source that a pass has for itself. */
export const ownSource = ({ trees }: Pass): Source | undefined =>
  typeof trees === 'object' && !('of' in trees) ? trees : undefined;

/** The earlier pass whose trees a pass takes. */
export const treesOf = ({ trees }: Pass): PassId | undefined =>
  typeof trees === 'object' && 'of' in trees ? trees.of : undefined;

/** Whether a pass trains a network of its own, which is not what the run returns. */
export const trainsApart = ({ objective }: Pass): boolean => objective.reads.latents?.entry === 'preference';
