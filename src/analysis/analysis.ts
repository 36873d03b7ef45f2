import type { LabCard, LabResult } from '../lab/lab';
import type { LoadedModel } from '../load/loaded-model';
import type { ParamSpecs, Params, Values } from '../methods/params';
import type { PassId } from '../methods/pass';
import type { HostWeights } from '../model/host-weights';
import type { Network } from '../model/network';
import type { Task } from '../tasks/task';
import type { RunDocument } from '../train/run-document';
import type { PreferenceTree } from '../tree/tree';

/** The open run, as far as an analysis looks at it. */
export interface AnalysedRun {
  document: RunDocument;
  model: LoadedModel;
  /** Its world; undefined for a run on a file of examples. */
  task: Task | undefined;
  /** The trees that it has trained on, of the present pass. */
  treesMade: readonly PreferenceTree[];
  /** Steps that have been done. */
  step: number;
  /** Runs f with the weights of now, or those that the run began with. */
  withModel<T>(which: 'policy' | 'reference', f: (network: Network) => Promise<T>): Promise<T>;
  /** The earlier pass whose network says in the place of the reward what is better. */
  judge: PassId | undefined;
  /** What an earlier pass ended with. @throws Error when it is not kept */
  weightsOf(pass: PassId): Promise<HostWeights>;
}

export interface AnalysisHooks {
  seed: number;
  signal: AbortSignal;
  /** See `LabHooks.tick`. */
  tick(done: number, total: number): Promise<void>;
}

/** A look into the model of a run: what its weights do, not how well it answers. */
export interface Analysis extends LabCard {
  /** It looks into models that draw, and not into those of text. */
  draws?: true;
  run(run: AnalysedRun, params: Params, hooks: AnalysisHooks): Promise<LabResult>;
}

interface AnalysisOf<P extends ParamSpecs> extends Omit<Analysis, 'params' | 'run'> {
  params: P;
  run(run: AnalysedRun, params: Values<P>, hooks: AnalysisHooks): Promise<LabResult>;
}

/** Values come checked against `params`; here their types are taken on trust. */
export const defineAnalysis = <P extends ParamSpecs>(analysis: AnalysisOf<P>): Analysis =>
  analysis as unknown as Analysis;

/** What a run cannot be analysed for, in a sentence that says what to do. */
export class AnalysisError extends Error {
  override name = 'AnalysisError';
}
