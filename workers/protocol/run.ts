/** A run: its state, and what is kept of it. */

import type { KernelChoice } from '../../src/kernels/kernel-choice';
import type { BackendInfo } from '../../src/tf';
import type { RunDocument } from '../../src/train/run-document';
import type { Measure } from '../../src/util/measure';
import type { Evaluation, Probe } from './measured';

/** TRL's metric names letter for letter (`rewards/margins`, `logps/chosen`, `grad_norm`, ...), plus `step`. */
export type Metrics = Record<string, number>;

export type RunPhase =
  | 'idle'
  | 'loading'
  | 'evaluating'
  | 'collecting'
  | 'scoring'
  | 'training'
  | 'paused'
  | 'finished'
  | 'stopped'
  | 'failed';

/** A pass of a run, in words. */
export interface PassInfo {
  id: string;
  label: string;
  /** The weights that it starts from, and what it is compared with, where its loss reads a reference. */
  from: string;
  reference: string | undefined;
  /** What it trains on. */
  data: string;
  steps: number;
  /** Of a model that draws: floating-point operations of drawing what it trains on, and of one step. */
  flops?: { making: number; step: number };
}

export interface RunStatus {
  runId: string;
  phase: RunPhase;
  /** Optimiser steps done in the current stage, of `steps`. */
  step: number;
  steps: number;
  /** For methods with several passes. */
  stage: { index: number; count: number; id: string; label: string };
  passes: PassInfo[];
  /** Sentence for the status line: what is being done, or why it stopped. */
  message: string;
  backend: BackendInfo;
  /** What its optimiser steps have taken: time of this device, and tokens (or images) that went through the model. */
  took?: { seconds: number; tokens: number };
}

/** A run that is compared with others: which of how many it is. */
export interface RunGroup {
  id: string;
  arm: number;
  arms: number;
}

export interface RunSummary {
  runId: string;
  document: RunDocument;
  created: number;
  updated: number;
  step: number;
  stage: number;
  phase: RunPhase;
  metrics: { stage: string; metrics: Metrics }[];
  evaluations: Evaluation[];
  /** Missing in runs of earlier versions. */
  probes?: Probe[];
  /** What makers of data have measured of them, by pass; of the run's own by 'run'. */
  made?: Record<string, Measure[]>;
  /** Steps whose weights are kept, to be looked at. */
  snapshots?: { stage: string; step: number }[];
  /** The best evaluation of its pass, whose whole state is kept, to be gone back to. */
  best?: { stage: string; step: number; score: number };
  /** What each optimiser step took. */
  took?: { stage: string; step: number; seconds: number; tokens: number }[];
  /** Where it is an arm of a comparison. */
  group?: RunGroup;
  /** Which kernel variants it ran on (WebGPU only): another variant adds in another order. */
  kernels?: KernelChoice;
}
