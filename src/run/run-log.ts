import type { Evaluation, Probe, RunStatus, RunSummary } from '../../workers/protocol';
import type { Pass } from '../methods/pass';

/** What has been measured of a run. */
export class RunLog {
  metrics: RunSummary['metrics'] = [];
  evaluations: Evaluation[] = [];
  probes: Probe[] = [];
  /** What each optimiser step took. */
  took: NonNullable<RunSummary['took']> = [];
  /** All steps together; undefined before the first. */
  tookInAll: RunStatus['took'];
  /** Where weights were kept on the way. */
  snapshots: NonNullable<RunSummary['snapshots']> = [];
  /** The best evaluation of which everything is kept. */
  best: RunSummary['best'];
  created = Date.now();

  /**
   * Takes over what is stored up to a point; what was computed after it will be computed again, with the same numbers.
   * @param passes in their order
   * @param at index of the pass, and steps done in it
   */
  restore(
    { metrics, evaluations, probes = [], snapshots = [], took = [], best, created }: RunSummary,
    passes: readonly Pick<Pass, 'id'>[],
    at: { pass: number; step: number },
  ) {
    const within = (id: string, step: number) => {
      const index = Math.max(
        0,
        passes.findIndex((pass) => pass.id === id),
      );
      return index < at.pass || (index === at.pass && step <= at.step);
    };
    this.created = created;
    this.metrics = metrics.filter((row) => within(row.stage, row.metrics['step'] ?? 0));
    this.evaluations = evaluations.filter((row) => within(row.stage, row.step));
    this.probes = probes.filter((row) => within(row.stage, row.step));
    this.took = [];
    this.tookInAll = undefined;
    for (const row of took) if (within(row.stage, row.step)) this.addTook(row);
    this.snapshots = snapshots.filter((row) => within(row.stage, row.step));
    this.best = best && within(best.stage, best.step) ? best : undefined;
  }

  addTook(row: RunLog['took'][number]) {
    this.took.push(row);
    const { seconds, tokens } = this.tookInAll ?? { seconds: 0, tokens: 0 };
    this.tookInAll = { seconds: seconds + row.seconds, tokens: tokens + row.tokens };
  }

  addSnapshot(place: { stage: string; step: number }) {
    if (!this.snapshots.some(({ stage, step }) => stage === place.stage && step === place.step))
      this.snapshots.push(place);
  }
}
