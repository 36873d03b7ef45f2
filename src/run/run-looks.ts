import type { CreditView, Evaluation, RunPhase } from '../../workers/protocol';
import type { PassId } from '../methods/pass';
import type { HostWeights } from '../model/host-weights';
import type { Network } from '../model/network';
import { probeEvery } from '../train/probe';
import { stillTrue } from './end-measures';
import { creditAt, evaluateHeldOut } from './evaluator';
import type { PassRunner } from './pass-runner';
import type { RunContext } from './run-context';
import type { RunLog } from './run-log';
import type { RunPasses } from './run-passes';
import type { RunSnapshots } from './run-snapshots';

/** How a run is looked at: held-out problems, a few pairs again and again, its weights now and on the way. No number of it depends on that. */
export class RunLooks {
  /** @param present the phase to go back to when something has been looked at */
  constructor(
    private readonly ctx: RunContext,
    private readonly passes: RunPasses,
    private readonly log: RunLog,
    private readonly snapshots: RunSnapshots,
    private readonly present: () => { phase: RunPhase; message: string },
  ) {}

  private get runner(): PassRunner {
    return this.passes.runner;
  }

  /** The run's own evaluation, where its document asks for one. */
  async evaluateHeldOut() {
    const { problems } = this.ctx.document.evaluation;
    if (problems > 0) await this.evaluated(problems);
  }

  /** Undefined when a dataset holds out no row. */
  private async evaluated(problems: number): Promise<Evaluation | undefined> {
    const { phase, message } = this.present();
    const result = await evaluateHeldOut(this.ctx, this.runner, this.passes.parts, problems);
    if (!result) return undefined;
    const before = stillTrue(this.log.evaluations.at(-1)?.measures ?? [], this.runner);
    const measures = [...before, ...(result.measures ?? [])];
    const evaluation = {
      ...{ step: this.runner.step, stage: this.runner.pass.id, ...result },
      ...(measures.length > 0 && { measures }),
    };
    this.log.evaluations.push(evaluation);
    this.ctx.emit({ kind: 'evaluation', evaluation });
    this.ctx.setPhase(phase, message);
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

  async probeWhenDue() {
    const { probe, batchSize, accumulate } = this.ctx.document;
    const { step, steps } = this.runner;
    const every = probeEvery(probe.every, steps, probe.pairs, batchSize * accumulate);
    if (step % every === 0 || step === steps) await this.probe();
  }

  /** Before the first step of a pass. */
  async lookAtBeginning() {
    this.ctx.setPhase('evaluating', 'Looking at pairs before the first step.');
    await this.probe();
    await this.snapshots.afterStep();
  }

  private async probe() {
    const pairs = await this.runner.probe(this.ctx.document.probe.pairs);
    if (pairs.length === 0) return;
    const probe = { stage: this.runner.pass.id, step: this.runner.step, pairs };
    this.log.probes.push(probe);
    this.ctx.emit({ kind: 'probe', probe });
  }

  /** The trained weights on the host, all or the adapter's, heads beside them, for an export. */
  weights(): Promise<HostWeights> {
    const { weights } = this.passes.parts;
    return this.ctx.onDevice(() => (this.runner.apart ? weights.of('start') : weights.returnedToHost()));
  }

  /**
   * Runs f with the current or the initial weights while no step changes them.
   * @param at in the place of the current ones those of a step that is kept
   */
  async withModel<T>(
    which: 'policy' | 'reference',
    f: (network: Network) => Promise<T>,
    at?: number,
  ): Promise<T> {
    if (which === 'policy' && at !== undefined) {
      const weights = await this.snapshots.weightsAt(at);
      return this.ctx.onDevice(async () => {
        const { network, dispose } = this.passes.parts.weights.lendWeights(weights);
        try {
          return await f(network);
        } finally {
          dispose();
        }
      });
    }
    return this.ctx.onDevice(() =>
      f(which === 'policy' ? this.runner.network() : this.passes.parts.weights.reference()),
    );
  }

  /** The weights that an earlier pass ended with, on the host. @throws Error when they are not kept */
  weightsOf(pass: PassId): Promise<HostWeights> {
    return this.passes.parts.weights.of(pass);
  }

  /** The earlier pass whose network says in the place of the reward what is better. */
  get judge(): PassId | undefined {
    const { latents } = this.runner.pass.objective.reads;
    return latents?.entry === 'transition' ? latents.judge : undefined;
  }

  /** Where the method puts the credit on tree `index`, under the current weights or those of a step that is kept. */
  async credit(index: number, at?: number): Promise<CreditView> {
    const weights =
      at === undefined || at === this.runner.step ? undefined : await this.snapshots.weightsAt(at);
    return creditAt(this.ctx, this.runner, this.passes.parts, index, weights);
  }
}
