import type { Work } from '../../lessons/lesson';
import { isLab } from '../../lessons/lesson';
import type { RunDocument } from '../../train/run-document';
import type { App } from '../app';
import { isMoving } from '../state';
import type { Stand } from './live-of';
import { labKey, type Progress } from './progress';

const isDone = (app: App) => !app.store.get().pending;

/** Resolves when no control call is under way any more. */
const settled = (app: App): Promise<void> =>
  new Promise((resolve) => {
    if (isDone(app)) return resolve();
    const end = app.store.subscribe(() => {
      if (!isDone(app)) return;
      end();
      resolve();
    });
  });

/** Starts the works of a lesson in the page's one worker, and looks at what they ended in. */
export class LessonRunner {
  /** The work under way, by name; empty when none is. */
  busy = '';
  /** Why the last one came to nothing. */
  problem = '';
  readonly #app: App;
  readonly #changed: () => void;
  #looking = '';

  /** @param changed called when `busy` or `problem` has */
  constructor(app: App, changed: () => void) {
    this.#app = app;
    this.#changed = changed;
  }

  async #while(name: string, f: () => Promise<void>) {
    this.busy = name;
    this.problem = '';
    this.#changed();
    try {
      await f();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = '';
      this.#changed();
    }
  }

  /** Something else is under way, or the engine is not there. */
  get waits(): string {
    const { connection, status } = this.#app.store.get();
    if (connection !== 'ready')
      return connection === 'failed' ? 'The engine is not there.' : 'The engine is starting.';
    if (this.busy) return 'One run at a time.';
    if (isMoving(status?.phase)) return 'A run is under way; pause or stop it below, or wait for its end.';
    return '';
  }

  /** Trains a run of these documents; the form has the first of them then. */
  train(work: Work, documents: readonly RunDocument[]): Promise<void> {
    return this.#while(work.name, async () => {
      const { editor, control, store } = this.#app;
      if (!editor.take(documents[0])) {
        const [problem] = store.get().documentProblems;
        editor.forgive();
        throw new Error(problem ? `${problem.field}: ${problem.message}` : 'The run was refused.');
      }
      await settled(this.#app);
      await control.train(documents);
    });
  }

  /** Goes on with a run that was interrupted. */
  resume(stand: Stand): Promise<void> {
    return this.#while(stand.run.name, async () => {
      const { control, store } = this.#app;
      if (store.get().status?.runId !== stand.runId) await this.#open(stand);
      await control.train();
    });
  }

  async #open(stand: Stand) {
    const { control, store } = this.#app;
    const run = store.get().runs.find(({ runId }) => runId === stand.runId);
    if (!run || !(await control.open(run))) throw new Error('The stored run could not be opened.');
  }

  /** An experiment without a language model. */
  lab(work: Work, seed: number, progress: Progress): Promise<void> {
    return this.#while(work.name, async () => {
      if (!isLab(work)) return;
      const { api } = this.#app.connection;
      progress.labs[labKey(work.name, seed)] = await api.runLab(work.lab, { ...work.params }, seed);
    });
  }

  /** Takes the looks of a run that is open and has ended. @returns whether there was something to take */
  async look(stand: Stand, progress: Progress): Promise<boolean> {
    const { runId, missing, run, documents } = stand;
    if (runId === undefined || missing.length === 0 || this.#looking === runId) return false;
    this.#looking = runId;
    try {
      const { api } = this.#app.connection;
      const taken: Record<string, unknown> = { ...progress.looks[runId] };
      for (const name of missing) taken[name] = await run.looks![name]!(api, documents);
      progress.looks[runId] = taken;
      return true;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      return false;
    } finally {
      this.#looking = '';
      this.#changed();
    }
  }

  /** Opens a stored run to look at it. */
  reopen(stand: Stand, progress: Progress): Promise<void> {
    return this.#while(stand.run.name, async () => {
      await this.#open(stand);
      await this.look(stand, progress);
    });
  }
}
