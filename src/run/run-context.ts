import type { RunEvent, RunGroup, RunPhase, RunSummary } from '../../workers/protocol';
import type { PreparedDataset } from '../data/prepare/prepare';
import type { LoadedModel } from '../load/loaded-model';
import type { Method } from '../methods/method';
import type { HostWeights } from '../model/host-weights';
import type { PeftAdapter } from '../model/peft';
import type { Checkpoint } from '../store/checkpoints';
import type { Task } from '../tasks/task';
import type { BackendInfo } from '../tf';
import { guardGpu } from '../tf';
import type { RunDocument } from '../train/run-document';
import type { PreferenceTree } from '../tree/tree';
import type { Measure } from '../util/measure';
import { yieldToMessages } from '../util/mutex';
import type { Medium } from './medium';
import type { Turns } from './turns';

/** What a session keeps between visits; src/store implements it. */
export interface SessionStore {
  putRun(run: RunSummary): Promise<void>;
  putCheckpoint(checkpoint: Checkpoint, run?: RunSummary): Promise<void>;
  /** The weights that a pass of a run ended with. */
  putKept(runId: string, pass: string, weights: HostWeights): Promise<void>;
  getKept(runId: string, pass: string): Promise<HostWeights | undefined>;
  putReferences(scores: ReadonlyMap<string, Float32Array>): Promise<void>;
  getReferences(keys: readonly string[]): Promise<(Float32Array | undefined)[]>;
  /** @param measures what their maker measured of them */
  putDataset(
    key: string,
    label: string,
    trees: readonly PreferenceTree[],
    measures?: readonly Measure[],
  ): Promise<void>;
  getDataset(key: string): Promise<PreferenceTree[] | undefined>;
  getMeasures(key: string): Promise<Measure[]>;
  deleteItem?(store: 'datasets', key: string): Promise<void>;
}

/** A file of examples, ready to be made into trees for this run. */
export interface RunDataset {
  label: string;
  prepare(hooks: {
    progress: (rows: number, total: number | undefined) => void;
    signal: AbortSignal;
  }): Promise<PreparedDataset>;
}

export interface SessionOptions {
  runId: string;
  document: RunDocument;
  method: Method;
  task: Task;
  model: LoadedModel;
  /** What the run is about where that is not text. */
  medium?: Medium;
  /** What to train on, where the document names a dataset. */
  dataset?: RunDataset;
  /** The adapter that the document begins with, where it names one. */
  adapter?: PeftAdapter;
  backend: BackendInfo;
  store: SessionStore;
  emit(event: RunEvent): void;
  /** What to tell instead of an error that says little to a person, such as one about memory. */
  explain?(error: unknown, phase: RunPhase): Error | undefined;
  /** The comparison that the run is an arm of. */
  arm?: { group: RunGroup; turns: Turns };
  /** Stored state to go on from. */
  resume?: { checkpoint: Checkpoint; summary: RunSummary };
}

/** What the parts of a run share: what it was made of, and how they stop, wait and speak. */
export interface RunContext extends SessionOptions {
  signal: AbortSignal;
  /** One at a time: what uses the device. GPU errors in f reject it. */
  onDevice<T>(f: () => Promise<T>): Promise<T>;
  /** Lets messages in. @throws StoppedError when the run was stopped */
  between(): Promise<void>;
  /** @throws PausedError when a pause was asked for */
  pausePoint(): void;
  setPhase(phase: RunPhase, message: string): void;
  /** Stores something. A full disk must not cost the person the run: it goes on, and the page says what is not saved. */
  keep(write: () => Promise<void>): Promise<boolean>;
}

/** The run was told to stop while it was preparing; not an error for the person who said so. */
export class StoppedError extends Error {
  override name = 'StoppedError';
}

/** Pause was asked for while something was being prepared; what was made so far stays. */
export class PausedError extends Error {
  override name = 'PausedError';
}

/** @param control what the session decides */
export const contextOf = (
  options: SessionOptions,
  control: Pick<RunContext, 'signal' | 'setPhase' | 'keep'> & {
    /** Runs one at a time. */
    exclusive<T>(f: () => Promise<T>): Promise<T>;
    wantPause(): boolean;
  },
): RunContext => {
  const { signal, exclusive, wantPause, setPhase, keep } = control;
  return {
    ...options,
    signal,
    setPhase,
    keep,
    onDevice: (f) => exclusive(() => guardGpu(f)),
    between: async () => {
      await yieldToMessages();
      if (signal.aborted) throw new StoppedError('Stopped.');
    },
    pausePoint: () => {
      if (wantPause()) throw new PausedError('Paused.');
    },
  };
};
