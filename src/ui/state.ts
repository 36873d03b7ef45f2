import type {
  AdapterSummary,
  DatasetSummary,
  DownloadProgress,
  Estimate,
  Evaluation,
  Measure,
  Metrics,
  ModelSummary,
  Probe,
  RunPhase,
  RunStatus,
  RunSummary,
  StorageReport,
} from '../../workers/protocol';
import type { DatasetReport } from '../data/prepare/report';
import type { BackendInfo } from '../tf';
import type { MethodInfo } from '../train/method-info';
import type { AdapterDocument, RunDocument } from '../train/run-document';
import type { Pushes } from './live/pair-questions';
import { type Place, type Strings, topPlace } from './place';
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

export interface ProbePoint {
  x: number;
  probe: Probe;
}

/** A run that is compared with others, with its curves. */
export interface Arm {
  document: RunDocument;
  status: RunStatus;
  stages: State['stages'];
  points: State['points'];
  evaluations: State['evaluations'];
  probes: State['probes'];
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

/** A step at which something was kept; `x` as in the curves. */
export interface Kept {
  x: number;
  stage: string;
  step: number;
}

export interface FieldProblem {
  /** Path in the run document. */
  field: string;
  message: string;
  /** What was given. */
  value?: unknown;
}

export interface Progress {
  phase: RunPhase;
  done: number;
  total: number;
  note: string;
}

/** Kinds of things that a person brings. */
export type Brought = 'model' | 'dataset' | 'adapter';

/** A report with what it was made for, so that the page can say when it no longer fits. */
export interface Checked {
  key: string;
  report: DatasetReport;
}

/** What a document named that is not here, to be brought. */
export interface Missing {
  model?: string;
  dataset?: NonNullable<RunDocument['data']['dataset']>;
  adapter?: AdapterDocument;
}

export interface State {
  /** Where the address leads, and what its reader asks for. */
  place: Place;
  view: Strings;
  connection: 'starting' | 'ready' | 'failed';
  backend: BackendInfo | undefined;
  trouble: Trouble | undefined;
  methods: readonly MethodInfo[];
  models: readonly ModelSummary[];
  datasets: readonly DatasetSummary[];
  adapters: readonly AdapterSummary[];
  /** What is being read or downloaded. */
  bringing: Brought | undefined;
  download: DownloadProgress | undefined;
  /** Why the last of its kind could not be brought, as the engine says it; stands beside the control. */
  bringProblems: Readonly<Partial<Record<Brought, string>>>;
  missing: Missing;
  /** A whole dataset is being read for its report. */
  checking: boolean;
  checked: Checked | undefined;
  checkProblem: string;
  /** The first rows of the dataset, read under the settings of now. */
  preview: Checked | undefined;
  previewProblem: string;
  estimate: Estimate | undefined;
  /** `estimate` is for the document as it stands. */
  estimated: boolean;
  estimateProblem: string;
  /** The document that the form edits: the next run's. */
  document: RunDocument | undefined;
  /** Why the last edit or URL was not taken over. */
  documentProblems: readonly FieldProblem[];
  /** The document of the run that `status` speaks of. */
  runDocument: RunDocument | undefined;
  status: RunStatus | undefined;
  progress: Progress | undefined;
  /** How far an experiment or an analysis is, the last that was told. */
  work: { what: string; done: number; total: number } | undefined;
  /** A control call that has not been answered yet, in words; empty when none. */
  pending: string;
  /** The model of the form, where it could not be loaded and the engine would answer with another; empty otherwise. */
  unloaded: string;
  /** Where each pass begins on the x axis of the curves. */
  stages: readonly { id: string; x: number }[];
  points: readonly Point[];
  evaluations: readonly EvaluationPoint[];
  probes: readonly ProbePoint[];
  /** How hard the method's loss pushes the pairs of a probe, once it has been asked; see `live/pushes.ts`. */
  pushes: (Pushes & { x: number; stage: string }) | undefined;
  /** Steps whose weights are kept, and the best evaluation, to which the run can go back. */
  snapshots: readonly Kept[];
  best: Kept | undefined;
  /** What makers of data have measured of them, by pass. */
  made: Readonly<Record<string, readonly Measure[]>>;
  /** All runs that are compared; the first is the one that the rest of the state speaks of. Empty where one run is open. */
  arms: readonly Arm[];
  trees: readonly TreeShape[];
  /** What became of the last checkpoint. */
  checkpoint: string;
  /** Why the last checkpoint could not be saved; empty when it was. */
  saveProblem: string;
  runs: readonly RunSummary[];
  /** Ids of runs that some tab has open. */
  openRuns: ReadonlySet<string>;
  storage: StorageReport | undefined;
  /** The unfinished run to go on with, offered after a reload. */
  offer: RunSummary | undefined;
}

/** What a new run starts from. */
export const noRun = {
  runDocument: undefined,
  status: undefined,
  progress: undefined,
  stages: [],
  points: [],
  evaluations: [],
  probes: [],
  pushes: undefined,
  snapshots: [],
  best: undefined,
  made: {},
  arms: [],
  trees: [],
  checkpoint: '',
  saveProblem: '',
} satisfies Partial<State>;

export const initialState: State = {
  place: topPlace,
  view: {},
  connection: 'starting',
  backend: undefined,
  trouble: undefined,
  methods: [],
  models: [],
  datasets: [],
  adapters: [],
  bringing: undefined,
  download: undefined,
  work: undefined,
  bringProblems: {},
  missing: {},
  checking: false,
  checked: undefined,
  checkProblem: '',
  preview: undefined,
  previewProblem: '',
  estimate: undefined,
  estimated: false,
  estimateProblem: '',
  document: undefined,
  documentProblems: [],
  ...noRun,
  pending: '',
  unloaded: '',
  runs: [],
  openRuns: new Set(),
  storage: undefined,
  offer: undefined,
};

/** What an engine that is gone was doing beside training. */
export const noWork: Partial<State> = { bringing: undefined, download: undefined, checking: false };

const moving: readonly RunPhase[] = ['loading', 'evaluating', 'collecting', 'scoring', 'training'];

/** Being computed right now. */
export const isMoving = (phase: RunPhase | undefined): boolean =>
  phase !== undefined && moving.includes(phase);

/** Can be gone on with: not finished, stopped or failed. */
export const isLive = (phase: RunPhase | undefined): boolean =>
  phase !== undefined && (isMoving(phase) || phase === 'paused' || phase === 'idle');

/** How a run stands, in words: the one that is shown by its status, a stored one by what it was when last saved. */
export const phaseWords = (run: RunSummary, { status, openRuns }: Readonly<State>): string => {
  if (run.runId === status?.runId) return status.phase;
  if (openRuns.has(run.runId)) return 'open in another tab';
  // Nobody is at it any more, whatever it was doing.
  return isMoving(run.phase) ? 'interrupted' : run.phase === 'idle' ? 'not begun' : run.phase;
};

/** The document of what the page shows: of its run, or of the next one. */
export const shownDocument = ({ status, runDocument, document }: Readonly<State>): RunDocument | undefined =>
  (status ? runDocument : undefined) ?? document;

/** The document's run would have nothing to learn from: the built-in problems are not made for a brought model. */
export const lacksData = ({ document, models }: Readonly<State>): boolean =>
  document?.data.dataset === null &&
  models.some((m) => m.id === document.model && m.builtIn === false && !m.draws);

/** The built-in problems with a built-in model, which answers them one line to a step. */
export const onBuiltInProblems = (state: Readonly<State>): boolean => {
  const document = shownDocument(state);
  if (!document) return true;
  const model = state.models.find((m) => m.id === document.model);
  return document.data.dataset === null && model?.builtIn !== false && !model?.draws;
};

/** The model that is shown draws images. */
export const drawsImages = (state: Readonly<State>): boolean => {
  const id = shownDocument(state)?.model;
  return state.models.some((model) => model.id === id && model.draws === true);
};
