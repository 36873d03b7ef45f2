/**
 * The whole conversation between a page and the training worker. Types only: the worker is transport, the run itself
 * lives in src/train/session.ts. All of it survives structured clone, so Comlink needs no custom transfer.
 */

import type { DatasetReport } from '../src/data/prepare/report';
import type { KernelChoice } from '../src/kernels/kernel-choice';
import type { LabCard, LabResult } from '../src/lab/lab';
import type { PairQuestion, PairSurface } from '../src/lab/pair-surface';
import type { Problem, Verdict } from '../src/tasks/task';
import type { BackendChoice, BackendInfo } from '../src/tf';
import type { LossCase } from '../src/train/loss-case/case';
import type { LossResult } from '../src/train/loss-case/compute-loss';
import type { LatentResult } from '../src/train/loss-case/latent-case';
import type { MethodInfo } from '../src/train/method-info';
import type { RunDocument } from '../src/train/run-document';
import type { PreferenceTree } from '../src/tree/tree';
import type { Measure } from '../src/util/measure';

export type { PairQuestion, PairSurface } from '../src/lab/pair-surface';
export type { Measure } from '../src/util/measure';

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
}

export interface Evaluation {
  /** 'answers' (when left out): held-out problems answered; 'pairs': held-out rows of a dataset scored; 'images': drawn and measured. */
  kind?: 'answers' | 'pairs' | 'images';
  step: number;
  stage: string;
  /** Problems, or comparisons (none where the method compares nothing). */
  problems: number;
  /**
   * Share of held-out problems answered wholly right, of images whose hue and shape are both as asked, or of comparisons whose
   * chosen side has the larger implicit reward; with its 95 % interval.
   */
  accuracy: number;
  interval: [number, number];
  /** Share of steps right among those written; 0 for pairs. */
  stepAccuracy: number;
  meanTokens: number;
  /** At which the answers were sampled; greedy when left out. */
  temperature?: number;
  /** What the world of the problems measures beside accuracy. */
  measures?: Measure[];
  /** Of problems, in their order: 1 for one that is solved, 0 for one that is not. */
  solved?: string;
  /** Of pairs, under TRL's names: `eval_loss`, `eval_rewards/margins`, ... */
  metrics?: Metrics;
  /** Of images a few of them, the same draws each time: condition of each, and 12 x 12 x 3 bytes each. */
  images?: { conditions: number[]; pixels: Uint8Array };
}

/**
 * Log-prob of an answer's scored tokens, in nats, in three stretches: before the two answers part, at the first token that
 * differs, and after it; and how many tokens each has.
 */
export interface ProbeSide {
  logProb: [before: number, parting: number, after: number];
  tokens: [before: number, parting: number, after: number];
}

/** A token that may come next, with its probability. */
export interface NextToken {
  id: number;
  text: string;
  p: number;
}

/** Where the two answers of a pair part: the end of what both have in common, and what may come there. */
export interface Parting {
  after: string;
  chosen: NextToken;
  rejected: NextToken;
  /** The likeliest ten, whether or not an answer has them, the likeliest first. */
  likeliest: NextToken[];
}

export interface ProbePair {
  /** Index of its tree, among those of the run or, where it is held out, among those. */
  tree: number;
  heldOut: boolean;
  chosen: ProbeSide;
  rejected: ProbeSide;
  /** Missing where one answer is how the other begins, in runs of earlier versions, and past the first few million logits. */
  parting?: Parting;
}

/** The same few pairs under the weights of a step. Those of step 0 are what the later ones are measured from. */
export interface Probe {
  stage: string;
  step: number;
  pairs: ProbePair[];
}

/** A run that is compared with others: which of how many it is. */
export interface RunGroup {
  id: string;
  arm: number;
  arms: number;
}

/** What happens in a run; of several that are compared, `arm` says in which. */
export type RunEvent = RunEventKind & { arm?: number };

type RunEventKind =
  | { kind: 'status'; status: RunStatus }
  | { kind: 'progress'; phase: RunPhase; done: number; total: number; note: string }
  | { kind: 'metrics'; stage: string; metrics: Metrics }
  | { kind: 'evaluation'; evaluation: Evaluation }
  | { kind: 'probe'; probe: Probe }
  /** Of a dataset only the first few hundred are sent; `trees` gives all. */
  | { kind: 'tree'; tree: PreferenceTree; index: number }
  /** What the maker of data has measured of them: of the run's own, 'run', or of those of a pass. */
  | { kind: 'made'; stage: string; measures: Measure[] }
  /** A dataset has been read: what became of its rows. */
  | { kind: 'dataset'; report: DatasetReport }
  | { kind: 'download'; progress: DownloadProgress }
  /** Something that belongs to no run: an experiment of the lab, an analysis. */
  | { kind: 'work'; what: string; done: number; total: number }
  | { kind: 'checkpoint'; step: number; stored: boolean; note: string }
  /** The weights of a step are kept beside the checkpoint; everything where it is the best of its pass so far. */
  | { kind: 'snapshot'; stage: string; step: number; best: boolean }
  | { kind: 'error'; name: string; message: string };

/** A token of an answer with the credit that the method gives it. */
export interface CreditToken {
  text: string;
  /** Index of its step in the response; -1 when not scored (prompt, shared prefix). */
  step: number;
  policyLogProb: number;
  referenceLogProb: number;
  /** Under the weights that the run began with; missing of a model that draws. */
  startLogProb?: number;
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
  /** Of a tree that was searched: what the search knew of it. */
  search?: SearchView;
  /** Of a tree of images: what each answer is, as pictures. */
  images?: ImageView;
}

/** A denoising state as a picture: 12 x 12 x 3 bytes at a time of the schedule; -1 is the image itself. */
export interface PictureAt {
  t: number;
  pixels: Uint8Array;
}

/** Images on their way from noise to image: what each was asked to show, and all of them at each step, 12 x 12 x 3 bytes each. */
export interface DrawnImages {
  conditions: number[];
  frames: Uint8Array[];
}

export interface ImageView {
  /** Index of what was asked for. */
  condition: number;
  /** By answer, in the order of `responses`. */
  answers: {
    /** The state that a transition starts from; of an image that is scored by its error, the image under the visit's noise. */
    from: PictureAt;
    /** The next state, or the image. */
    to: PictureAt;
    /** The image that the noisy one of the two stands for under the policy of now. */
    clean: Uint8Array;
    /** Of the tree: the answer's score, and labels of its last state, such as the reward. */
    score?: number;
    labels: Record<string, number>;
  }[];
}

/** A node of a searched tree. */
export interface SearchViewNode {
  /** Index of the parent; -1 for the prompt, which is the first. */
  parent: number;
  text: string;
  /** exp of the mean log-prob of its tokens; and the mean of what came back up through it, and how often. */
  prior?: number;
  q?: number;
  visits?: number;
  /** What it was found worth itself: the reward of an end, else the first estimate. */
  value?: number;
  correct?: boolean;
}

export interface SearchView {
  nodes: SearchViewNode[];
  /** Nodes that were compared. */
  pairs: { chosen: number; rejected: number }[];
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
  /** Of a built-in model: the world that it was made for, and the difficulty that suits it. */
  task?: string;
  difficulty?: string;
  /** It draws images instead of writing text, and takes the methods of the chapter "Denoising". */
  draws?: true;
  /** Of a model that was brought: what a form needs to offer the right choices. */
  details?: ModelDetails;
}

export interface ModelDetails {
  /** Kind of model, see src/model/families. */
  family: string;
  /** Bytes of its files. */
  bytes: number;
  /** Longest path in tokens. */
  maxPositions: number;
  chatTemplate: boolean;
  /** Last parts of the names of its linear modules, for an adapter's targets. */
  linearModules: string[];
  /** How its file holds the matrices: 'packed' blocks, 'half' numbers or 'full' ones. */
  stored: 'packed' | 'half' | 'full';
  /** False when the browser had no room: the model is gone with the page. */
  kept: boolean;
}

/** A file that a person gave; `name` is its path where a folder was given. */
export interface GivenFile {
  name: string;
  data: Blob | Uint8Array;
}

/** Where something lies on a hub. */
export interface HubSource {
  /** Address of the hub; the public one when left out. */
  hub?: string;
  /** "owner/name". */
  repo: string;
  /** Branch, tag or commit; "main" when left out. */
  revision?: string;
  /** One file, where the repository holds several of a kind. */
  file?: string;
  /** For gated repositories. Held in memory for this call, stored nowhere. */
  token?: string;
}

export interface DownloadProgress {
  repo: string;
  file: string;
  /** Bytes. */
  fileDone: number;
  fileTotal: number;
  done: number;
  total: number;
  bytesPerSecond: number;
  /** Undefined until the speed is known. */
  secondsLeft: number | undefined;
  /** What is being waited for, such as another tab's download or a second try; empty while bytes come. */
  note: string;
}

export interface DatasetSummary {
  /** Names it in a run document: `data.dataset.id`. Equal files have equal ids. */
  id: string;
  /** The file's name, or that of its folder. */
  name: string;
  bytes: number;
  columns: string[];
  /** Rows, where the file says it without being read. */
  rows: number | undefined;
  /** What its rows look like, and why; undefined when nothing known fits, and the person has to say. */
  format: string | undefined;
  why: string;
  /** Which column plays which part. */
  mapping: Record<string, string | string[] | undefined>;
  /** What the person should know of the files themselves, in sentences. */
  notices?: string[];
  /** False where its text is not UTF-8: its rows can be read once the settings name its encoding. */
  utf8?: boolean;
  kept: boolean;
}

export interface AdapterSummary {
  /** Names it in a run document: `adapter.from`. */
  id: string;
  name: string;
  rank: number;
  alpha: number;
  targetModules: string[];
  /** The model it was trained on, as its file says. */
  baseModel: string | undefined;
  kept: boolean;
}

/** What a run will take, before it is begun. Bytes of GPU buffers (or of memory on other backends), largest first. */
export interface Estimate {
  parts: { what: string; bytes: number }[];
  totalBytes: number;
  /** What may be used at most, and the largest single buffer, where known. */
  limitBytes: number | undefined;
  largestBufferBytes: number;
  /** Per optimiser step, from a short measurement of this device; undefined when it was not measured. */
  secondsPerStep: number | undefined;
  /** Passes of the method, and the optimiser steps of all of them. */
  passes: number;
  allSteps: number;
  /**
   * What is done beside the steps, in order: pairs are made, trees are scored under the reference (only those that the steps
   * take), and so many times it is measured on what is held out. Rough.
   */
  ahead: { what: 'making' | 'scoring' | 'measuring'; count: number; seconds: number | undefined }[];
  /** All of it with the steps of every pass; undefined when something was not measured. */
  secondsInAll: number | undefined;
  /** Tokens of a step that the estimate is for, and of its longest path. */
  tokensPerStep: number;
  longest: number;
  fits: boolean;
  /** Empty, or why it does not fit, in a sentence. */
  problem: string;
  /**
   * Changes to the document that together make it fit, in this order; `totalBytes` is after each and those before it. Empty
   * where none would.
   */
  remedies: { field: string; value: unknown; why: string; totalBytes: number }[];
}

/** A conversation, or a text to go on with. */
export type ChatPrompt = string | { role: string; content: string }[];

export interface ChatReply {
  text: string;
  tokens: number[];
  /** Text of each token. */
  pieces: string[];
  logProbs: number[];
  promptTokens: number;
  /** Ended by itself. */
  finished: boolean;
  seconds: number;
}

export interface ExportOptions {
  /**
   * 'adapter': as PEFT saves one. 'model': all weights in Hugging Face layout, an adapter worked in. Default: the adapter
   * where the run trains one, else the model.
   */
  what?: 'adapter' | 'model';
  /** Of a model's weights; F32 when left out. */
  dtype?: 'F32' | 'F16' | 'BF16';
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
  /** Where it is an arm of a comparison. */
  group?: RunGroup;
  /** Which kernel variants it ran on (WebGPU only): another variant adds in another order. */
  kernels?: KernelChoice;
}

export interface StorageItem {
  store:
    | 'models'
    | 'adapters'
    | 'dataFiles'
    | 'unfinished'
    | 'datasets'
    | 'references'
    | 'runs'
    | 'checkpoints';
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
  /** The built-in models and those that were brought. */
  models(): Promise<ModelSummary[]>;

  /**
   * Reads and keeps a model of a person's files: a folder in Hugging Face layout or one GGUF file.
   * @throws naming file, place and remedy; nothing is kept then
   */
  addModel(files: GivenFile[]): Promise<ModelSummary>;
  /** The same from a hub. Progress comes as 'download' events; a broken download goes on where it ended. */
  addHubModel(source: HubSource): Promise<ModelSummary>;
  /** Ends what is being downloaded; what has come stays for the next try. */
  cancelDownload(): Promise<void>;

  /**
   * Reads the head of a file of examples, or of the files of one dataset (its shards, a folder), says what they look like,
   * and keeps them.
   */
  addDataset(files: GivenFile | GivenFile[]): Promise<DatasetSummary>;
  /** Data files of a dataset on the hub, to choose one of; the shards of a split are one, `train-*-of-00003.parquet`. */
  hubDataFiles(source: HubSource): Promise<{ name: string; bytes: number }[]>;
  addHubDataset(source: HubSource): Promise<DatasetSummary>;
  datasets(): Promise<DatasetSummary[]>;
  /**
   * Reads a document's whole dataset for its model and method, as a run would, and reports.
   * @throws Error naming what cannot be used
   */
  checkDataset(document: unknown): Promise<DatasetReport>;
  /** Ends a `checkDataset` under way, which then rejects. */
  cancelCheck(): Promise<void>;

  /** Reads and keeps an adapter in PEFT's files, for the model of this id. */
  addAdapter(files: GivenFile[], model: string): Promise<AdapterSummary>;
  addHubAdapter(source: HubSource, model: string): Promise<AdapterSummary>;
  adapters(): Promise<AdapterSummary[]>;

  /** What a document's run would take. */
  estimate(document: unknown): Promise<Estimate>;
  /** One listener at a time; events come batched, at most ten messages a second. */
  subscribe(listener: (events: RunEvent[]) => void): Promise<void>;

  /** Validates the document, loads the model and makes a new run (phase 'idle'). */
  create(document: unknown): Promise<RunStatus>;
  /**
   * Makes two to four runs that are compared: they train in lock-step, a step of each after a step of the others, share what is
   * alike (model, trees, scores of references), and give the numbers that each would give alone. Start, step, pause and stop act
   * on all of them, and their events say of which arm they tell; what asks for an arm takes the first when it is left out.
   * @throws naming the arm and the field
   */
  createGroup(documents: unknown[]): Promise<RunStatus[]>;
  /** Opens the stored runs of a comparison at their last checkpoints; an arm that is behind catches up first. */
  openGroup(groupId: string): Promise<RunStatus[]>;
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
      /** The task they are from; by default that of the open run, else the one that the model was made for. */
      task?: string;
      arm?: number;
      /** In the place of the current weights those of a step that is kept, see the 'snapshot' events. */
      at?: number;
    },
  ): Promise<Answer[]>;
  evaluate(count: number): Promise<Evaluation>;
  /**
   * Lets the model of the open run, or the one loaded last, go on with a text or answer a conversation by its chat template.
   */
  chat(
    prompt: ChatPrompt,
    options: { which: 'policy' | 'reference'; temperature: number; seed: number; maxTokens: number },
  ): Promise<ChatReply>;
  /** log p(token | those before) for each token but the first of each sequence. */
  logProbs(sequences: number[][], which: 'policy' | 'reference'): Promise<number[][]>;
  /**
   * What may come after each sequence of tokens: the likeliest, and those that are asked about by their ids.
   * @param options.named a list of ids to each prefix
   * @throws Error naming the prefix that cannot be read
   */
  next(
    prefixes: number[][],
    options: { which: 'policy' | 'reference'; top: number; named?: number[][]; arm?: number },
  ): Promise<{ likeliest: NextToken[]; named: NextToken[] }[]>;
  /** Token ids of a text, without special tokens around it; special tokens named in it are read as such. */
  tokenize(text: string): Promise<number[]>;

  /**
   * What a model that draws makes before it is trained: the images that evaluations of so many show.
   * @throws Error when the model writes text
   */
  draw(model: string, count: number): Promise<DrawnImages>;

  /** The trees made so far, by index. */
  trees(start: number, count: number, arm?: number): Promise<{ total: number; trees: PreferenceTree[] }>;
  /**
   * Credit of the method on a tree of the run, under the current weights, or under those of a step that is kept.
   * @throws Error naming the steps that are, when this one is not
   */
  credit(treeIndex: number, arm?: number, at?: number): Promise<CreditView>;
  /**
   * Turns the open run back to a step whose whole state is kept, the best evaluation of its pass (phase 'paused'): to be
   * exported, or trained on from there. What came after it would be computed again, with the same numbers.
   * @throws Error saying which step that is, when it is another one; of a comparison, or while it trains
   */
  goBack(step: number): Promise<RunStatus>;

  /**
   * A method's loss on given numbers, its derivatives and metrics, without a model.
   * @param lossCase see docs/loss-case.md
   * @throws Error naming prompt, response, step and field of what is missing or wrong
   */
  computeLoss(lossCase: unknown): Promise<LossResult>;
  /** The same of a method on images, whose case has arrays by name. @throws Error naming array and place */
  computeLatentLoss(lossCase: unknown): Promise<LatentResult>;
  /** A small loss case with every field that a method reads, to begin with. @throws Error when there is no such method */
  exampleCase(method: string): Promise<LossCase>;

  /** The experiments of the lab: what they ask and their parameters. */
  labs(): Promise<LabCard[]>;
  /**
   * Runs an experiment; one that still runs is ended for it. How far it is comes as 'work' events.
   * @param params those left out have their defaults
   * @throws Error naming every wrong parameter
   */
  runLab(id: string, params: Record<string, unknown>, seed: number): Promise<LabResult>;
  /** Ends the experiment under way, which then rejects. */
  cancelLab(): Promise<void>;
  /**
   * What a method's own loss would be of single pairs, had their answers moved so far.
   * @throws Error when the method does not learn from single pairs of answers
   */
  pairLoss(question: PairQuestion): Promise<PairSurface[]>;

  /** What can be found out about the model of a run. */
  analyses(): Promise<LabCard[]>;
  /**
   * Looks into the model of the open run, before and after its training; an analysis that still runs is ended for it. How far it
   * is comes as 'work' events.
   * @throws Error saying what the run lacks, or naming every wrong parameter
   */
  analyse(id: string, params: Record<string, unknown>, seed: number): Promise<LabResult>;
  /** Ends the analysis under way, which then rejects. */
  cancelAnalysis(): Promise<void>;

  runs(): Promise<RunSummary[]>;
  deleteRun(runId: string): Promise<void>;
  storage(): Promise<StorageReport>;
  deleteStored(store: StorageItem['store'], key: string): Promise<void>;
  persistStorage(): Promise<boolean>;

  /**
   * A zip. Of a model: config.json, model.safetensors, tokenizer files; of an adapter: adapter_config.json,
   * adapter_model.safetensors. With either: run.json, metrics.json, metrics.csv, README.md.
   */
  exportModel(options?: ExportOptions): Promise<Uint8Array>;
  /** tensors, GPU buffer bytes (now and the most since the backend started) and dispatches, for leak checks. */
  memory(): Promise<{
    tensors: number;
    bytes: number;
    gpuBytes: number;
    gpuPeakBytes: number;
    dispatches: number;
  }>;
  dispose(): Promise<void>;
}
