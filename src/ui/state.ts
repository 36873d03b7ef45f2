import type {
  Evaluation,
  Metrics,
  ModelSummary,
  RunPhase,
  RunStatus,
  RunSummary,
  StorageReport,
} from '../../workers/protocol';
import type { BackendInfo } from '../tf';
import type { MethodInfo } from '../train/method-info';
import type { RunDocument } from '../train/run-document';
import type { Trouble } from './trouble';

/** One optimiser step. `x` counts steps over all passes of the run, so that a second pass is drawn after the first. */
export interface Point {
  x: number;
  stage: string;
  metrics: Metrics;
}

export interface EvaluationPoint {
  x: number;
  evaluation: Evaluation;
}

/** What the list of pairs shows of a tree: its shape, in tokens. */
export interface TreeShape {
  index: number;
  id: string;
  /** Tokens before the responses part, the prompt included. */
  shared: number;
  /** Tokens of each response after that, in the tree's order. */
  branches: number[];
  comparisons: number;
}

export interface FieldProblem {
  field: string;
  message: string;
}

export interface Progress {
  phase: RunPhase;
  done: number;
  total: number;
  note: string;
}

export interface State {
  connection: 'starting' | 'ready' | 'failed';
  backend: BackendInfo | undefined;
  trouble: Trouble | undefined;
  methods: readonly MethodInfo[];
  models: readonly ModelSummary[];
  /** The document that the form edits: the next run's. */
  document: RunDocument | undefined;
  /** Why the last edit or URL was not taken over. */
  documentProblems: readonly FieldProblem[];
  /** The document of the run that `status` speaks of. */
  runDocument: RunDocument | undefined;
  status: RunStatus | undefined;
  progress: Progress | undefined;
  /** A control call that has not been answered yet, in words; empty when none. */
  pending: string;
  /** Where each pass begins on the x axis of the curves. */
  stages: readonly { id: string; x: number }[];
  points: readonly Point[];
  evaluations: readonly EvaluationPoint[];
  trees: readonly TreeShape[];
  /** What became of the last checkpoint. */
  checkpoint: string;
  runs: readonly RunSummary[];
  storage: StorageReport | undefined;
  /** The unfinished run to go on with, offered after a reload. */
  offer: RunSummary | undefined;
}

export const initialState: State = {
  connection: 'starting',
  backend: undefined,
  trouble: undefined,
  methods: [],
  models: [],
  document: undefined,
  documentProblems: [],
  runDocument: undefined,
  status: undefined,
  progress: undefined,
  pending: '',
  stages: [],
  points: [],
  evaluations: [],
  trees: [],
  checkpoint: '',
  runs: [],
  storage: undefined,
  offer: undefined,
};

/** What a new run starts from. */
export const noRun: Partial<State> = {
  runDocument: undefined,
  status: undefined,
  progress: undefined,
  stages: [],
  points: [],
  evaluations: [],
  trees: [],
  checkpoint: '',
};

const moving: readonly RunPhase[] = ['loading', 'evaluating', 'collecting', 'scoring', 'training'];

/** Being computed right now. */
export const isMoving = (phase: RunPhase | undefined): boolean =>
  phase !== undefined && moving.includes(phase);

/** Can be gone on with: not finished, stopped or failed. */
export const isLive = (phase: RunPhase | undefined): boolean =>
  phase !== undefined && (isMoving(phase) || phase === 'paused' || phase === 'idle');
