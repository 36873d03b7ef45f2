/**
 * The whole conversation between a page and the training worker. Types only: the worker is transport, the run itself
 * lives in src/train/session.ts. All of it survives structured clone, so Comlink needs no custom transfer.
 */

import type { DatasetReport } from '../src/data/prepare/report';
import type { KernelChoice } from '../src/kernels/kernel-choice';
import type { Problem, Verdict } from '../src/tasks/task';
import type { BackendChoice, BackendInfo } from '../src/tf';
import type { MethodInfo } from '../src/train/method-info';
import type { RunDocument } from '../src/train/run-document';
import type { PreferenceTree } from '../src/tree/tree';

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

export interface RunStatus {
  runId: string;
  phase: RunPhase;
  /** Optimiser steps done in the current stage, of `steps`. */
  step: number;
  steps: number;
  /** For methods with several passes. */
  stage: { index: number; count: number; id: string; label: string };
  /** Sentence for the status line: what is being done, or why it stopped. */
  message: string;
  backend: BackendInfo;
}

export interface Evaluation {
  /** 'answers' (when left out): held-out problems answered; 'pairs': held-out rows of a dataset scored. */
  kind?: 'answers' | 'pairs';
  step: number;
  stage: string;
  /** Problems, or comparisons (none where the method compares nothing). */
  problems: number;
  /**
   * Share of held-out problems answered wholly right, greedily, or of comparisons whose chosen side has the larger
   * implicit reward; with its 95 % Wilson interval.
   */
  accuracy: number;
  interval: [number, number];
  /** Share of steps right among those written; 0 for pairs. */
  stepAccuracy: number;
  meanTokens: number;
  /** Of pairs, under TRL's names: `eval_loss`, `eval_rewards/margins`, ... */
  metrics?: Metrics;
}

export type RunEvent =
  | { kind: 'status'; status: RunStatus }
  | { kind: 'progress'; phase: RunPhase; done: number; total: number; note: string }
  | { kind: 'metrics'; stage: string; metrics: Metrics }
  | { kind: 'evaluation'; evaluation: Evaluation }
  /** Of a dataset only the first few hundred are sent; `trees` gives all. */
  | { kind: 'tree'; tree: PreferenceTree; index: number }
  /** A dataset has been read: what became of its rows. */
  | { kind: 'dataset'; report: DatasetReport }
  | { kind: 'checkpoint'; step: number; stored: boolean; note: string }
  | { kind: 'error'; name: string; message: string };

/** A token of an answer with the credit that the method gives it. */
export interface CreditToken {
  text: string;
  /** Index of its step in the response; -1 when not scored (prompt, shared prefix). */
  step: number;
  policyLogProb: number;
  referenceLogProb: number;
  /** c_t: the method's coefficient. */
  weight: number;
  /** beta * c_t * (policy - reference): this token's part of the implicit reward. */
  reward: number;
  /** -dLoss/dlogProb: how hard, and which way, the loss pushes this token now. Positive raises it. */
  push: number;
}

export interface CreditResponse {
  role: 'chosen' | 'rejected' | 'response';
  tokens: CreditToken[];
  steps: { text: string; scored: boolean; reward: number; push: number; correct: boolean | undefined }[];
  reward: number;
}

export interface CreditView {
  treeId: string;
  prompt: string;
  method: string;
  responses: CreditResponse[];
  loss: number;
}

export interface Answer {
  problem: Problem;
  text: string;
  tokens: string[];
  logProbs: number[];
  verdict: Verdict;
}

export interface ModelSummary {
  id: string;
  name: string;
  description: string;
  parameters: number;
  builtIn: boolean;
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
  /** Which kernel variants it ran on (WebGPU only): another variant adds in another order. */
  kernels?: KernelChoice;
}

export interface StorageItem {
  store: 'models' | 'datasets' | 'references' | 'runs' | 'checkpoints';
  key: string;
  label: string;
  bytes: number;
  updated: number;
}

export interface StorageReport {
  items: StorageItem[];
  usage: number;
  quota: number;
  persisted: boolean;
  /** Empty, or why nothing can be stored (private window, full disk). */
  problem: string;
}

/** Exposed by workers/train.worker.ts through Comlink. Every promise rejects with an Error whose message is for people. */
export interface TrainerApi {
  /**
   * Starts the backend. Called once, first.
   * @param baseUrl absolute address of the folder that holds `models/`; by default the one above the worker's own
   */
  init(choice: BackendChoice, baseUrl?: string): Promise<BackendInfo>;
  /** The catalogue without its functions, so that the page need not load the tensor library. May come before init. */
  methods(): Promise<MethodInfo[]>;
  models(): Promise<ModelSummary[]>;
  /** One listener at a time; events come batched, at most ten messages a second. */
  subscribe(listener: (events: RunEvent[]) => void): Promise<void>;

  /** Validates the document, loads the model and makes a new run (phase 'idle'). */
  create(document: unknown): Promise<RunStatus>;
  /** Opens a stored run at its last checkpoint (phase 'paused'). */
  open(runId: string): Promise<RunStatus>;
  /** Trains until paused, stopped, finished or failed; resolves with the status it ended in. */
  start(): Promise<RunStatus>;
  /** Does exactly one optimiser step (after collecting, when that is still to do) and pauses. */
  stepOnce(): Promise<RunStatus>;
  /** Asks the run to pause after the current step; a checkpoint is written. */
  pause(): Promise<RunStatus>;
  /** Ends the run; the weights of the last step stay and can be exported. */
  stop(): Promise<RunStatus>;
  status(): Promise<RunStatus | undefined>;

  /**
   * Loads a model to answer problems before any run exists. A run that has ended is closed for it; it stays stored.
   * @throws when a run of another model is under way
   */
  load(model: string): Promise<ModelSummary>;
  /** Held-out problems of a difficulty, from `start` on. The same for everyone. */
  problems(task: string, difficulty: string, start: number, count: number): Promise<Problem[]>;
  /** Greedy when temperature is 0. 'policy' is the current weights, 'reference' those the run began with. */
  answer(
    problems: Problem[],
    options: {
      which: 'policy' | 'reference';
      temperature: number;
      seed: number;
      maxTokens: number;
      /** The task they are from; by default that of the open run, else the first built-in one. */
      task?: string;
    },
  ): Promise<Answer[]>;
  evaluate(count: number): Promise<Evaluation>;

  /** The trees made so far, by index. */
  trees(start: number, count: number): Promise<{ total: number; trees: PreferenceTree[] }>;
  /** Credit of the method on a tree of the run, under the current weights. */
  credit(treeIndex: number): Promise<CreditView>;

  runs(): Promise<RunSummary[]>;
  deleteRun(runId: string): Promise<void>;
  storage(): Promise<StorageReport>;
  deleteStored(store: StorageItem['store'], key: string): Promise<void>;
  persistStorage(): Promise<boolean>;

  /** A zip: config.json, model.safetensors, tokenizer files, run.json, metrics.json, README.md. */
  exportModel(): Promise<Uint8Array>;
  /** tensors, GPU buffer bytes and dispatches, for leak checks. */
  memory(): Promise<{ tensors: number; bytes: number; gpuBytes: number; dispatches: number }>;
  dispose(): Promise<void>;
}
