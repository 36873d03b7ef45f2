import type { HostWeights } from '../model/host-weights';
import type { Checkpoint } from '../store/checkpoints';
import type { Epoch } from './run-order';
import type { Moments } from './run-weights';

/**
 * Everything but the run document and the initial weights that decides a run's numbers from here on. This is the checkpoint;
 * what is large and needed by later passes alone (weights that passes ended with) lies beside it, by hash.
 */
export interface RunState {
  /** Index of the present pass, and optimiser steps done in it. */
  pass: number;
  step: number;
  trained: HostWeights;
  moments: Moments;
  /** Hashes of the weights that passes ended with, by pass. */
  kept: Record<string, string>;
  /** Where stored trees lie, by owner: 'run', or a pass with trees of its own. */
  trees: Record<string, string>;
  /** Of a pass with an order of its own. */
  epoch: Epoch | undefined;
  /** Hash of a reference that has followed the policy; its weights are kept under the pass's name and "reference". */
  following: string | undefined;
}

export const toCheckpoint = (runId: string, initialWeightsHash: string, state: RunState): Checkpoint => ({
  runId,
  pass: state.pass,
  step: state.step,
  weights: Object.fromEntries(
    [...state.trained].map(([name, { shape, data }]) => [name, { shape: [...shape], data }]),
  ),
  optimizer: { ...state.moments, step: state.step },
  initialWeightsHash,
  kept: state.kept,
  trees: state.trees,
  ...(state.epoch && { epoch: state.epoch }),
  ...(state.following !== undefined && { following: state.following }),
  created: Date.now(),
});

export const fromCheckpoint = (checkpoint: Checkpoint): RunState => ({
  pass: checkpoint.pass,
  step: checkpoint.step,
  trained: new Map(Object.entries(checkpoint.weights)),
  moments: { m: checkpoint.optimizer.m, v: checkpoint.optimizer.v },
  kept: { ...checkpoint.kept },
  trees: { ...checkpoint.trees },
  epoch: checkpoint.epoch,
  following: checkpoint.following,
});
