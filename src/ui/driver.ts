import type {
  AdapterSummary,
  DatasetSummary,
  Estimate,
  GivenFile,
  HubSource,
  ModelSummary,
  RunEvent,
  RunStatus,
  TrainerApi,
} from '../../workers/protocol';
import type { DatasetReport } from '../data/prepare/report';
import type { BackendInfo } from '../tf';
import type { RunDocument } from '../train/run-document';
import type { App } from './app';
import type { Brought } from './state';

/**
 * What the page offers to a program that drives it, as `window.marginalia`: a headless browser or a test. The page
 * shows whatever is done through it.
 */
export interface Driver {
  /** The engine itself. Calls of `subscribe` would take the events away from the page. */
  readonly api: Omit<TrainerApi, 'subscribe'>;
  /** The run that the page shows: its document, and its state. */
  readonly run: { document: RunDocument | undefined; status: RunStatus | undefined };
  /** Every event since the page opened, up to 20,000 of the newest. */
  readonly events: readonly RunEvent[];
  /** Resolves when the engine runs and the model is loaded; rejects with the message that the page shows. */
  readonly ready: Promise<BackendInfo>;
  /** Takes over a run document as if it had been typed into the form; throws when it is not valid. */
  configure(document: unknown): void;
  /**
   * Bring a model, a file of examples or an adapter, from files or from a hub, and take it up in the document. Reject
   * with the message that the page shows.
   */
  addModel(from: GivenFile[] | HubSource): Promise<ModelSummary>;
  addDataset(from: GivenFile | GivenFile[] | HubSource): Promise<DatasetSummary>;
  addAdapter(from: GivenFile[] | HubSource): Promise<AdapterSummary>;
  /** Reads the document's whole dataset and reports, as the button does. */
  checkDataset(): Promise<DatasetReport>;
  /** What the document's run would take. */
  estimate(): Promise<Estimate>;
  /** Trains the document of the form, as the button does; resolves when the run has ended. */
  train(): Promise<RunStatus | undefined>;
}

declare global {
  interface Window {
    marginalia: Driver;
  }
}

/** Puts the driver on the window. */
export const exposeDriver = (app: App) => {
  const ready = new Promise<BackendInfo>((resolve, reject) => {
    const look = () => {
      const { connection, backend, trouble } = app.store.get();
      if (connection === 'ready' && backend) resolve(backend);
      else if (connection === 'failed')
        reject(new Error(trouble?.lines.join('\n') ?? 'The engine did not start.'));
    };
    app.store.subscribe(look);
    look();
  });
  ready.catch(() => {}); // the page has shown it already
  const run = {
    get document() {
      return app.store.get().runDocument ?? app.store.get().document;
    },
    get status() {
      return app.store.get().status;
    },
  };
  const told = async <T>(kind: Brought, given: Promise<T | undefined>): Promise<T> => {
    const { bringing } = app.store.get();
    if (bringing && bringing !== kind) throw new Error(`The ${bringing} is still being read; wait for it.`);
    const brought = await given;
    if (brought === undefined)
      throw new Error(app.store.get().bringProblems[kind] || `The ${kind} is still being read; wait for it.`);
    return brought;
  };
  window.marginalia = {
    get api() {
      return app.connection.api;
    },
    run,
    events: app.events,
    ready,
    configure(document) {
      if (!app.editor.take(document)) {
        const problems = app.store.get().documentProblems;
        app.editor.forgive(); // the caller has been told; the form still shows a valid document
        throw new Error(problems.map((p) => `${p.field}: ${p.message}`).join('\n'));
      }
    },
    addModel: (from) =>
      told('model', Array.isArray(from) ? app.bring.addModel(from) : app.bring.addHubModel(from)),
    addDataset: (from) =>
      told('dataset', 'repo' in from ? app.bring.addHubDataset(from) : app.bring.addDataset([from].flat())),
    addAdapter: (from) =>
      told('adapter', Array.isArray(from) ? app.bring.addAdapter(from) : app.bring.addHubAdapter(from)),
    async checkDataset() {
      if (await app.check.check()) return app.store.get().checked!.report;
      throw new Error(
        app.store.get().checkProblem || 'The document names no dataset, or one is being checked.',
      );
    },
    async estimate() {
      return app.connection.api.estimate(app.store.get().document);
    },
    async train() {
      await ready;
      await app.control.train();
      return app.store.get().status;
    },
  };
};
