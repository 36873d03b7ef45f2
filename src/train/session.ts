import type {
  CreditView,
  Evaluation,
  Metrics,
  RunEvent,
  RunPhase,
  RunStatus,
  RunSummary,
} from '../../workers/protocol';
import type { PreparedDataset } from '../data/prepare/prepare';
import type { DatasetReport } from '../data/prepare/report';
import type { AdamWState } from '../kernels/adamw';
import { adamWFromArrays, adamWToArrays, createAdamW, disposeAdamW } from '../kernels/adamw';
import { kernelChoice } from '../kernels/kernel-choice';
import type { Method, Stage } from '../methods/method';
import { generate } from '../model/generate';
import type { HostWeights } from '../model/host-weights';
import type { Network } from '../model/network';
import { parametersToArrays } from '../model/parameters';
import type { PeftAdapter } from '../model/peft';
import type { Checkpoint } from '../store/checkpoints';
import type { Task } from '../tasks/task';
import type { BackendInfo } from '../tf';
import { GpuError, guardGpu, onOwnGpu, trimGpuPool } from '../tf';
import type { PreferenceTree } from '../tree/tree';
import { validateTree } from '../tree/validate';
import { sha256Hex } from '../util/hash';
import { createMutex, yieldToMessages } from '../util/mutex';
import { createRng } from '../util/rng';
import { creditOf } from './credit';
import { treesOfBatch } from './data-order';
import { accuracyOf, answerProblems } from './evaluate';
import { evaluatePairs } from './evaluate-pairs';
import type { LoadedModel } from './loaded-model';
import type { Policy, PolicyPlan } from './policy';
import {
  createPolicy,
  createReference,
  disposePolicy,
  initialTrained,
  planHash,
  planPolicy,
  referenceHash,
  resetTrained,
} from './policy';
import type { RunDocument } from './run-document';
import { learningRateAt } from './schedule';
import { scoreTrees } from './score';
import type { StepState, TreeLogProbs } from './step';
import { networkOf, trainStep } from './step';

/** What a session keeps between visits; src/store implements it. */
export interface SessionStore {
  putRun(run: RunSummary): Promise<void>;
  putCheckpoint(checkpoint: Checkpoint): Promise<void>;
  putReferences(scores: ReadonlyMap<string, Float32Array>): Promise<void>;
  getReferences(keys: readonly string[]): Promise<(Float32Array | undefined)[]>;
  putDataset(key: string, label: string, trees: readonly PreferenceTree[]): Promise<void>;
  getDataset(key: string): Promise<PreferenceTree[] | undefined>;
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
  /** What to train on, where the document names a dataset. */
  dataset?: RunDataset;
  /** The adapter that the document begins with, where it names one. */
  adapter?: PeftAdapter;
  backend: BackendInfo;
  store: SessionStore;
  emit(event: RunEvent): void;
  /** Stored state to go on from. */
  resume?: { checkpoint: Checkpoint; summary: RunSummary };
}

/** The run was told to stop while it was preparing; not an error for the person who said so. */
class StoppedError extends Error {
  override name = 'StoppedError';
}

/** Training ended because a number was no longer finite. */
export class DivergedError extends Error {
  override name = 'DivergedError';
}

const stagesOf = (method: Method, params: Record<string, number>): Stage[] =>
  method.stages?.(method, params) ?? [{ id: method.id, label: method.name, method, params }];

const HELD_OUT_START = 0;
/** Trees of a dataset that are sent to the page by themselves. */
const TREES_SENT = 300;
/** Trees that the reference scores between two looks at whether a pause was asked for. */
const SLICE = 256;

/**
 * One run from its document to its last step: makes the data, scores the reference, trains stage after stage,
 * evaluates, and saves. Owns every tensor of the run. All state that decides its numbers is in the document, the
 * initial weights and the checkpoint, so a run resumed from a checkpoint gives the numbers it would have given.
 */
export class TrainingSession {
  readonly document: RunDocument;
  readonly runId: string;
  private readonly o: SessionOptions;
  private readonly stages: Stage[];
  private readonly exclusive = createMutex();
  private readonly abort = new AbortController();
  private phase: RunPhase = 'idle';
  private message = 'Ready.';
  private stageIndex = 0;
  private step = 0;
  private created = Date.now();
  private wantPause = false;
  private running: Promise<RunStatus> | undefined;
  private readonly plan: PolicyPlan;
  private initialHash = '';
  private weightsOnDevice: Policy | undefined;
  private referenceOnDevice: ReturnType<typeof createReference> | undefined;
  private optimizer: AdamWState | undefined;
  private trees: PreferenceTree[] = [];
  /** Rows of a dataset that are kept from training. */
  private heldOut: PreferenceTree[] = [];
  private report: DatasetReport | undefined;
  private collector: AsyncGenerator<PreferenceTree> | undefined;
  private collected = false;
  private datasetKey = '';
  private reference: TreeLogProbs | undefined;
  private stageScores = new Map<string, Map<string, Float32Array>>();
  private metrics: RunSummary['metrics'] = [];
  private evaluations: Evaluation[] = [];

  private constructor(options: SessionOptions) {
    this.o = options;
    this.document = options.document;
    this.runId = options.runId;
    this.stages = stagesOf(options.method, options.document.method.params);
    this.plan = planPolicy(options.model, options.document, options.adapter);
  }

  /** Puts the model on the device, at its initial weights or at a checkpoint. */
  static async create(options: SessionOptions): Promise<TrainingSession> {
    const session = new TrainingSession(options);
    try {
      await session.exclusive(() => guardGpu(() => session.restore(options.resume)));
    } catch (error) {
      await session.dispose().catch(() => undefined);
      throw error;
    }
    return session;
  }

  private get policyWeights(): Policy {
    if (!this.weightsOnDevice) throw new Error('The run has been closed.');
    return this.weightsOnDevice;
  }

  private get stage(): Stage {
    return this.stages[this.stageIndex]!;
  }

  private async restore(resume: SessionOptions['resume']) {
    const { model } = this.o;
    this.initialHash = await planHash(this.plan);
    if (!resume) {
      this.load();
      return;
    }
    const { checkpoint, summary } = resume;
    if (checkpoint.initialWeightsHash !== this.initialHash) {
      throw new Error(
        `The run was begun with other weights of "${model.summary.id}" than the ones here; start a new run with this model.`,
      );
    }
    this.load(new Map(Object.entries(checkpoint.weights)));
    const { m, v } = checkpoint.optimizer;
    disposeAdamW(this.optimizer!);
    this.optimizer = await adamWFromArrays(this.policyWeights.trained, {
      m: new Map(Object.entries(m)),
      v: new Map(Object.entries(v)),
    });
    this.stageIndex = checkpoint.stage;
    this.step = checkpoint.step;
    this.created = summary.created;
    this.datasetKey = checkpoint.datasetKey;
    for (const [id, scores] of Object.entries(checkpoint.stageResults)) {
      this.stageScores.set(id, new Map(Object.entries(scores)));
    }
    // What was computed after the checkpoint will be computed again, with the same numbers.
    const order = new Map(this.stages.map((stage, index) => [stage.id, index]));
    const kept = (stage: string, step: number) => {
      const index = order.get(stage) ?? 0;
      return index < checkpoint.stage || (index === checkpoint.stage && step <= checkpoint.step);
    };
    this.metrics = summary.metrics.filter((row) => kept(row.stage, row.metrics['step'] ?? 0));
    this.evaluations = summary.evaluations.filter((row) => kept(row.stage, row.step));
    if (this.o.dataset) await this.prepareDataset(this.o.dataset);
    const trees = this.datasetKey ? await this.o.store.getDataset(this.datasetKey) : undefined;
    if (trees) {
      this.trees = trees;
      this.collected = true;
    }
    const whole = this.stageIndex === this.stages.length - 1 && this.step >= this.document.steps;
    if (whole && summary.phase === 'finished') this.setPhase('finished', this.finishedMessage());
    else this.setPhase('paused', `Stored at step ${this.step}.`);
  }

  /** Trained weights and optimiser from the beginning, or as given; the frozen ones stay where they are. */
  private load(trained: HostWeights = initialTrained(this.plan)) {
    if (this.weightsOnDevice) resetTrained(this.plan, this.weightsOnDevice, trained);
    else this.weightsOnDevice = createPolicy(this.plan, trained);
    if (this.optimizer) disposeAdamW(this.optimizer);
    this.optimizer = createAdamW(this.weightsOnDevice.trained);
  }

  private setPhase(phase: RunPhase, message: string) {
    this.phase = phase;
    this.message = message;
    this.o.emit({ kind: 'status', status: this.status() });
  }

  status(): RunStatus {
    return {
      runId: this.runId,
      phase: this.phase,
      step: this.step,
      steps: this.document.steps,
      stage: {
        index: this.stageIndex,
        count: this.stages.length,
        id: this.stage.id,
        label: this.stage.label,
      },
      message: this.message,
      backend: this.o.backend,
    };
  }

  summary(): RunSummary {
    return {
      runId: this.runId,
      document: this.document,
      created: this.created,
      updated: Date.now(),
      step: this.step,
      stage: this.stageIndex,
      phase: this.phase,
      metrics: this.metrics,
      evaluations: this.evaluations,
      ...(onOwnGpu() ? { kernels: kernelChoice() } : {}),
    };
  }

  get model(): LoadedModel {
    return this.o.model;
  }

  /** What became of the dataset's rows, once they have been read. */
  get dataReport(): DatasetReport | undefined {
    return this.report;
  }

  get treesMade(): readonly PreferenceTree[] {
    return this.trees;
  }

  /** Trains until paused, stopped, finished or failed. */
  start(): Promise<RunStatus> {
    return this.begin(Number.POSITIVE_INFINITY);
  }

  /** One optimiser step, then pauses. */
  stepOnce(): Promise<RunStatus> {
    return this.begin(1);
  }

  private begin(steps: number): Promise<RunStatus> {
    if (this.running) return this.running;
    if (this.phase === 'finished' || this.phase === 'stopped' || this.phase === 'failed') {
      return Promise.reject(
        new Error(
          `The run has ${this.phase === 'failed' ? 'failed' : `been ${this.phase}`}; create a new one.`,
        ),
      );
    }
    this.wantPause = false;
    this.running = this.drive(steps).finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** Pauses after the current step and saves; resolves when it has. */
  async pause(): Promise<RunStatus> {
    this.wantPause = true;
    return this.running ?? this.status();
  }

  /** Ends the run after the current step. Its weights stay. */
  async stop(): Promise<RunStatus> {
    this.wantPause = true;
    this.abort.abort();
    if (this.running) await this.running;
    if (this.phase !== 'finished' && this.phase !== 'failed') {
      if (this.collected && this.step > 0) await this.checkpoint();
      this.setPhase('stopped', `Stopped at step ${this.step}.`);
      await this.keep(() => this.o.store.putRun(this.summary()));
    }
    return this.status();
  }

  private async drive(maxSteps: number): Promise<RunStatus> {
    try {
      await this.prepare();
      for (let done = 0; done < maxSteps && !this.wantPause; done++) {
        if (!(await this.advance())) {
          this.setPhase('finished', this.finishedMessage());
          await this.checkpoint();
          return this.status();
        }
      }
      await this.checkpoint();
      this.setPhase('paused', `Paused at step ${this.step} of ${this.document.steps}.`);
      await this.keep(() => this.o.store.putRun(this.summary()));
    } catch (error) {
      await this.fail(error);
    }
    return this.status();
  }

  private finishedMessage(): string {
    const [first, last] = [this.evaluations[0], this.evaluations.at(-1)];
    if (!first || !last || first === last) return `Finished after ${this.step} steps.`;
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    if (last.kind === 'pairs') {
      const loss = (e: Evaluation) => (e.metrics?.['eval_loss'] ?? Number.NaN).toFixed(4);
      const ranked =
        last.problems > 0 ? `, and ${percent(last.accuracy)} of held-out pairs are ranked right` : '';
      return `Finished: the loss on held-out rows went from ${loss(first)} to ${loss(last)}${ranked}.`;
    }
    return `Finished: held-out accuracy went from ${percent(first.accuracy)} to ${percent(last.accuracy)}.`;
  }

  private async fail(error: unknown) {
    if (error instanceof StoppedError || this.abort.signal.aborted) return; // stop() has the word
    if (error instanceof PausedError) {
      this.setPhase(
        'paused',
        `Paused while preparing (${this.trees.length}${this.o.dataset ? '' : ` of ${this.document.data.trees}`} made).`,
      );
      return;
    }
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    if (error instanceof DivergedError) await this.checkpoint().catch(() => undefined); // the last good weights
    this.setPhase('failed', message);
    this.o.emit({ kind: 'error', name, message });
    if (!(error instanceof GpuError)) await this.keep(() => this.o.store.putRun(this.summary()));
  }

  private async between() {
    await yieldToMessages();
    if (this.abort.signal.aborted) throw new StoppedError('Stopped.');
  }

  /** Everything before the first step: accuracy at the start, data, reference log-probs. Does what is not done yet. */
  private async prepare() {
    if (this.collected && this.reference) {
      this.setPhase('training', 'Training.');
      return;
    }
    // Stored as begun, so that a tab closed before the first checkpoint is offered again too.
    this.setPhase('loading', 'Preparing.');
    await this.keep(() => this.o.store.putRun(this.summary()));
    const first = this.stageIndex === 0 && this.step === 0 && this.evaluations.length === 0;
    const { dataset } = this.o;
    if (first && !dataset) await this.evaluateHeldOut();
    if (!this.collected) await (dataset ? this.readDataset(dataset) : this.collect());
    await this.scoreReference();
    if (first && dataset) await this.evaluateHeldOut();
    this.setPhase('training', 'Training.');
  }

  /** The dataset's trees; the same document gives the same ones, so they are made again rather than stored. */
  private async prepareDataset(dataset: RunDataset) {
    const { trees, heldOut, report } = await dataset.prepare({
      progress: (done, total) =>
        this.o.emit({ kind: 'progress', phase: 'collecting', done, total: total ?? 0, note: 'rows read' }),
      signal: this.abort.signal,
    });
    const { vocabSize, maxPositions } = this.o.model.config;
    for (const tree of [...trees, ...heldOut]) validateTree(tree, vocabSize, maxPositions);
    this.trees = trees;
    this.heldOut = heldOut.slice(0, Math.max(1, this.document.evaluation.problems));
    this.collected = true;
    this.report = report;
    this.o.emit({ kind: 'dataset', report });
    for (const [index, tree] of trees.slice(0, TREES_SENT).entries()) {
      this.o.emit({ kind: 'tree', tree, index });
    }
  }

  private async readDataset(dataset: RunDataset) {
    this.setPhase('collecting', `Reading ${dataset.label}.`);
    await this.prepareDataset(dataset);
  }

  private async collect() {
    const { task, model, method, store } = this.o;
    const { data, seed } = this.document;
    this.datasetKey ||= await sha256Hex([
      JSON.stringify([
        method.id,
        this.document.method.params,
        { task: data.task, difficulty: data.difficulty, trees: data.trees, maxTokens: data.maxTokens },
        seed,
        this.o.backend.name,
        this.o.backend.adapter,
      ]),
      this.initialHash,
    ]);
    const stored = await store.getDataset(this.datasetKey);
    if (stored) {
      for (const tree of stored.slice(this.trees.length)) {
        this.trees.push(tree);
        this.o.emit({ kind: 'tree', tree, index: this.trees.length - 1 });
      }
      this.collected = true;
      return;
    }
    this.setPhase('collecting', 'Making training pairs from the model’s own answers.');
    const rng = createRng(seed);
    const draws = rng.fork('problems');
    let sampled = 0;
    this.collector ??= method.collect({
      task,
      tokenizer: model.tokenizer,
      rng: rng.fork('pipeline'),
      problems: () => task.draw(draws, data.difficulty),
      sample: (requests, options) => {
        const key = rng.fork(`sample/${sampled++}`);
        return this.exclusive(() =>
          guardGpu(() =>
            generate(this.policy(), requests, options, key, {
              signal: this.abort.signal,
              onToken: yieldToMessages,
            }),
          ),
        );
      },
      count: data.trees,
      params: this.document.method.params,
      maxTokens: data.maxTokens,
      signal: this.abort.signal,
      progress: (done, note) =>
        this.o.emit({ kind: 'progress', phase: 'collecting', done, total: data.trees, note }),
    });
    while (this.trees.length < data.trees) {
      if (this.wantPause) throw new PausedError('Paused.');
      const next = await this.collector.next();
      if (next.done) break;
      validateTree(next.value, model.config.vocabSize, model.config.maxPositions);
      this.trees.push(next.value);
      this.o.emit({ kind: 'tree', tree: next.value, index: this.trees.length - 1 });
      await this.between();
    }
    if (this.trees.length === 0) throw new Error('The pipeline made no training data.');
    this.collected = true;
    await this.keep(() =>
      store.putDataset(
        this.datasetKey,
        `${method.name}, ${this.trees.length} from ${model.summary.id}, seed ${seed}`,
        this.trees,
      ),
    );
  }

  private async scoreReference() {
    const needed = this.stages.some((stage) => stage.method.needs.reference);
    if (!needed) {
      this.reference = new Map();
      return;
    }
    this.setPhase('scoring', 'Scoring the data under the reference.');
    const { store, backend } = this.o;
    const trees = [...this.trees, ...this.heldOut];
    const hash = await referenceHash(this.plan);
    const keys = await Promise.all(
      trees.map((tree) =>
        sha256Hex([hash, backend.name, backend.adapter, JSON.stringify([tree.nodes, tree.responses])]),
      ),
    );
    const cached = await store.getReferences(keys);
    const scores = new Map<string, Float32Array>();
    const missing: PreferenceTree[] = [];
    trees.forEach((tree, i) => {
      const values = cached[i];
      if (values) scores.set(tree.id, values);
      else missing.push(tree);
    });
    const unchanged = this.step === 0 && this.stageIndex === 0 && !this.plan.adapter;
    const keyOf = new Map(trees.map((tree, i) => [tree.id, keys[i]!]));
    // In slices, each stored when it is done: a pause need not wait for all, and loses no more than one.
    for (let at = 0; at < missing.length; at += SLICE) {
      if (this.wantPause) throw new PausedError('Paused.');
      const reference = unchanged ? this.policy() : this.referenceNetwork();
      const slice = missing.slice(at, at + SLICE);
      const fresh = await this.scoreAll(reference, slice, 'under the reference', { at, of: missing.length });
      for (const [id, values] of fresh) scores.set(id, values);
      await this.keep(() =>
        store.putReferences(new Map([...fresh].map(([id, values]) => [keyOf.get(id)!, values]))),
      );
    }
    this.reference = scores;
  }

  private scoreAll(
    network: Network,
    trees: readonly PreferenceTree[],
    note: string,
    part = { at: 0, of: trees.length },
  ) {
    return this.exclusive(() =>
      guardGpu(() =>
        scoreTrees(network, trees, async (done) => {
          this.o.emit({
            kind: 'progress',
            phase: 'scoring',
            done: part.at + done,
            total: part.of,
            note,
          });
          await this.between();
        }),
      ),
    );
  }

  /** The network that the run is compared with, made when it is first asked for. */
  private referenceNetwork(): Network {
    this.referenceOnDevice ??= createReference(this.plan, this.policyWeights);
    return this.referenceOnDevice.network;
  }

  private policy(): Network {
    return networkOf(this.stepState());
  }

  private stepState(): StepState {
    const { stage } = this;
    const { trained, frozen, lora } = this.policyWeights;
    return {
      config: this.o.model.config,
      parameters: trained,
      frozen,
      ...(lora ? { lora } : {}),
      dropout: this.plan.adapter?.settings.dropout ?? 0,
      checkpointing: this.document.checkpointing,
      optimizer: this.optimizer!,
      method: stage.method,
      params: stage.params,
      reference: stage.method.needs.reference ? this.reference : undefined,
      guide: stage.guide === undefined ? undefined : this.stageScores.get(stage.guide),
    };
  }

  /** One optimiser step, or the change to the next stage. @returns false when the run is complete */
  private async advance(): Promise<boolean> {
    const { steps, evaluation, checkpointEvery } = this.document;
    if (this.step >= steps) return this.nextStage();
    await this.exclusive(() => guardGpu(() => this.optimiserStep()));
    await yieldToMessages();
    const last = this.step === steps;
    if (evaluation.problems > 0 && (last || (evaluation.every > 0 && this.step % evaluation.every === 0))) {
      await this.evaluateHeldOut();
      this.setPhase('training', 'Training.');
    }
    if (checkpointEvery > 0 && this.step % checkpointEvery === 0 && !last) await this.checkpoint();
    return !last || (await this.nextStage());
  }

  private async optimiserStep() {
    const { optimizer, schedule, steps, accumulate, batchSize, seed } = this.document;
    const microBatches = Array.from({ length: accumulate }, (_, a) =>
      treesOfBatch(seed, this.step * accumulate + a, batchSize, this.trees.length).map((i) => this.trees[i]!),
    );
    const started = performance.now();
    const { metrics, tokens } = await trainStep(this.stepState(), microBatches, {
      ...optimizer,
      learningRate: learningRateAt(schedule, optimizer.learningRate, this.step, steps),
      step: this.step + 1,
      seed,
    });
    const bad = Object.entries(metrics).find(([, value]) => !Number.isFinite(value));
    if (bad) {
      throw new DivergedError(
        `${bad[0]} became ${bad[1]} at step ${this.step + 1}; the weights of step ${this.step} are kept. ` +
          'Lower the learning rate, or clip gradients with optimizer.maxGradNorm.',
      );
    }
    this.step++;
    const row: Metrics = {
      step: this.step,
      epoch: (this.step * accumulate * batchSize) / this.trees.length,
      ...metrics,
    };
    this.metrics.push({ stage: this.stage.id, metrics: row });
    this.o.emit({ kind: 'metrics', stage: this.stage.id, metrics: row });
    const seconds = (performance.now() - started) / 1000;
    this.message = `Step ${this.step} of ${steps}, ${seconds.toFixed(2)} s, ${Math.round(tokens / seconds)} tokens/s.`;
    this.o.emit({ kind: 'progress', phase: 'training', done: this.step, total: steps, note: this.message });
    this.o.emit({ kind: 'status', status: this.status() });
  }

  /** Keeps the stage's result for the stages that need it, and starts the next one from the initial weights. */
  private async nextStage(): Promise<boolean> {
    if (this.stageIndex + 1 >= this.stages.length) return false;
    const done = this.stage;
    if (this.stages.some((stage) => stage.guide === done.id)) {
      this.setPhase('scoring', `Scoring the data under ${done.label}.`);
      const trees = [...this.trees, ...this.heldOut];
      this.stageScores.set(done.id, await this.scoreAll(this.policy(), trees, `under ${done.label}`));
    }
    await this.exclusive(async () => {
      this.load();
      trimGpuPool();
    });
    this.stageIndex++;
    this.step = 0;
    await this.checkpoint();
    this.setPhase('training', `${this.stage.label}.`);
    return true;
  }

  private async evaluateHeldOut() {
    const { problems } = this.document.evaluation;
    if (problems === 0) return;
    if (this.o.dataset) await this.evaluateRows(problems);
    else await this.evaluate(problems);
  }

  /** Held-out rows of the dataset under the current weights. */
  private async evaluateRows(count: number): Promise<Evaluation | undefined> {
    const rows = this.heldOut.slice(0, count);
    if (rows.length === 0) return undefined;
    const before = { phase: this.phase, message: this.message };
    this.setPhase('evaluating', `Scoring ${rows.length} held-out rows.`);
    const result = await this.exclusive(() =>
      guardGpu(async () =>
        evaluatePairs({ ...this.stepState(), ...(await this.unscored(rows)) }, rows, () => this.between()),
      ),
    );
    return this.keepEvaluation({ step: this.step, stage: this.stage.id, ...result }, before);
  }

  private keepEvaluation(evaluation: Evaluation, before: { phase: RunPhase; message: string }): Evaluation {
    this.evaluations.push(evaluation);
    this.o.emit({ kind: 'evaluation', evaluation });
    this.setPhase(before.phase, before.message);
    return evaluation;
  }

  /**
   * Greedy accuracy of the current weights on the first `count` held-out problems; of a run on a dataset, loss and
   * rewards on its held-out rows.
   */
  async evaluate(count: number): Promise<Evaluation> {
    if (this.o.dataset) {
      const evaluation = await this.evaluateRows(count);
      if (evaluation) return evaluation;
      throw new Error(
        'No row of the dataset is held out yet; raise data.dataset.settings.heldOut, or start the run first.',
      );
    }
    const before = { phase: this.phase, message: this.message };
    this.setPhase('evaluating', `Answering ${count} held-out problems.`);
    const { task, model } = this.o;
    const { data, seed } = this.document;
    const answers = await this.exclusive(() =>
      guardGpu(() =>
        answerProblems(
          { network: this.policy(), tokenizer: model.tokenizer },
          task,
          task.heldOut(data.difficulty, HELD_OUT_START, count),
          { temperature: 0, seed, maxTokens: data.maxTokens, signal: this.abort.signal },
          yieldToMessages,
        ),
      ),
    );
    const evaluation: Evaluation = { step: this.step, stage: this.stage.id, ...accuracyOf(answers) };
    return this.keepEvaluation(evaluation, before);
  }

  /** Saves everything that decides the numbers from here on; the previous checkpoint stays until this one is whole. */
  private async checkpoint() {
    if (!this.collected) return;
    const state = await this.exclusive(() => guardGpu(() => this.snapshot()));
    const stored = await this.keep(async () => {
      await this.o.store.putCheckpoint(state);
      await this.o.store.putRun(this.summary());
    });
    if (stored) this.o.emit({ kind: 'checkpoint', step: this.step, stored: true, note: '' });
  }

  /** Stores something. A full disk must not cost the person the run: it goes on, and the page says what is not saved. */
  private async keep(write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      const note = error instanceof Error ? error.message : String(error);
      this.o.emit({ kind: 'checkpoint', step: this.step, stored: false, note });
      return false;
    }
  }

  private async snapshot(): Promise<Checkpoint> {
    const { m, v } = await adamWToArrays(this.optimizer!);
    return {
      runId: this.runId,
      step: this.step,
      stage: this.stageIndex,
      weights: Object.fromEntries(await this.hostWeights()),
      initialWeightsHash: this.initialHash,
      optimizer: { m: Object.fromEntries(m), v: Object.fromEntries(v), step: this.step },
      rngState: createRng(this.document.seed).state(),
      dataPosition: this.step * this.document.accumulate,
      stageResults: Object.fromEntries(
        [...this.stageScores].map(([id, scores]) => [id, Object.fromEntries(scores)]),
      ),
      datasetKey: this.datasetKey,
      created: Date.now(),
    };
  }

  private async hostWeights(): Promise<Map<string, { shape: number[]; data: Float32Array }>> {
    const { trained } = this.policyWeights;
    const arrays = await parametersToArrays(trained);
    return new Map(
      [...trained].map(([name, tensor]) => [name, { shape: tensor.shape.slice(), data: arrays.get(name)! }]),
    );
  }

  /** What the run trains: the adapter, where there is one. */
  get policyPlan(): PolicyPlan {
    return this.plan;
  }

  /** The trained weights on the host, all or the adapter's, for an export. */
  weights(): Promise<HostWeights> {
    return this.exclusive(() => guardGpu(() => this.hostWeights()));
  }

  /** Runs f with the current or the initial weights while no step changes them. */
  withModel<T>(which: 'policy' | 'reference', f: (network: Network) => Promise<T>): Promise<T> {
    return this.exclusive(() =>
      guardGpu(() => f(which === 'policy' ? this.policy() : this.referenceNetwork())),
    );
  }

  /** Where the method puts the credit on tree `index`, under the current weights. */
  async credit(index: number): Promise<CreditView> {
    const tree = this.trees[index];
    if (!tree) throw new Error(`There is no pair ${index}; ${this.trees.length} have been made.`);
    return this.exclusive(() =>
      guardGpu(async () => {
        const state = { ...this.stepState(), ...(await this.unscored([tree])) };
        return creditOf(tree, state, this.o.model.tokenizer);
      }),
    );
  }

  /** The reference's scores of these trees, where a run opened at its checkpoint has not scored its data yet. */
  private async unscored(
    trees: readonly PreferenceTree[],
  ): Promise<Pick<StepState, 'reference'> | undefined> {
    if (!this.stage.method.needs.reference || this.reference) return undefined;
    return { reference: await scoreTrees(this.referenceNetwork(), trees, yieldToMessages) };
  }

  async dispose() {
    this.wantPause = true;
    this.abort.abort();
    await this.running?.catch(() => undefined);
    await this.exclusive(async () => {
      this.referenceOnDevice?.dispose();
      if (this.weightsOnDevice) disposePolicy(this.weightsOnDevice);
      if (this.optimizer) disposeAdamW(this.optimizer);
      this.referenceOnDevice = undefined;
      this.weightsOnDevice = undefined;
      this.optimizer = undefined;
    });
  }
}

/** Pause was asked for while pairs were being made; the generator waits where it is. */
class PausedError extends Error {
  override name = 'PausedError';
}
