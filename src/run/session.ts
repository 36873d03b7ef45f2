import type { CreditView, Evaluation, RunPhase, RunStatus, RunSummary } from '../../workers/protocol';
import type { DatasetReport } from '../data/prepare/report';
import { kernelChoice } from '../kernels/kernel-choice';
import type { LoadedModel } from '../load/loaded-model';
import type { Blend, Pass } from '../methods/pass';
import type { HostWeights } from '../model/host-weights';
import type { Network } from '../model/network';
import { GpuError, guardGpu, onOwnGpu, trimGpuPool } from '../tf';
import { creditOf } from '../train/credit';
import { finishedWords } from '../train/outcome';
import type { PolicyPlan } from '../train/policy';
import { initialTrained, planPolicy } from '../train/policy';
import type { RunDocument } from '../train/run-document';
import type { PreferenceTree } from '../tree/tree';
import { count } from '../util/count';
import { createMutex, yieldToMessages } from '../util/mutex';
import { checkTrees } from './check-trees';
import { DivergedError } from './diverged';
import { evaluateProblems, evaluateRows } from './evaluator';
import { PassRunner } from './pass-runner';
import { checkPasses, keptAfter } from './passes';
import { RunConstants } from './run-constants';
import type { RunContext, SessionOptions } from './run-context';
import { PausedError, StoppedError } from './run-context';
import { fromCheckpoint, toCheckpoint } from './run-state';
import { RunTrees } from './run-trees';
import { RunWeights } from './run-weights';

/**
 * One run from its document to its last step: control alone. Its passes prepare and train in `pass-runner.ts`; weights, trees
 * and the numbers of frozen models have files of their own. All state that decides its numbers is in the document, the initial
 * weights and the checkpoint, so a run resumed from a checkpoint gives the numbers it would have given.
 */
export class TrainingSession {
  readonly document: RunDocument;
  readonly runId: string;
  private readonly o: SessionOptions;
  private readonly ctx: RunContext;
  private readonly passes: readonly Pass[];
  private readonly plan: PolicyPlan;
  private readonly weightsOf: RunWeights;
  private readonly constants: RunConstants;
  private readonly exclusive = createMutex();
  private readonly abort = new AbortController();
  private trees: RunTrees;
  private kept: Record<string, string> = {};
  private phase: RunPhase = 'idle';
  private message = 'Ready.';
  private passIndex = 0;
  private runner: PassRunner;
  private created = Date.now();
  private wantPause = false;
  private running: Promise<RunStatus> | undefined;
  private initialHash = '';
  private metrics: RunSummary['metrics'] = [];
  private evaluations: Evaluation[] = [];

  private constructor(options: SessionOptions) {
    this.o = options;
    this.document = options.document;
    this.runId = options.runId;
    const { method, document, store, runId } = options;
    this.passes = method.passes(document.method.params);
    checkPasses(method.name, this.passes, method.result?.(document.method.params));
    this.plan = planPolicy(options.model, document, options.adapter);
    this.ctx = {
      ...options,
      signal: this.abort.signal,
      onDevice: (f) => this.exclusive(() => guardGpu(f)),
      between: async () => {
        await yieldToMessages();
        if (this.abort.signal.aborted) throw new StoppedError('Stopped.');
      },
      pausePoint: () => {
        if (this.wantPause) throw new PausedError('Paused.');
      },
      setPhase: (phase, message) => this.setPhase(phase, message),
      keep: (write) => this.keep(write),
    };
    this.weightsOf = new RunWeights(this.plan, {
      put: async (pass, weights) => void (await this.keep(() => store.putKept(runId, pass, weights))),
      get: (pass) => store.getKept(runId, pass),
    });
    this.trees = new RunTrees(this.ctx, {});
    this.constants = new RunConstants(this.ctx, this.weightsOf, this.passes);
    this.runner = this.runnerOf(0);
  }

  /** Puts the model on the device, at its initial weights or at a checkpoint. */
  static async create(options: SessionOptions): Promise<TrainingSession> {
    const session = new TrainingSession(options);
    try {
      await session.restore(options.resume);
    } catch (error) {
      await session.dispose().catch(() => undefined);
      throw error;
    }
    return session;
  }

  private get pass(): Pass {
    return this.runner.pass;
  }

  private get step(): number {
    return this.runner.step;
  }

  private get parts() {
    return { weights: this.weightsOf, trees: this.trees, constants: this.constants, kept: this.kept };
  }

  private runnerOf(index: number): PassRunner {
    return new PassRunner(this.ctx, this.passes[index]!, this.parts);
  }

  private async restore(resume: SessionOptions['resume']) {
    const { model } = this.o;
    this.initialHash = await this.weightsOf.begin();
    if (!resume) {
      await this.ctx.onDevice(() =>
        this.weightsOf.load(initialTrained(this.plan), this.pass.objective.reads.head),
      );
      return this.runner.begin();
    }
    const { checkpoint, summary } = resume;
    if (checkpoint.initialWeightsHash !== this.initialHash) {
      throw new Error(
        `The run was begun with other weights of "${model.summary.id}" than the ones here; start a new run with this model.`,
      );
    }
    const state = fromCheckpoint(checkpoint);
    this.created = summary.created;
    this.kept = state.kept;
    this.trees = new RunTrees(this.ctx, state.trees);
    this.passIndex = state.pass;
    const pass = this.passes[state.pass]!;
    const following = state.following
      ? { hash: state.following, weights: await this.weightsOf.keptAs(`${pass.id}/reference`) }
      : undefined;
    await this.ctx.onDevice(() =>
      this.weightsOf.load(state.trained, pass.objective.reads.head, state.moments),
    );
    await this.trees.restore();
    for (const [id, numbers] of Object.entries(checkpoint.numbers ?? {})) {
      this.kept[id] = await this.constants.adopt(numbers, [...this.trees.of(pass), ...this.trees.heldOut]);
    }
    this.runner = new PassRunner(this.ctx, pass, this.parts, state.step, state.epoch, following);
    await this.runner.begin();
    // What was computed after the checkpoint will be computed again, with the same numbers.
    const order = new Map(this.passes.map(({ id }, index) => [id, index]));
    const kept = (id: string, step: number) => {
      const index = order.get(id) ?? 0;
      return index < state.pass || (index === state.pass && step <= state.step);
    };
    this.metrics = summary.metrics.filter((row) => kept(row.stage, row.metrics['step'] ?? 0));
    this.evaluations = summary.evaluations.filter((row) => kept(row.stage, row.step));
    const whole = this.passIndex === this.passes.length - 1 && this.step >= this.runner.steps;
    if (whole && summary.phase === 'finished') {
      this.setPhase('finished', finishedWords(this.evaluations, this.step));
    } else this.setPhase('paused', `Stored at step ${count(this.step)}.`);
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
      steps: this.runner.steps,
      stage: {
        index: this.passIndex,
        count: this.passes.length,
        id: this.pass.id,
        label: this.pass.label,
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
      stage: this.passIndex,
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
    return this.trees.report;
  }

  /** The trees of the present pass. */
  get treesMade(): readonly PreferenceTree[] {
    return this.runner.trees;
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
      if (this.step > 0) await this.checkpoint();
      this.setPhase('stopped', `Stopped at step ${count(this.step)}.`);
      await this.keep(() => this.o.store.putRun(this.summary()));
    }
    return this.status();
  }

  private async drive(maxSteps: number): Promise<RunStatus> {
    try {
      await this.prepare();
      for (let done = 0; done < maxSteps && !this.wantPause; done++) {
        if (!(await this.advance())) {
          this.setPhase('finished', finishedWords(this.evaluations, this.step));
          await this.checkpoint();
          return this.status();
        }
      }
      await this.checkpoint();
      this.setPhase('paused', `Paused at step ${count(this.step)} of ${count(this.runner.steps)}.`);
      await this.keep(() => this.o.store.putRun(this.summary()));
    } catch (error) {
      await this.fail(error);
    }
    return this.status();
  }

  private async fail(error: unknown) {
    if (error instanceof StoppedError || this.abort.signal.aborted) return; // stop() has the word
    if (error instanceof PausedError) {
      const of = this.o.dataset ? '' : ` of ${count(this.document.data.trees)}`;
      this.setPhase('paused', `Paused while preparing (${count(this.trees.underWay)}${of} made).`);
      return;
    }
    const told = this.o.explain?.(error, this.phase) ?? error;
    const { name, message } = told instanceof Error ? told : new Error(String(told));
    if (error instanceof DivergedError) await this.checkpoint().catch(() => undefined); // the last good weights
    this.setPhase('failed', message);
    this.o.emit({ kind: 'error', name, message });
    if (!(error instanceof GpuError)) await this.keep(() => this.o.store.putRun(this.summary()));
  }

  /** Everything before the first step: accuracy at the start, data, frozen models. Does what is not done yet. */
  private async prepare() {
    if (!this.runner.isPrepared) {
      // Stored as begun, so that a tab closed before the first checkpoint is offered again too.
      this.setPhase('loading', 'Preparing.');
      await this.keep(() => this.o.store.putRun(this.summary()));
      const first = this.passIndex === 0 && this.step === 0 && this.evaluations.length === 0;
      if (first && !this.o.dataset) await this.evaluateHeldOut();
      await this.runner.prepare();
      this.checkLaterPasses();
      if (first && this.o.dataset) await this.evaluateHeldOut();
    }
    this.setPhase('training', 'Training.');
  }

  /** What a later pass cannot eat is refused before the first one trains. */
  private checkLaterPasses() {
    for (const { label, objective, trees } of this.passes.slice(this.passIndex + 1)) {
      if (!trees) checkTrees(label, objective.reads, this.runner.trees);
    }
  }

  /** One optimiser step, or the change to the next pass. @returns false when the run is complete */
  private async advance(): Promise<boolean> {
    const { evaluation, checkpointEvery } = this.document;
    if (this.step >= this.runner.steps) return this.nextPass();
    await this.optimiserStep();
    await yieldToMessages();
    const last = this.step === this.runner.steps;
    if (evaluation.problems > 0 && (last || (evaluation.every > 0 && this.step % evaluation.every === 0))) {
      await this.evaluateHeldOut();
      this.setPhase('training', 'Training.');
    }
    if (checkpointEvery > 0 && this.step % checkpointEvery === 0 && !last) await this.checkpoint();
    return !last || (await this.nextPass());
  }

  private async optimiserStep() {
    const started = performance.now();
    const { row, tokens } = await this.runner.advance();
    this.metrics.push({ stage: this.pass.id, metrics: row });
    this.o.emit({ kind: 'metrics', stage: this.pass.id, metrics: row });
    const { step, steps } = this.runner;
    const seconds = (performance.now() - started) / 1000;
    this.message = `Step ${count(step)} of ${count(steps)}, ${seconds.toFixed(2)} s, ${count(Math.round(tokens / seconds))} tokens/s.`;
    this.o.emit({ kind: 'progress', phase: 'training', done: step, total: steps, note: this.message });
    this.o.emit({ kind: 'status', status: this.status() });
  }

  /** Keeps the weights of the pass for those that need them, and starts the next one; after the last, makes the result. */
  private async nextPass(): Promise<boolean> {
    const result = this.o.method.result?.(this.document.method.params);
    const { id } = this.pass;
    if (!this.kept[id] && keptAfter(this.passes, this.passIndex, result)) {
      this.kept[id] = await this.ctx.onDevice(() => this.weightsOf.keep(id));
    }
    const next = this.passes[this.passIndex + 1];
    if (!next) {
      if (result) await this.becomeResult(result);
      return false;
    }
    const weights = await this.weightsOf.of(next.from ?? 'start');
    await this.ctx.onDevice(async () => {
      await this.weightsOf.load(weights, next.objective.reads.head);
      trimGpuPool();
    });
    this.passIndex++;
    this.runner = this.runnerOf(this.passIndex);
    await this.runner.begin();
    await this.checkpoint();
    await this.runner.prepare();
    await this.checkpoint(); // with the key of the trees that it made for itself
    this.setPhase('training', `${this.pass.label}.`);
    return true;
  }

  private async becomeResult(result: Blend) {
    const weights = await this.weightsOf.of(result);
    await this.ctx.onDevice(() => this.weightsOf.load(weights, this.pass.objective.reads.head));
    await this.evaluateHeldOut();
  }

  private async evaluateHeldOut() {
    const { problems } = this.document.evaluation;
    if (problems > 0) await this.evaluated(problems);
  }

  private async evaluated(count: number): Promise<Evaluation | undefined> {
    const before = { phase: this.phase, message: this.message };
    const { ctx, runner, parts } = this;
    const result = this.o.dataset
      ? await evaluateRows(ctx, runner, parts, count)
      : await evaluateProblems(ctx, runner, count);
    if (!result) return undefined;
    const evaluation = { step: this.step, stage: this.pass.id, ...result };
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
    const evaluation = await this.evaluated(count);
    if (evaluation) return evaluation;
    throw new Error(
      'No row of the dataset is held out yet; raise data.dataset.settings.heldOut, or start the run first.',
    );
  }

  /** Saves everything that decides the numbers from here on; the previous checkpoint stays until this one is whole. */
  private async checkpoint() {
    if (!this.trees.has(this.pass) && this.passIndex === 0) return;
    const state = await this.ctx.onDevice(async () => ({
      pass: this.passIndex,
      step: this.step,
      trained: await this.weightsOf.toHost(),
      moments: await this.weightsOf.moments(),
      kept: this.kept,
      trees: this.trees.keys,
      epoch: this.runner.epoch,
      following: this.runner.followingHash,
    }));
    const stored = await this.keep(async () => {
      await this.o.store.putCheckpoint(toCheckpoint(this.runId, this.initialHash, state));
      await this.o.store.putRun(this.summary());
    });
    if (stored) this.o.emit({ kind: 'checkpoint', step: this.step, stored: true, note: '' });
  }

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

  /** What the run trains: the adapter, where there is one. */
  get policyPlan(): PolicyPlan {
    return this.plan;
  }

  /** The trained weights on the host, all or the adapter's, heads beside them, for an export. */
  weights(): Promise<HostWeights> {
    return this.ctx.onDevice(() => this.weightsOf.toHost());
  }

  /** Runs f with the current or the initial weights while no step changes them. */
  withModel<T>(which: 'policy' | 'reference', f: (network: Network) => Promise<T>): Promise<T> {
    return this.ctx.onDevice(() =>
      f(which === 'policy' ? this.runner.network() : this.weightsOf.reference()),
    );
  }

  /** Where the method puts the credit on tree `index`, under the current weights. */
  async credit(index: number): Promise<CreditView> {
    const tree = this.runner.trees[index];
    if (!tree) throw new Error(`There is no pair ${index}; ${this.runner.trees.length} have been made.`);
    await this.constants.ensure([tree]);
    const { id } = this.o.method;
    return this.ctx.onDevice(() => creditOf(tree, this.runner.state(), id, this.o.model.tokenizer));
  }

  async dispose() {
    this.wantPause = true;
    this.abort.abort();
    await this.running?.catch(() => undefined);
    await this.exclusive(async () => this.weightsOf.dispose());
  }
}
