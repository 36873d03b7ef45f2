import type { RunPhase, RunStatus } from '../../workers/protocol';
import type { DenoiserModel } from '../diffusion/denoiser-model';
import { setKernelChoice } from '../kernels/kernel-choice';
import { loadStoredAdapter } from '../load/brought-adapters';
import { checkTakesDataset, prepareDocument } from '../load/brought-datasets';
import type { LoadedModel } from '../load/loaded-model';
import { areImages } from '../methods/method';
import { armName } from '../run/group';
import type { Medium } from '../run/medium';
import type { SessionOptions } from '../run/run-context';
import { TrainingSession } from '../run/session';
import { Turns } from '../run/turns';
import { bestKey } from '../store/run-keys';
import type { Store } from '../store/store';
import { worlds } from '../tasks/cards';
import { loadTask } from '../tasks/index';
import type { BackendInfo } from '../tf';
import type { RunDocument } from '../train/run-document';
import { count } from '../util/count';
import { methodOf } from './catalogue';
import { checkMedium, checkWorld } from './checks';
import type { Engine } from './engine';
import type { Estimates } from './estimates';
import type { Standby } from './standby';

/** Phases of a run that takes no further step. */
const ended: readonly RunPhase[] = ['finished', 'stopped', 'failed'];

/** Phases of a run that another model may take the place of: it is stored, or has not begun. */
export const replaceable: readonly RunPhase[] = ['idle', 'finished', 'stopped', 'failed'];

/** What a run of images is made of, loaded with the first of them. */
const mediumOf = async (
  denoiser: DenoiserModel,
  { seed }: RunDocument,
  backend: BackendInfo,
  store: Store,
  { summary }: LoadedModel,
): Promise<Medium> => {
  const { imageMedium } = await import('../diffusion/medium');
  return imageMedium({ denoiser, seed, backend, store, label: summary.id });
};

/** The run that is open, or those that are compared. What opens and closes is called one after another. */
export interface OpenRuns {
  /** The open run, or the first of those that are compared. */
  readonly first: TrainingSession | undefined;
  /** @throws Error when none is open */
  open(): TrainingSession;
  /** @throws Error when there is no such arm */
  armAt(arm?: number): TrainingSession;
  has(runId: string): boolean;
  /** Makes a run in the place of those that are open, or opens a stored one. @throws naming the field */
  begin(document: RunDocument, runId: string, resume: boolean): Promise<RunStatus>;
  /** Makes or opens the arms of a comparison; of one that cannot be made, none stays open. @throws naming the arm */
  beginGroup(
    id: string,
    runs: readonly { document: RunDocument; runId: string }[],
    resume: boolean,
  ): Promise<RunStatus[]>;
  /** What start, step, pause and stop do with all open runs that can still do it; the first one's status. */
  withAll(f: (run: TrainingSession) => Promise<RunStatus>): Promise<RunStatus>;
  /** Opens the run at the state of its best evaluation, which then is its checkpoint. */
  goBack(step: number): Promise<RunStatus>;
  close(): Promise<void>;
}

export const createOpenRuns = (engine: Engine, estimates: Estimates, standby: Standby): OpenRuns => {
  let first: TrainingSession | undefined;
  /** All that are open, in the order of their arms. */
  let arms: { run: TrainingSession; release: () => void }[] = [];

  const open = (): TrainingSession => {
    if (!first) throw new Error('No run is open; create one, or open a stored one.');
    return first;
  };

  const close = async () => {
    const closing = arms;
    first = undefined;
    arms = [];
    try {
      // Together: an arm that waits for its turn must not be waited for.
      await Promise.all(closing.map(({ run }) => run.dispose()));
    } catch (error) {
      if (!engine.broken) throw error; // tensors of a lost device cannot be freed, and need not be
    } finally {
      for (const { release } of closing) release();
      engine.flush(); // its last words come before the answer to whoever closed it
    }
  };

  /** The backend that the run asks for; a run that leaves it open takes the one that is there. */
  const backendFor = async (document: RunDocument): Promise<BackendInfo> => {
    const current = engine.started();
    const wanted = document.backend === 'auto' ? engine.choice : document.backend;
    if (!engine.broken && (document.backend === 'auto' || current.name === wanted)) return current;
    standby.close();
    return engine.start(wanted);
  };

  /** Makes a run; an arm of a comparison beside those that are open, any other in their place. */
  const begin = async (
    document: RunDocument,
    runId: string,
    resume: boolean,
    arm?: SessionOptions['arm'],
  ): Promise<RunStatus> => {
    const method = methodOf(document);
    const { dataset } = document.data;
    checkWorld(document);
    const world = worlds.find(({ id }) => id === document.data.task);
    const drawn = areImages(method.eats) || world?.draws === true; // has no problems; the model is held against it below
    const task = await loadTask(dataset || drawn ? worlds[0]!.id : document.data.task);
    checkTakesDataset(method, document);
    const kept = await engine.store();
    const stored = resume ? await kept.getRun(runId) : undefined;
    const checkpoint = resume ? await kept.getCheckpoint(runId) : undefined;
    const model = await engine.shelf.load(document.model);
    checkMedium(method, document, model);
    if (!dataset && !model.summary.builtIn && !model.denoiser) {
      throw new Error(
        `data.dataset: is null, and the built-in problems are made for the built-in models; give ${model.summary.name} a file of examples.`,
      );
    }
    const from = document.adapter?.from;
    const adapter = from ? await loadStoredAdapter(kept.files, from, model) : undefined;
    const source = dataset && (await kept.files.manifest('dataset', dataset.id));
    if (dataset && !source) {
      throw new Error(`data.dataset.id: there is no stored file "${dataset.id}"; add it first.`);
    }
    if (!arm || arm.group.arm === 0) await close();
    const release = await kept.lockRun(runId);
    try {
      const info = await backendFor(document);
      // Goes on with the kernels it began with; on another adapter the choice is ignored.
      if (stored?.kernels && info.name === 'webgpu') setKernelChoice(stored.kernels);
      standby.close();
      const run = await TrainingSession.create({
        runId,
        document,
        method,
        task,
        model,
        ...(model.denoiser && { medium: await mediumOf(model.denoiser, document, info, kept, model) }),
        ...(source
          ? {
              dataset: {
                label: source.label,
                prepare: (hooks) => prepareDocument(kept.files, document, method, model, hooks),
              },
            }
          : {}),
        ...(adapter ? { adapter } : {}),
        backend: info,
        store: kept,
        emit: arm ? (event) => engine.emit({ ...event, arm: arm.group.arm }) : engine.emit,
        ...(arm && { arm }),
        explain: estimates.explain(document, model, task),
        ...(stored && checkpoint ? { resume: { checkpoint, summary: stored } } : {}),
      });
      arms.push({ run, release });
      first ??= run;
      standby.wanted = model;
      return run.status();
    } catch (error) {
      release();
      throw estimates.explain(document, model, task)(error, 'loading') ?? error;
    }
  };

  /** Makes or opens the arms of a comparison, one after another; of one that cannot be made, none stays open. */
  const beginGroup = async (
    id: string,
    runs: readonly { document: RunDocument; runId: string }[],
    resume: boolean,
  ): Promise<RunStatus[]> => {
    const turns = new Turns();
    const statuses: RunStatus[] = [];
    for (const [arm, { document, runId }] of runs.entries()) {
      try {
        statuses.push(await begin(document, runId, resume, { turns, group: { id, arm, arms: runs.length } }));
      } catch (error) {
        await close();
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`Arm ${armName(arm)}: ${message}`, { cause: error });
      }
    }
    return statuses;
  };

  /** What start, step, pause and stop do with all open runs that can still do it; the first one's status. */
  const withAll = async (f: (run: TrainingSession) => Promise<RunStatus>): Promise<RunStatus> => {
    const leading = open();
    if (arms.length < 2) return f(leading);
    const live = arms.filter(({ run }) => !ended.includes(run.status().phase));
    if (live.length === 0) return f(leading);
    await Promise.all(live.map(({ run }) => f(run)));
    return leading.status();
  };

  /** Opens the run at the state of its best evaluation, which then is its checkpoint. */
  const goBack = async (step: number): Promise<RunStatus> => {
    const run = open();
    if (arms.length > 1)
      throw new Error(
        'The arms of a comparison go on together; open one as a run of its own to go back in it.',
      );
    const { document, runId } = run;
    if (![...replaceable, 'paused'].includes(run.status().phase))
      throw new Error('The run trains; pause it first.');
    const kept = await engine.store();
    const best = await kept.getCheckpoint(bestKey(runId));
    if (!best || best.step !== step) {
      throw new Error(
        `Step ${count(step)} is not kept whole; ${best ? `step ${count(best.step)} is, the best of its pass` : 'no step is'}.`,
      );
    }
    const back = { phase: 'paused', step, stage: best.pass, updated: Date.now() } as const;
    await kept.putCheckpoint({ ...best, runId }, { ...run.summary(), ...back });
    const status = await begin(document, runId, true);
    await kept.putRun(open().summary()); // without what came after
    return status;
  };

  const armAt = (arm = 0): TrainingSession => {
    const leading = open();
    const found = arms[arm]?.run;
    if (!found)
      throw new Error(
        `There is no arm ${armName(arm)}; ${arms.length} ${arms.length === 1 ? 'run is' : 'runs are'} open.`,
      );
    return arm === 0 ? leading : found;
  };

  return {
    get first() {
      return first;
    },
    open,
    armAt,
    has: (runId) => arms.some(({ run }) => run.runId === runId),
    begin,
    beginGroup,
    withAll,
    goBack,
    close,
  };
};
