import type { RunEvent, RunSummary } from '../../workers/protocol';
import { openRuns } from '../store/lock';
import type { BackendChoice } from '../tf';
import type { MethodInfo } from '../train/method-info';
import { extend } from '../util/extend';
import { createAnswers } from './answers';
import { createBring } from './bring/bring';
import { createCheck } from './bring/check';
import type { Connect, Connection } from './connect';
import { createDocumentEditor } from './document-editor';
import { createEstimator } from './estimator';
import { curvesOf, keptOf, reduceEvents, shapeOf } from './events';
import { loadModel } from './load-model';
import { createRunControl } from './run-control';
import { initialState, isLive, noRun, noWork, type State } from './state';
import { createStore, type Store } from './store';
import { describeTrouble, type Trouble } from './trouble';

/** Everything the elements share: the state, the engine, and what can be done with them. */
export interface App {
  readonly store: Store<State>;
  readonly connection: Connection;
  /** Starts another engine, for what is computed beside the one that trains. */
  readonly connect: Connect;
  /** Calls `f` when the page is taken away. */
  onEnd(f: () => void): void;
  /** Every event since the page opened, newest last; at most `eventLimit` of them. */
  readonly events: RunEvent[];
  readonly answers: ReturnType<typeof createAnswers>;
  readonly editor: ReturnType<typeof createDocumentEditor>;
  readonly control: ReturnType<typeof createRunControl>;
  readonly bring: ReturnType<typeof createBring>;
  readonly check: ReturnType<typeof createCheck>;
  /** Asks a person before something is done; set by the page once its dialog is there. */
  confirm: (question: string, detail: string, verb: string, keep?: string) => Promise<boolean>;
  /** Shows and focuses the control of a field of the run document; set by the page. False when it has none. */
  goToField: (path: string) => boolean;
  readonly method: (id: string) => MethodInfo | undefined;
  /** Connects, loads catalogue and model, reads the URL. */
  boot(): Promise<void>;
  /** Ends the engine and starts another, for another backend or after a crash. */
  restart(choice?: BackendChoice): Promise<void>;
  /** Ends the engine and lets go of the window; for pages that take the app away again. */
  end(): void;
  /** Runs f; an error becomes the page's trouble note. True when it went well. */
  attempt(doing: string, f: () => Promise<unknown>): Promise<boolean>;
  report(trouble: Trouble | undefined): void;
  refreshRuns(): Promise<void>;
  /** Takes a run that has just been deleted off the page. */
  letGo(runId: string): void;
  refreshStorage(): Promise<void>;
  /** Shows a stored run's curves and trees as the current ones. */
  adopt(run: RunSummary): Promise<void>;
}

/** What every part works with: it exists before them. */
export type AppCore = Pick<App, 'store' | 'connection' | 'attempt' | 'report'>;

const eventLimit = 20_000;
const treePage = 256;

const unfinished = (run: RunSummary) => isLive(run.phase) && run.phase !== 'idle';

export const createApp = (connect: Connect): App => {
  // Parts are given what they use of the rest (see the first lines of each); what one of them calls of a later one is a function
  // that is called once all are there.
  const store = createStore<State>(initialState);
  const events: RunEvent[] = [];
  let connection: Connection;
  let backendChoice: BackendChoice = 'auto';

  const report = (trouble: Trouble | undefined) => store.set({ trouble });

  const attempt = async (doing: string, f: () => Promise<unknown>): Promise<boolean> => {
    const asked = connection;
    try {
      await f();
      return true;
    } catch (error) {
      // An answer to a question put to a worker that has been replaced is of no interest.
      if (asked === connection) report(describeTrouble(error, doing));
      return false;
    }
  };

  const receive = (batch: RunEvent[]) => {
    events.push(...batch);
    if (events.length > eventLimit) events.splice(0, events.length - eventLimit);
    store.set(reduceEvents(store.get(), batch));
    for (const event of batch) {
      if (event.kind === 'error') {
        const arm = event.arm === undefined ? '' : `Arm ${'ABCD'[event.arm]}: `;
        const error = new Error(arm + event.message);
        error.name = event.name;
        report(describeTrouble(error, 'training'));
      } else if (event.kind === 'checkpoint' && !event.stored) {
        void refreshStorage();
      }
    }
  };

  const open = () => {
    connection = connect();
    const own = connection;
    connection.onCrash((error) => {
      if (own !== connection) return;
      report(describeTrouble(error, 'starting the engine')); // before the state that makes others look for it
      const { status } = store.get();
      store.set({
        connection: 'failed',
        pending: '',
        status:
          status && isLive(status.phase) ? { ...status, phase: 'failed', message: error.message } : status,
      });
    });
  };

  const start = async () => {
    const { api } = connection;
    store.set({ connection: 'starting', trouble: undefined });
    const methods = await api.methods();
    store.set({ methods });
    editor.begin();
    backendChoice = store.get().document?.backend ?? 'auto';
    const backend = await api.init(backendChoice);
    await connection.subscribe(receive);
    const [models, datasets, adapters] = await Promise.all([api.models(), api.datasets(), api.adapters()]);
    store.set({ backend, models, datasets, adapters });
    editor.checkNames();
    const wanted = store.get().document?.model;
    if (wanted) await loadModel(core, wanted);
    store.set({ connection: 'ready', unloaded: '' });
  };

  const refreshRuns = async (): Promise<void> => {
    const [runs, open] = await Promise.all([connection.api.runs(), openRuns()]);
    store.set({ runs: [...runs].sort((a, b) => b.updated - a.updated), openRuns: open });
  };

  const refreshStorage = async (): Promise<void> => {
    store.set({ storage: await connection.api.storage() });
  };

  const restart = async (choice?: BackendChoice): Promise<void> => {
    connection.close();
    if (choice) editor.edit((document) => ({ ...document, backend: choice }));
    answers.forget();
    store.set({ ...noRun, ...noWork, pending: '', backend: undefined });
    open();
    const well = await attempt('starting the engine', start);
    if (!well) store.set({ connection: 'failed' });
    else await attempt('reading the stored runs', refreshRuns);
  };

  const adopt = async (run: RunSummary): Promise<void> => {
    const curves = curvesOf(run);
    store.set({
      ...curves,
      ...keptOf(curves, run),
      made: run.made ?? {},
      trees: [],
      runDocument: run.document,
      document: run.document,
      offer: undefined,
    });
    editor.mirror();
    for (let at = 0; ; at += treePage) {
      const { total, trees } = await connection.api.trees(at, treePage);
      store.set({ trees: [...store.get().trees, ...trees.map((tree, i) => shapeOf(tree, at + i))] });
      if (at + treePage >= total || trees.length === 0) break;
    }
  };

  const core: AppCore = {
    store,
    get connection() {
      return connection;
    },
    attempt,
    report,
  };
  const answers = createAnswers(core);
  const editor = createDocumentEditor(extend(core, { restart }));
  const bring = createBring(extend(core, { editor, refreshStorage }));
  const check = createCheck(core);
  const estimator = createEstimator(core);
  const control = createRunControl(
    extend(core, {
      restart,
      refreshRuns,
      adopt,
      // The page sets these two once it is there.
      confirm: (...question: Parameters<App['confirm']>) => app.confirm(...question),
      goToField: (path: string) => app.goToField(path),
    }),
    () => backendChoice,
  );

  const ends: (() => void)[] = [];
  const app: App = extend(core, {
    connect,
    onEnd: (f: () => void) => void ends.push(f),
    events,
    answers,
    editor,
    control,
    bring,
    check,
    confirm: async () => true,
    goToField: () => false,
    method: (id: string) => store.get().methods.find((m) => m.id === id),
    async boot() {
      editor.onStart(() => void control.train());
      open();
      if (!(await attempt('starting the engine', start))) {
        store.set({ connection: 'failed' });
        return;
      }
      await attempt('reading the stored runs', refreshRuns);
      const { runs, openRuns: elsewhere } = store.get();
      store.set({ offer: runs.find((run) => unfinished(run) && !elsewhere.has(run.runId)) });
      if (editor.startAsked()) void control.train();
    },
    end() {
      editor.end();
      check.end();
      estimator.end();
      for (const end of ends) end();
      connection?.close();
    },
    restart,
    refreshRuns,
    letGo(runId: string) {
      const { offer, status } = store.get();
      if (offer?.runId === runId) store.set({ offer: undefined });
      if (status?.runId === runId) store.set(noRun);
    },
    refreshStorage,
    adopt,
  });
  return app;
};
