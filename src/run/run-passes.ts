import type { PassInfo, RunStatus } from '../../workers/protocol';
import type { Blend, Pass } from '../methods/pass';
import type { HostWeights } from '../model/host-weights';
import { trimGpuPool } from '../tf';
import type { PolicyPlan } from '../train/policy';
import { initialTrained } from '../train/policy';
import { checkTrees } from './check-trees';
import type { RunParts } from './pass-runner';
import { PassRunner } from './pass-runner';
import { passInfo } from './pass-words';
import { checkPasses, keptAfter } from './passes';
import { RunConstants } from './run-constants';
import type { RunContext } from './run-context';
import type { RunState } from './run-state';
import { RunTrees } from './run-trees';
import { RunWeights } from './run-weights';

/** What the average of a pass begins with, where it returns one. */
const averageOf = ({ average }: Pass, weights: HostWeights) => (average ? weights : undefined);

/**
 * The passes of a run, one after another: which one is under way, what it leaves to later ones, and what the run returns. Its
 * state is the run's state; `session.ts` says when to go on and when to store.
 */
export class RunPasses {
  readonly list: readonly Pass[];
  readonly parts: RunParts;
  /** What the run returns where that is not the last pass's weights. */
  readonly result: Blend | undefined;
  index = 0;
  runner: PassRunner;
  private initialHash = '';

  /**
   * @throws PassError when the passes do not fit together
   * @throws UnsuitableSourceError when the document's source makes nothing that the method trains on
   */
  constructor(
    private readonly ctx: RunContext,
    private readonly plan: PolicyPlan,
  ) {
    const { method, document, store, runId, keep } = ctx;
    this.list = method.passes(document.method.params);
    this.result = method.result?.(document.method.params);
    checkPasses(method.name, this.list, this.result);
    const { medium } = ctx;
    this.info = passInfo(
      this.list,
      document.steps,
      medium && ((pass, first) => medium.flops(pass, document, first)),
    );
    const weights = new RunWeights(plan, {
      put: async (pass, kept) => void (await keep(() => store.putKept(runId, pass, kept))),
      get: (pass) => store.getKept(runId, pass),
    });
    const trees = new RunTrees(ctx, this.list);
    this.parts = { weights, trees, constants: new RunConstants(ctx, weights, this.list), kept: {} };
    this.runner = this.runnerOf(0);
  }

  get current(): Pass {
    return this.runner.pass;
  }

  /** All of them, for people. */
  readonly info: PassInfo[];

  /** Where the run is, for people. */
  get place(): RunStatus['stage'] {
    const { id, label } = this.current;
    return { index: this.index, count: this.list.length, id, label };
  }

  private get head() {
    return this.current.objective.reads.head;
  }

  private runnerOf(index: number): PassRunner {
    return new PassRunner(this.ctx, this.list, this.list[index]!, this.parts);
  }

  /** Puts the initial weights on the device. */
  async begin() {
    const { weights } = this.parts;
    this.initialHash = await weights.begin();
    const own = this.freshOf(this.current) ?? initialTrained(this.plan);
    await this.ctx.onDevice(() => weights.load(own, this.head, undefined, averageOf(this.current, own)));
    await this.runner.begin();
  }

  /**
   * Puts everything to where a checkpoint has it.
   * @param numbers that a checkpoint of the first version holds of models that are no more, by pass and tree
   * @throws when the run was begun with other weights
   */
  async restore(
    state: RunState,
    initialWeightsHash: string,
    numbers: Readonly<Record<string, Record<string, Float32Array>>> = {},
  ) {
    const { weights, trees, constants, kept } = this.parts;
    this.initialHash = await weights.begin();
    if (initialWeightsHash !== this.initialHash) {
      throw new Error(
        `The run was begun with other weights of "${this.plan.model.summary.id}" than the ones here; start a new run with this model.`,
      );
    }
    const pass = this.list[state.pass];
    if (!pass) {
      throw new Error(
        `The run was stored in pass ${state.pass + 1}, and ${this.ctx.method.name} has ${this.list.length} with these parameters; start it again.`,
      );
    }
    Object.assign(kept, state.kept);
    this.index = state.pass;
    const { head } = pass.objective.reads;
    await this.ctx.onDevice(() => weights.load(state.trained, head, state.moments, state.average));
    await trees.restore(state.trees);
    for (const [id, own] of Object.entries(numbers)) {
      kept[id] = await constants.adopt(own, [...trees.of(pass), ...trees.heldOut]);
    }
    this.runner = new PassRunner(
      this.ctx,
      this.list,
      pass,
      this.parts,
      state.step,
      state.epoch,
      state.following,
    );
    await this.runner.begin();
  }

  /** Everything that decides the numbers from here on; undefined before there is anything to keep. */
  async state(): Promise<RunState | undefined> {
    const { weights, trees, kept } = this.parts;
    if (this.index === 0 && !trees.has(this.current)) return undefined;
    return this.ctx.onDevice(async () => ({
      pass: this.index,
      step: this.runner.step,
      trained: await weights.toHost(),
      moments: await weights.moments(),
      average: await weights.averageToHost(),
      kept,
      trees: trees.keys,
      epoch: this.runner.epoch,
      following: this.runner.reference,
    }));
  }

  /** Hash of the weights that the run began with. */
  get initial(): string {
    return this.initialHash;
  }

  /** What a later pass cannot eat, of the trees that are there, is refused before the first one trains. */
  checkLater() {
    for (const pass of this.list.slice(this.index + 1)) {
      checkTrees(pass.label, pass.objective.reads, this.parts.trees.of(pass));
    }
  }

  /**
   * Keeps the weights of the pass for those that need them, and turns to the next one, which is still to be prepared.
   * @returns false after the last, when the policy has become what the run returns
   */
  async toNext(): Promise<boolean> {
    const { weights, kept } = this.parts;
    const { id } = this.current;
    if (!kept[id] && keptAfter(this.list, this.index, this.result)) {
      kept[id] = await this.ctx.onDevice(() => weights.keep(id));
    }
    const next = this.list[this.index + 1];
    if (!next) {
      if (this.result !== undefined) await this.load(this.result, this.current);
      return false;
    }
    if (!next.goesOn) await this.load(next.from ?? 'start', next);
    this.index++;
    this.runner = this.runnerOf(this.index);
    await this.runner.begin();
    return true;
  }

  /** Lets go of what the pass before this one made for itself alone, once the checkpoint is of this one. */
  async release() {
    const before = this.list[this.index - 1];
    if (before && this.current.goesOn) await this.parts.trees.release(before);
  }

  /** What a pass begins with that trains a network of its own. */
  private freshOf({ objective }: Pass) {
    return this.ctx.medium?.fresh(objective.reads.latents);
  }

  private async load(blend: Blend, pass: Pass) {
    const { objective } = pass;
    const weights = this.freshOf(pass) ?? (await this.parts.weights.of(blend));
    await this.ctx.onDevice(async () => {
      await this.parts.weights.load(weights, objective.reads.head, undefined, averageOf(pass, weights));
      trimGpuPool();
    });
  }

  get isWhole(): boolean {
    return this.index === this.list.length - 1 && this.runner.step >= this.runner.steps;
  }

  dispose() {
    this.parts.weights.dispose();
  }
}
