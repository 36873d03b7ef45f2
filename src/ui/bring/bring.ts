import type { DatasetSummary, GivenFile, HubSource, ModelSummary } from '../../../workers/protocol';
import { defaultDatasetSettings } from '../../data/settings';
import { worlds } from '../../tasks/cards';
import { defaultAdapter, type RunDocument } from '../../train/run-document';
import type { App, AppCore } from '../app';
import { onModel } from '../setup/with-world';
import type { Brought, Missing } from '../state';
import { isFailed } from './failed-dataset';

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** An id, or the name of a repository, that a hub can be asked for. */
export const hubNameOf = (id: string): { repo: string; revision?: string } | undefined => {
  const [, repo, revision] = /^(?:hub:)?([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?(?:#.*)?$/.exec(id) ?? [];
  return repo ? { repo, ...(revision !== undefined && { revision }) } : undefined;
};

/** Parameters above which examples go through the model one by one, and layers are computed again rather than kept. */
const LARGE = 10_000_000;

/** The document with another model, and with what that model asks for. */
export const withModel = (document: RunDocument, model: ModelSummary, wasBuiltIn: boolean): RunDocument => {
  const { details } = model;
  if (!details || model.draws) {
    // Back from a model that was brought: its adapter and its storage were its own.
    return wasBuiltIn
      ? { ...document, model: model.id }
      : { ...document, model: model.id, weights: 'f32', adapter: null, checkpointing: false };
  }
  const adapter = document.adapter ?? defaultAdapter();
  const known = new Set([...details.linearModules, 'all-linear']);
  const most = Math.min(4096, Math.max(4, details.maxPositions));
  return {
    ...document,
    model: model.id,
    weights: details.stored === 'full' ? 'f32' : 'file',
    // As many examples a step as before.
    ...(wasBuiltIn && model.parameters > LARGE
      ? {
          batchSize: 1,
          accumulate: Math.min(4096, document.batchSize * document.accumulate),
          checkpointing: true,
        }
      : {}),
    adapter: {
      ...adapter,
      // An adapter belongs to the model that it was trained on.
      from: document.model === model.id ? adapter.from : null,
      reference: document.model === model.id ? adapter.reference : 'base',
      targetModules: adapter.targetModules.every((name) => known.has(name))
        ? adapter.targetModules
        : ['all-linear'],
    },
    data: { ...document.data, maxTokens: Math.min(document.data.maxTokens, most) },
  };
};

/** Brings models, datasets and adapters into the engine's store and into the document. */
export const createBring = (app: AppCore & Pick<App, 'editor' | 'refreshStorage'>) => {
  const api = () => app.connection.api;
  const get = () => app.store.get();

  const say = (kind: Brought, problem: string) =>
    app.store.set({ bringProblems: { ...get().bringProblems, [kind]: problem } });

  const found = (kind: keyof Missing) => {
    const { [kind]: _found, ...missing } = get().missing;
    app.store.set({ missing });
    // What the address named is here now; that it was missing need not be said any longer.
    const own = { model: 'model', dataset: 'data.dataset.id', adapter: 'adapter.from' }[kind];
    app.store.set({ documentProblems: get().documentProblems.filter(({ field }) => field !== own) });
  };

  /** One at a time. The problem, if any, stands beside the control. */
  const bring = async <T>(kind: Brought, f: () => Promise<T>): Promise<T | undefined> => {
    if (get().bringing) {
      if (get().bringing !== kind)
        say(kind, 'Something else is still being read; wait for it, or cancel it.');
      return undefined;
    }
    const asked = app.connection;
    app.store.set({ bringing: kind, download: undefined });
    say(kind, '');
    try {
      return await f();
    } catch (error) {
      if (asked === app.connection) say(kind, messageOf(error));
      return undefined;
    } finally {
      if (asked === app.connection) app.store.set({ bringing: undefined, download: undefined });
      await app.attempt('reading the storage', app.refreshStorage);
    }
  };

  const chooseModel = (id: string): boolean => {
    const model = get().models.find((m) => m.id === id);
    if (!model) return false;
    const before = get().models.find((m) => m.id === get().document?.model);
    return app.editor.edit((document) => {
      const method = get().methods.find(({ id: known }) => known === document.method.id);
      // One that draws and was brought comes into the world of the built-in one.
      const world =
        model.draws && !model.builtIn ? worlds.find(({ draws }) => draws)?.models[0]?.id : undefined;
      return withModel(onModel(document, method, world ?? id), model, before?.builtIn ?? true);
    });
  };

  /** A file that could not be used is not kept once another is chosen. */
  const leave = async (left: DatasetSummary) => {
    await api().deleteStored('dataFiles', left.id);
    app.store.set({ datasets: await api().datasets() });
    await app.refreshStorage();
  };

  const chooseDataset = (dataset: DatasetSummary | undefined): boolean => {
    const before = get().datasets.find(({ id }) => id === get().document?.data.dataset?.id);
    const chosen = takeDataset(dataset);
    say('dataset', '');
    if (chosen && before && before.id !== dataset?.id && isFailed(before, get()))
      void app.attempt('letting go of a file', () => leave(before));
    return chosen;
  };

  const takeDataset = (dataset: DatasetSummary | undefined): boolean => {
    const wanted = get().missing.dataset;
    return app.editor.edit((document) => {
      if (!dataset) return { ...document, data: { ...document.data, dataset: null } };
      const context = get().models.find((m) => m.id === document.model)?.details?.maxPositions;
      const settings =
        wanted?.id === dataset.id
          ? wanted.settings
          : {
              ...(document.data.dataset?.settings ?? defaultDatasetSettings()),
              mapping: {},
              format: 'auto' as const,
            };
      const maxLength =
        context === undefined ? settings.maxLength : Math.min(settings.maxLength ?? context, context);
      return {
        ...document,
        data: { ...document.data, dataset: { id: dataset.id, settings: { ...settings, maxLength } } },
      };
    });
  };

  const addedModel = async (model: ModelSummary) => {
    app.store.set({ models: await api().models() });
    found('model');
    chooseModel(model.id);
    return model;
  };

  const addedDataset = async (dataset: DatasetSummary) => {
    app.store.set({ datasets: await api().datasets(), checked: undefined, checkProblem: '' });
    chooseDataset(dataset);
    if (get().missing.dataset?.id === dataset.id) found('dataset');
    return dataset;
  };

  const addedAdapter = async (id: string) => {
    app.store.set({ adapters: await api().adapters() });
    if (get().missing.adapter?.from === id) found('adapter');
    app.editor.edit((document) => ({
      ...document,
      adapter: { ...(document.adapter ?? defaultAdapter()), from: id },
    }));
  };

  const currentModel = () => {
    const model = get().document?.model;
    if (!model) throw new Error('Choose a model first: an adapter belongs to one.');
    return model;
  };

  return {
    chooseModel,
    chooseDataset,
    addModel: (files: GivenFile[]) => bring('model', async () => addedModel(await api().addModel(files))),
    addHubModel: (source: HubSource) =>
      bring('model', async () => addedModel(await api().addHubModel(source))),
    addDataset: (files: GivenFile[]) =>
      bring('dataset', async () => addedDataset(await api().addDataset(files))),
    hubDataFiles: (source: HubSource) => bring('dataset', () => api().hubDataFiles(source)),
    addHubDataset: (source: HubSource) =>
      bring('dataset', async () => addedDataset(await api().addHubDataset(source))),
    addAdapter: (files: GivenFile[]) =>
      bring('adapter', async () => {
        const adapter = await api().addAdapter(files, currentModel());
        await addedAdapter(adapter.id);
        return adapter;
      }),
    addHubAdapter: (source: HubSource) =>
      bring('adapter', async () => {
        const adapter = await api().addHubAdapter(source, currentModel());
        await addedAdapter(adapter.id);
        return adapter;
      }),
    cancel: () => app.attempt('cancelling the download', () => api().cancelDownload()),
    /** Keeps what the open run has trained among the models; which is chosen stays. */
    keepModel: (name: string) =>
      bring('model', async () => {
        const model = await api().keepModel(name);
        app.store.set({ models: await api().models() });
        return model;
      }),
    /** Says, beside the control of its kind, what went wrong before the engine was asked. */
    say,
    /** After something was deleted from the store. */
    async refresh() {
      const [models, datasets, adapters] = await Promise.all([
        api().models(),
        api().datasets(),
        api().adapters(),
      ]);
      app.store.set({ models, datasets, adapters });
      app.editor.checkNames();
    },
  };
};
