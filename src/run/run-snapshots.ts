import type { Evaluation, RunEvent } from '../../workers/protocol';
import type { HostWeights } from '../model/host-weights';
import { bestKey, snapshotPass } from '../store/run-keys';
import { defaultSnapshots } from '../train/run-document';
import { count } from '../util/count';
import { stepsOf } from './passes';
import type { RunContext } from './run-context';
import type { RunLog } from './run-log';
import type { RunPasses } from './run-passes';
import { toCheckpoint } from './run-state';
import { snapshotPlan } from './snapshot-plan';

/** Of larger ones (trained weights, four bytes each) nothing is kept on the way. */
const MOST_BYTES = 8 * 2 ** 20;

/** How good an evaluation is, to be compared with others of its pass. */
const scoreOf = ({ kind, accuracy, metrics }: Evaluation): number =>
  kind === 'pairs' ? -(metrics?.['eval_loss'] ?? Number.POSITIVE_INFINITY) : accuracy;

/**
 * What is kept of a run on its way beside the last checkpoint: its weights at some steps, to be looked at, and the whole state
 * at the best evaluation of its pass, to be gone back to. Reads the run and changes nothing of it.
 */
export class RunSnapshots {
  /** The storage is full, or the like: nothing more is tried. */
  private off = false;
  private readonly most: number;
  private readonly isPlanned: (pass: number, step: number) => boolean;

  constructor(
    private readonly ctx: RunContext,
    private readonly passes: RunPasses,
    private readonly log: RunLog,
  ) {
    const { snapshots = defaultSnapshots, steps } = ctx.document;
    this.most = snapshots;
    this.isPlanned = snapshotPlan(
      passes.list.map((pass) => stepsOf(pass, steps)),
      snapshots,
    );
  }

  /** Whether weights of this size are kept at all. */
  private get keeps(): boolean {
    if (this.off || this.most === 0) return false;
    let bytes = 0;
    for (const tensor of this.passes.parts.weights.policy.trained.values()) bytes += 4 * tensor.size;
    return bytes <= MOST_BYTES;
  }

  private get place() {
    const { pass, step } = this.passes.runner;
    return { stage: pass.id, step };
  }

  private async keep(kind: Extract<RunEvent, { kind: 'snapshot' }>, write: () => Promise<void>) {
    if (await this.ctx.keep(write)) this.ctx.emit(kind);
    else this.off = true;
    return !this.off;
  }

  /** After a step, or before the first of a pass: keeps the weights where it is time to. */
  async afterStep() {
    const { place } = this;
    if (!this.isPlanned(this.passes.index, place.step) || !this.keeps) return;
    const weights = await this.ctx.onDevice(() => this.passes.parts.weights.returnedToHost());
    const kept = await this.keep({ kind: 'snapshot', ...place, best: false }, () =>
      this.ctx.store.putKept(this.ctx.runId, snapshotPass(place.stage, place.step), weights),
    );
    if (kept) this.log.addSnapshot(place);
  }

  /** After an evaluation: keeps everything where it is the best of its pass so far. */
  async afterEvaluation(evaluation: Evaluation) {
    const { place, ctx } = this;
    if (!this.keeps || (evaluation.problems === 0 && evaluation.kind !== 'pairs')) return;
    const score = scoreOf(evaluation);
    const { best } = this.log;
    if (best && best.stage === place.stage && score <= best.score) return;
    const state = await this.passes.state();
    if (!state) return; // before there are trees it is how the run begins
    const kept = await this.keep({ kind: 'snapshot', ...place, best: true }, () =>
      ctx.store.putCheckpoint(toCheckpoint(bestKey(ctx.runId), this.passes.initial, state)),
    );
    if (kept) this.log.best = { ...place, score };
  }

  /** The weights of a step of the present pass. @throws Error naming the steps that are kept */
  async weightsAt(step: number): Promise<HostWeights> {
    const { stage } = this.place;
    const steps = this.log.snapshots.flatMap((row) => (row.stage === stage ? [row.step] : []));
    const weights = steps.includes(step)
      ? await this.ctx.store.getKept(this.ctx.runId, snapshotPass(stage, step))
      : undefined;
    if (weights) return weights;
    const known = steps.length > 0 ? `kept are steps ${steps.map(count).join(', ')}` : 'none are kept';
    throw new Error(`The weights of step ${count(step)} are not stored; of this pass ${known}.`);
  }
}
