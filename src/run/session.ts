import type { CreditView, Evaluation, RunPhase, RunStatus, RunSummary } from '../../workers/protocol';
import type { DatasetReport } from '../data/prepare/report';
import { kernelChoice } from '../kernels/kernel-choice';
import type { LoadedModel } from '../load/loaded-model';
import type { PassId } from '../methods/pass';
import type { HostWeights } from '../model/host-weights';
import type { Network } from '../model/network';
import type { Task } from '../tasks/task';
import { GpuError, onOwnGpu } from '../tf';
import { finishedWords } from '../train/outcome';
import type { PolicyPlan } from '../train/policy';
import { planPolicy } from '../train/policy';
import type { RunDocument } from '../train/run-document';
import type { PreferenceTree } from '../tree/tree';
import { count } from '../util/count';
import { createMutex, yieldToMessages } from '../util/mutex';
import { DivergedError } from './diverged';
import type { PassRunner } from './pass-runner';
import type { RunContext, SessionOptions } from './run-context';
import { contextOf, PausedError, StoppedError } from './run-context';
import { RunLog } from './run-log';
import { RunLooks } from './run-looks';
import { RunPasses } from './run-passes';
import { RunSnapshots } from './run-snapshots';
import { fromCheckpoint, toCheckpoint } from './run-state';

/**
 * One run from its document to its last step: control alone, that is phases, pause, stop, checkpoints and events. Its passes
 * follow one another in `run-passes.ts` and train in `pass-runner.ts`; `run-looks.ts` looks at it. All state that decides its numbers is in the
 * document, the initial weights and the checkpoint, so a run resumed from a checkpoint gives the numbers it would have given.
 */
export class TrainingSession {
  readonly document: RunDocument;
  readonly runId: string;
  /** What the run trains: the adapter, where there is one. */
  readonly policyPlan: PolicyPlan;
  private readonly o: SessionOptions;
  private readonly ctx: RunContext;
  private readonly passes: RunPasses;
  private readonly log = new RunLog();
  private readonly snapshots: RunSnapshots;
  private readonly looks: RunLooks;
  private readonly exclusive = createMutex();
  private readonly abort = new AbortController();
  private phase: RunPhase = 'idle';
  private message = 'Ready.';
  private wantPause = false;
  private running: Promise<RunStatus> | undefined;

  private constructor(options: SessionOptions) {
    this.o = options;
    this.document = options.document;
    this.runId = options.runId;
    this.policyPlan = planPolicy(options.model, options.document, options.adapter);
    this.ctx = contextOf(options, {
      signal: this.abort.signal,
      exclusive: this.exclusive,
      wantPause: () => this.wantPause,
      setPhase: (phase, message) => this.setPhase(phase, message),
      keep: (write) => this.keep(write),
    });
    this.passes = new RunPasses(this.ctx, this.policyPlan);
    this.snapshots = new RunSnapshots(this.ctx, this.passes, this.log);
    this.looks = new RunLooks(this.ctx, this.passes, this.log, this.snapshots, () => ({
      phase: this.phase,
      message: this.message,
    }));
  }

  /**
   * Puts the model on the device, at its initial weights or at a checkpoint.
   * @throws before anything is stored, when passes, source or weights do not fit
   */
  static async create(options: SessionOptions): Promise<TrainingSession> {
    const session = new TrainingSession(options);
    try {
      if (options.resume) await session.restore(options.resume);
      else await session.passes.begin();
    } catch (error) {
      await session.dispose().catch(() => undefined);
      throw error;
    }
    return session;
  }

  private get runner(): PassRunner {
    return this.passes.runner;
  }

  /** Its world; undefined for a run on a file of examples. */
  get task(): Task | undefined {
    return this.o.dataset ? undefined : this.o.task;
  }

  /** Steps done of the present pass. */
  get step(): number {
    return this.runner.step;
  }

  private async restore({ checkpoint, summary }: NonNullable<SessionOptions['resume']>) {
    const state = fromCheckpoint(checkpoint);
    await this.passes.restore(state, checkpoint.initialWeightsHash, checkpoint.numbers);
    this.log.restore(summary, this.passes.list, state);
    if (this.passes.isWhole && summary.phase === 'finished') {
      this.setPhase('finished', finishedWords(this.log.evaluations, this.step));
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
      stage: this.passes.place,
      passes: this.passes.info,
      message: this.message,
      backend: this.o.backend,
      ...(this.log.tookInAll && { took: this.log.tookInAll }),
    };
  }

  summary(): RunSummary {
    return {
      runId: this.runId,
      document: this.document,
      created: this.log.created,
      updated: Date.now(),
      step: this.step,
      stage: this.passes.index,
      phase: this.phase,
      metrics: this.log.metrics,
      evaluations: this.log.evaluations,
      ...(this.log.probes.length > 0 && { probes: this.log.probes }),
      ...(this.log.snapshots.length > 0 && { snapshots: this.log.snapshots }),
      ...(this.log.best && { best: this.log.best }),
      ...(this.log.took.length > 0 && { took: this.log.took }),
      made: this.passes.parts.trees.measures,
      ...(this.o.arm && { group: this.o.arm.group }),
      ...(onOwnGpu() ? { kernels: kernelChoice() } : {}),
    };
  }

  get model(): LoadedModel {
    return this.o.model;
  }

  /** What became of the dataset's rows, once they have been read. */
  get dataReport(): DatasetReport | undefined {
    return this.passes.parts.trees.report;
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
      const why = this.phase === 'failed' ? 'failed' : `been ${this.phase}`;
      return Promise.reject(new Error(`The run has ${why}; create a new one.`));
    }
    this.wantPause = false;
    const { arm } = this.o;
    arm?.turns.join(arm.group.arm, this.log.metrics.length + (this.runner.isPrepared ? 1 : 0));
    this.running = this.drive(steps).finally(() => {
      this.running = undefined;
      arm?.turns.leave(arm.group.arm);
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

  /** An arm of a comparison waits until it is its turn. */
  private inTurn<T>(f: () => Promise<T>): Promise<T> {
    const { arm } = this.o;
    return arm ? arm.turns.take(arm.group.arm, f) : f();
  }

  /** A pause was asked for, and no other arm is a step ahead. */
  private get mayRest(): boolean {
    const { arm } = this.o;
    if (!this.wantPause || this.abort.signal.aborted) return this.wantPause;
    return !arm?.turns.isBehind(arm.group.arm);
  }

  private async drive(maxSteps: number): Promise<RunStatus> {
    try {
      await this.inTurn(() => this.prepare());
      for (let done = 0; done < maxSteps && !this.mayRest; done++) {
        if (!(await this.inTurn(() => this.advance()))) {
          const words = finishedWords(this.log.evaluations, this.step);
          [this.phase, this.message] = ['finished', words];
          await this.checkpoint(); // before it is said: whoever hears it may close the tab
          this.setPhase('finished', words);
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
      this.setPhase(
        'paused',
        `Paused while preparing (${count(this.passes.parts.trees.underWay)}${of} made).`,
      );
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
      const first = this.passes.index === 0 && this.step === 0 && this.log.evaluations.length === 0;
      if (first && !this.o.dataset) await this.looks.evaluateHeldOut();
      await this.runner.prepare();
      this.passes.checkLater();
      if (first && this.o.dataset) await this.looks.evaluateHeldOut();
      if (this.step === 0) await this.looks.lookAtBeginning();
    }
    this.setPhase('training', 'Training.');
  }

  /** One optimiser step, or the change to the next pass. @returns false when the run is complete */
  private async advance(): Promise<boolean> {
    const { evaluation, checkpointEvery } = this.document;
    if (this.step >= this.runner.steps) return this.nextPass();
    await this.optimiserStep();
    await this.looks.probeWhenDue();
    await this.snapshots.afterStep();
    await yieldToMessages();
    const { before, stretch, steps } = this.runner;
    const [done, last] = [before + this.step, this.step === steps];
    const due = (every: number) => every > 0 && done % every === 0;
    const { apart } = this.runner;
    // While another network is trained the policy rests: then its end alone is looked at.
    if (evaluation.problems > 0 && (done === stretch || (!apart && due(evaluation.every)))) {
      await this.looks.evaluateHeldOut();
      const [evaluation] = this.log.evaluations.slice(-1);
      if (evaluation && !apart) await this.snapshots.afterEvaluation(evaluation);
      this.setPhase('training', 'Training.');
    }
    if (due(checkpointEvery) && !last) await this.checkpoint();
    return !last || (await this.nextPass());
  }

  private async optimiserStep() {
    const started = performance.now();
    const { row, tokens } = await this.runner.advance();
    this.log.metrics.push({ stage: this.runner.pass.id, metrics: row });
    this.o.emit({ kind: 'metrics', stage: this.runner.pass.id, metrics: row });
    const { step, steps } = this.runner;
    const seconds = (performance.now() - started) / 1000;
    this.log.addTook({ stage: this.runner.pass.id, step, seconds, tokens });
    const unit = this.o.medium?.unit ?? 'tokens';
    this.message = `Step ${count(step)} of ${count(steps)}, ${seconds.toFixed(2)} s, ${count(Math.round(tokens / seconds))} ${unit}/s.`;
    this.o.emit({ kind: 'progress', phase: 'training', done: step, total: steps, note: this.message });
    this.o.emit({ kind: 'status', status: this.status() });
  }

  /** @returns false when there is none, and the run has what it returns */
  private async nextPass(): Promise<boolean> {
    if (!(await this.passes.toNext())) {
      if (this.passes.result !== undefined) await this.looks.evaluateHeldOut();
      return false;
    }
    await this.checkpoint();
    await this.passes.release();
    await this.runner.prepare();
    await this.looks.lookAtBeginning();
    await this.checkpoint(); // with the key of the trees that it made for itself
    this.setPhase('training', `${this.runner.pass.label}.`);
    return true;
  }

  /** Saves everything that decides the numbers from here on; the previous checkpoint stays until this one is whole. */
  private async checkpoint() {
    const state = await this.passes.state();
    if (!state) return;
    const checkpoint = toCheckpoint(this.runId, this.passes.initial, state);
    const stored = await this.keep(() => this.o.store.putCheckpoint(checkpoint, this.summary()));
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

  evaluate(count: number): Promise<Evaluation> {
    return this.looks.evaluate(count);
  }

  weights(): Promise<HostWeights> {
    return this.looks.weights();
  }

  withModel<T>(which: 'policy' | 'reference', f: (network: Network) => Promise<T>, at?: number): Promise<T> {
    return this.looks.withModel(which, f, at);
  }

  weightsOf(pass: PassId): Promise<HostWeights> {
    return this.looks.weightsOf(pass);
  }

  get judge(): PassId | undefined {
    return this.looks.judge;
  }

  credit(index: number, at?: number): Promise<CreditView> {
    return this.looks.credit(index, at);
  }

  async dispose() {
    this.wantPause = true;
    this.abort.abort();
    await this.running?.catch(() => undefined);
    await this.exclusive(async () => this.passes.dispose());
  }
}
