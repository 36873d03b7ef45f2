import type { Estimate, RunStatus, RunSummary } from '../../workers/protocol';
import type { BackendChoice } from '../tf';
import type { RunDocument } from '../train/run-document';
import type { App, AppCore } from './app';
import { groupOf } from './compare/arms';
import { estimateNow } from './estimator';
import { curvesOf, noCurves } from './events';
import { count, fieldValue } from './format';
import { fieldNames } from './setup/field-labels';
import { isLive, isMoving, lacksData, noRun } from './state';

/** Train, pause, step, resume, stop: what the buttons, the shortcuts and a driving program call. */
export const createRunControl = (
  app: AppCore & Pick<App, 'restart' | 'refreshRuns' | 'adopt' | 'confirm' | 'goToField'>,
  backendChoice: () => BackendChoice,
) => {
  const api = () => app.connection.api;

  /** One control call at a time; `pending` says which. */
  const call = async (pending: string, doing: string, f: () => Promise<RunStatus | undefined>) => {
    app.store.set({ pending, trouble: undefined });
    try {
      return await app.attempt(doing, async () => {
        const status = await f();
        if (status) app.store.set({ status });
      });
    } finally {
      if (app.store.get().pending === pending) app.store.set({ pending: '' });
    }
  };

  /** The document that was begun although it does not fit: asked about once. */
  let dared: unknown;

  /** What the document's run would take: as shown, or asked for now, since a page may train before it has been worked out. */
  const estimateOf = async (): Promise<Estimate | undefined> => {
    const { estimate, estimated, connection } = app.store.get();
    if (estimate && estimated) return estimate;
    if (connection !== 'ready') return undefined;
    app.store.set({ pending: 'Working out what it takes' });
    try {
      return await estimateNow(app);
    } catch {
      return undefined; // making the run says what is missing
    } finally {
      app.store.set({ pending: '' });
    }
  };

  const mayBegin = async (document: RunDocument): Promise<boolean> => {
    if (document === dared) return true;
    const estimate = await estimateOf();
    if (!estimate || estimate.fits) return true;
    const remedy = estimate.remedies[0];
    const yes = await app.confirm(
      'Train what does not fit?',
      `${estimate.problem} The run may fail half-way; what was saved until then stays.${remedy ? ` Setting “${fieldNames(app.store.get()).get(remedy.field)?.label ?? remedy.field}” to ${fieldValue(remedy.value)} would help.` : ''}`,
      'Try it',
      'Leave it',
    );
    if (yes) dared = document;
    return yes;
  };

  /** What Train waits for stands in the dock; a press leads to the first of it. */
  const isReady = (): boolean => {
    const state = app.store.get();
    const wanting = state.documentProblems[0]?.field ?? (lacksData(state) ? 'data.dataset' : undefined);
    if (wanting !== undefined) app.goToField(wanting);
    return wanting === undefined;
  };

  /** A step of a run that has ended would quietly begin another one. */
  const mayBeginAnew = () =>
    app.confirm(
      'Begin a new run?',
      `This run has ${phase()}, so it takes no further step. A step begins a new run with the settings of now; this one stays among the stored runs.`,
      'Begin a new run',
      'Leave it',
    );

  const create = async (wanted?: readonly unknown[]): Promise<boolean> => {
    const { document } = app.store.get();
    if (!document || !isReady()) return false;
    if (!(await mayBegin(document))) return false;
    if (document.backend !== backendChoice()) await app.restart();
    if (app.store.get().connection !== 'ready') return false;
    app.store.set({ ...noRun, offer: undefined });
    return call('Preparing the run', 'preparing the run', async () => {
      const compared = wanted ?? groupOf(app.store.get());
      if (compared && compared.length > 1) {
        const statuses = await api().createGroup([...compared]);
        const documents = compared as RunDocument[]; // the engine has checked them
        app.store.set({
          arms: statuses.map((status, i) => ({ ...noCurves, document: documents[i]!, status })),
          runDocument: documents[0]!,
        });
        return statuses[0];
      }
      const status = await api().create(document);
      app.store.set({ runDocument: document });
      return status;
    });
  };

  /** Trains on until something ends it; the promise of the whole run. */
  const go = async (): Promise<void> => {
    await app.attempt('training', async () => {
      app.store.set({ trouble: undefined });
      const ended = api().start();
      const status = await ended;
      app.store.set({ status });
    });
    await app.attempt('reading the stored runs', app.refreshRuns);
  };

  const phase = () => app.store.get().status?.phase;

  return {
    /**
     * Makes a new run of the form's document and trains it; goes on with a paused one.
     * @param anew makes new runs whatever is paused: of these documents, of which the form has the first
     */
    async train(anew?: readonly unknown[]): Promise<void> {
      if (isMoving(phase()) || app.store.get().pending) return;
      if ((anew || !isLive(phase())) && !(await create(anew))) return;
      await go();
    },
    async pause(): Promise<void> {
      if (!isMoving(phase())) return;
      await call('Pausing after this step', 'pausing', () => api().pause());
    },
    async step(): Promise<void> {
      if (isMoving(phase()) || app.store.get().pending) return;
      const over = phase() !== undefined && !isLive(phase());
      if (over && isReady() && !(await mayBeginAnew())) return;
      if (!isLive(phase()) && !(await create())) return;
      await call('Taking one step', 'taking a step', () => api().stepOnce());
    },
    async stop(): Promise<void> {
      if (!isLive(phase())) return;
      await call('Stopping', 'stopping', () => api().stop());
      await app.attempt('reading the stored runs', app.refreshRuns);
    },
    /** Back to the step of the run's best evaluation, after a question. */
    async goBack(step: number): Promise<void> {
      if (isMoving(phase()) || app.store.get().pending) return;
      const at = count(step);
      const yes = await app.confirm(
        `Go back to step ${at}?`,
        `The model becomes what it was then: to be asked, taken away, or trained on from there. What came after is taken off; training on gives the same numbers again.`,
        'Go back',
        'Stay here',
      );
      if (!yes) return;
      await call('Going back', 'going back', async () => {
        const status = await api().goBack(step);
        await app.refreshRuns();
        const run = app.store.get().runs.find(({ runId }) => runId === status.runId);
        app.store.set({ ...noRun });
        if (run) await app.adopt(run);
        return status;
      });
    },
    /** Opens a stored run at its last checkpoint. */
    async open(run: RunSummary): Promise<boolean> {
      if (isMoving(phase())) return false;
      if (run.document.backend !== backendChoice()) {
        app.store.set({ document: run.document });
        await app.restart();
      }
      app.store.set({ ...noRun, offer: undefined });
      return call('Opening the run', 'opening the run', async () => {
        const { group } = run;
        if (group) {
          const runs = app.store
            .get()
            .runs.filter((r) => r.group?.id === group.id)
            .sort((a, b) => a.group!.arm - b.group!.arm);
          const statuses = await api().openGroup(group.id);
          await app.adopt(runs[0]!);
          app.store.set({
            arms: statuses.map((status, i) => ({
              ...curvesOf(runs[i]!),
              document: runs[i]!.document,
              status,
            })),
          });
          return statuses[0];
        }
        const status = await api().open(run.runId);
        const fromTheStart = status.phase === 'idle' && run.metrics.length > 0;
        await app.adopt(fromTheStart ? { ...run, metrics: [], evaluations: [] } : run);
        if (fromTheStart) {
          app.report({
            title: 'The checkpoint of this run is gone',
            lines: [`Step ${count(run.step)} cannot be had back: it was never saved, or was deleted.`],
            remedy: 'Training begins again from the first step, with the same settings and the same numbers.',
            actions: ['dismiss'],
          });
        }
        return status;
      });
    },
    /** After a crash or a lost GPU: a fresh engine, and the run that was under way from its last checkpoint. */
    async recover(choice?: BackendChoice): Promise<void> {
      const runId = app.store.get().status?.runId;
      await app.restart(choice);
      const run = app.store.get().runs.find((r) => r.runId === runId);
      if (run) await this.open(run);
    },
  };
};
