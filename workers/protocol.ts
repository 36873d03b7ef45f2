/**
 * The whole conversation between a page and the training worker. Types only: the worker is transport, the run itself
 * lives in src/run/session.ts. All of it survives structured clone, so Comlink needs no custom transfer.
 */

import type { DatasetReport } from '../src/data/prepare/report';
import type { LabCard, LabResult } from '../src/lab/lab';
import type { PairQuestion, PairSurface } from '../src/lab/pair-surface';
import type { ProblemReplay, ReplayOptions } from '../src/search/replay-problem';
import type { Problem } from '../src/tasks/task';
import type { BackendChoice, BackendInfo } from '../src/tf';
import type { LossCase } from '../src/train/loss-case/case';
import type { LossResult } from '../src/train/loss-case/compute-loss';
import type { LatentResult } from '../src/train/loss-case/latent-case';
import type { MethodInfo } from '../src/train/method-info';
import type { PreferenceTree } from '../src/tree/tree';
import type { Answer, ChatPrompt, ChatReply } from './protocol/answers';
import type {
  AdapterSummary,
  ChoicesSummary,
  DatasetSummary,
  GivenFile,
  HubSource,
  ModelSummary,
} from './protocol/brought';
import type { CreditView, DrawnImages, DrawnPair } from './protocol/credit';
import type { Estimate } from './protocol/estimate';
import type { RunEvent } from './protocol/events';
import type { Evaluation, NextToken } from './protocol/measured';
import type { RunStatus, RunSummary } from './protocol/run';
import type { ExportOptions, StorageItem, StorageReport } from './protocol/stored';

export type { PairQuestion, PairSurface } from '../src/lab/pair-surface';
export type { Measure } from '../src/util/measure';
export type * from './protocol/answers';
export type * from './protocol/brought';
export type * from './protocol/credit';
export type * from './protocol/estimate';
export type * from './protocol/events';
export type * from './protocol/measured';
export type * from './protocol/run';
export type * from './protocol/stored';

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
  /**
   * Searches the tree of one problem as the source "tree-search" does, with the current weights, and keeps every simulation. How far
   * it is comes as 'work' events.
   * @throws Error naming a parameter that is wrong, or a world that cannot be searched so
   */
  replaySearch(problem: Problem, task: string, options: ReplayOptions): Promise<ProblemReplay>;
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
  /**
   * Pairs of images of one condition each, for a person to choose between. The same numbers give the same pairs.
   * @throws Error when the model writes text
   */
  drawPairs(model: string, options: { from: number; count: number; seed: number }): Promise<DrawnPair[]>;
  /**
   * Reads choices between images and keeps them: a zip, or JSON lines (prompt, chosen, rejected) with the PNG files that they name.
   * @throws naming file, line and what is wrong; nothing is kept then
   */
  addChoices(files: GivenFile[]): Promise<ChoicesSummary>;

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
  /**
   * The loss of a case over how much its first two answers have gained, in nats since the reference: each answer's tokens are
   * moved alike. A row to each of `second`; NaN where a log-prob would pass 0.
   * @throws Error as `computeLoss`
   */
  lossPlane(lossCase: unknown, axes: { first: number[]; second: number[] }): Promise<number[][]>;
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
  /**
   * Keeps what the open run has trained as a model among those that were brought, to be trained on: of one that draws, with the scale
   * of the rewards over its own images where it was trained from nothing.
   * @param name to know it by
   * @throws Error when the run trains an adapter or has not begun
   */
  keepModel(name: string): Promise<ModelSummary>;
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
