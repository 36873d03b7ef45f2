import type { HostWeights } from '../model/host-weights';
import type { Checkpoint } from '../store/checkpoints';
import type { Following } from './run-constants';
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
  /** Of a pass that returns the average of its weights. */
  average: HostWeights | undefined;
  /** Hashes of the weights that passes ended with, by pass. */
  kept: Record<string, string>;
  /** Where stored trees lie, by owner: 'run', or a pass with trees of its own. */
  trees: Record<string, string>;
  /** Of a pass with an order of its own. */
  epoch: Epoch | undefined;
  /** A reference that has followed the policy. Written with the rest, so that it never is of another step. */
  following: Following | undefined;
}

const asRecord = (weights: HostWeights): Checkpoint['weights'] =>
  Object.fromEntries([...weights].map(([name, { shape, data }]) => [name, { shape: [...shape], data }]));

export const toCheckpoint = (runId: string, initialWeightsHash: string, state: RunState): Checkpoint => ({
  runId,
  pass: state.pass,
  step: state.step,
  weights: asRecord(state.trained),
  optimizer: { ...state.moments, step: state.step },
  initialWeightsHash,
  ...(state.average && { average: asRecord(state.average) }),
  kept: state.kept,
  trees: state.trees,
  ...(state.epoch && { epoch: state.epoch }),
  ...(state.following && {
    following: { hash: state.following.hash, weights: asRecord(state.following.weights) },
  }),
  created: Date.now(),
});

export const fromCheckpoint = (checkpoint: Checkpoint): RunState => ({
  pass: checkpoint.pass,
  step: checkpoint.step,
  trained: new Map(Object.entries(checkpoint.weights)),
  moments: { m: checkpoint.optimizer.m, v: checkpoint.optimizer.v },
  average: checkpoint.average && new Map(Object.entries(checkpoint.average)),
  kept: { ...checkpoint.kept },
  trees: { ...checkpoint.trees },
  epoch: checkpoint.epoch,
  following: checkpoint.following && {
    hash: checkpoint.following.hash,
    weights: new Map(Object.entries(checkpoint.following.weights)),
  },
});
