/**
 * The public interface: `createTrainer` starts a worker that trains; the rest are the documents that it takes and the
 * events and results that it gives. The tensor library stays in the worker.
 *
 * A model and examples of one's own are added first; the ids that come back go into the document:
 *
 *     const model = await trainer.addModel([{ name: file.name, data: file }]); // a GGUF, or a folder's files
 *     const data = await trainer.addDataset({ name: 'pairs.jsonl', data: blob });
 *     const base = defaultRun(method, model.id);
 *     const dataset = { id: data.id, settings: { format: 'preference' } };
 *     const run = { ...base, weights: 'file', adapter: { rank: 8 }, data: { ...base.data, dataset } };
 *     const { rows, warnings } = await trainer.checkDataset(run);
 *     const { fits, problem, remedies } = await trainer.estimate(run);
 *     await trainer.train(run);
 *     const zip = await trainer.exportModel(); // adapter_config.json, adapter_model.safetensors, ...
 */
export type {
  AdapterSummary,
  Answer,
  ChatPrompt,
  ChatReply,
  ChoicesSummary,
  CreditResponse,
  CreditToken,
  CreditView,
  DatasetSummary,
  DownloadProgress,
  Estimate,
  Evaluation,
  ExportOptions,
  GivenFile,
  HubSource,
  Metrics,
  ModelDetails,
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
export type { DatasetReport, SampleExample } from './data/prepare/report';
export type { ColumnMapping, DatasetSettings, FormatId, StepRule } from './data/settings';
export type { Preset } from './methods/preset';
export type { WorldCard } from './tasks/cards';
export { worlds } from './tasks/cards';
export type { Problem, Verdict } from './tasks/task';
export type { BackendChoice, BackendInfo, BackendName } from './tf';
export type { LossResult, StepGradient } from './train/loss-case/compute-loss';
export type { MethodInfo, SourceInfo, WrapperInfo } from './train/method-info';
export { withPreset } from './train/presets';
export type { AdapterDocument, RunDocument } from './train/run-document';
export { defaultRun, parseRun, RUN_VERSION, RunDocumentError } from './train/run-document';
export type { PreferenceTree } from './tree/tree';
export type { Measure } from './util/measure';
