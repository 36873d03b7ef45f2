/**
 * The public interface: `createTrainer` starts a worker that trains; the rest are the documents that it takes and the
 * events and results that it gives. The tensor library stays in the worker.
 */
export type {
  Answer,
  CreditResponse,
  CreditToken,
  CreditView,
  Evaluation,
  Metrics,
  ModelSummary,
  RunEvent,
  RunPhase,
  RunStatus,
  RunSummary,
  StorageItem,
  StorageReport,
  TrainerApi,
} from '../workers/protocol';
export type { Trainer, TrainerOptions, TrainOptions, TrainResult } from './create-trainer';
export { createTrainer } from './create-trainer';
export type { Problem, Verdict } from './tasks/task';
export type { BackendChoice, BackendInfo, BackendName } from './tf';
export type { MethodInfo } from './train/method-info';
export type { RunDocument } from './train/run-document';
export { defaultRun, parseRun, RUN_VERSION, RunDocumentError } from './train/run-document';
export type { PreferenceTree } from './tree/tree';
