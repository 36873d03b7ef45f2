import type { TrainerApi } from '../../workers/protocol';
import { addAdapter, addHubAdapter, listAdapters } from '../load/brought-adapters';
import {
  addDataset,
  addHubDataset,
  hubDataFiles,
  listDatasets,
  prepareDocument,
} from '../load/brought-datasets';
import type { BringHooks } from '../load/brought-models';
import { addHubModel, addModel, listModels } from '../load/brought-models';
import { listBuiltInModels } from '../load/built-in-models';
import { methodOf, parseDocument } from './catalogue';
import type { Engine } from './engine';
import type { Estimates } from './estimates';

type BringCalls = Pick<
  TrainerApi,
  | 'models'
  | 'addModel'
  | 'addHubModel'
  | 'cancelDownload'
  | 'addDataset'
  | 'hubDataFiles'
  | 'addHubDataset'
  | 'datasets'
  | 'checkDataset'
  | 'cancelCheck'
  | 'addAdapter'
  | 'addHubAdapter'
  | 'adapters'
>;

/** The calls that bring models, data and adapters, and list them. */
export const createBringCalls = (engine: Engine, estimates: Estimates): BringCalls => {
  const { shelf } = engine;
  const files = async () => (await engine.store()).files;
  /** What is being downloaded or stored, and what is being read through. One of each at a time. */
  let bringing: AbortController | undefined;
  let checking: AbortController | undefined;

  const bring = async <T>(f: (hooks: BringHooks) => Promise<T>): Promise<T> => {
    if (bringing) throw new Error('Something is being downloaded already; wait for it, or cancel it.');
    const own = new AbortController();
    bringing = own;
    try {
      return await f({
        signal: own.signal,
        onProgress: (progress) => engine.emit({ kind: 'download', progress }),
      });
    } finally {
      bringing = undefined;
      engine.flush();
    }
  };

  return {
    models: async () => [...(await listBuiltInModels(engine.baseUrl)), ...(await listModels(await files()))],
    addModel: (given) =>
      bring(async (hooks) => shelf.remember(await addModel(await files(), given, hooks)).summary),
    addHubModel: (source) =>
      bring(async (hooks) => shelf.remember(await addHubModel(await files(), source, hooks)).summary),
    cancelDownload: async () =>
      bringing?.abort(new Error('The download was cancelled; what has come is kept.')),

    addDataset: (given) => bring(async (hooks) => addDataset(await files(), given, hooks)),
    hubDataFiles: (source) => bring(({ signal }) => hubDataFiles(source, signal)),
    addHubDataset: (source) => bring(async (hooks) => addHubDataset(await files(), source, hooks)),
    datasets: async () => listDatasets(await files()),
    checkDataset: async (value) => {
      const document = parseDocument(value);
      checking?.abort(new Error('Another check was begun.'));
      const own = new AbortController();
      checking = own;
      try {
        const model = await shelf.load(document.model);
        const { trees, report } = await prepareDocument(await files(), document, methodOf(document), model, {
          signal: own.signal,
          progress: (done, total) =>
            engine.emit({
              kind: 'progress',
              phase: 'collecting',
              done,
              total: total ?? 0,
              note: 'rows read',
            }),
        });
        estimates.note(document, trees, report);
        return report;
      } finally {
        if (checking === own) checking = undefined;
        engine.flush();
      }
    },
    cancelCheck: async () => checking?.abort(new Error('The check was cancelled.')),

    addAdapter: async (given, model) => addAdapter(await files(), given, await shelf.load(model)),
    addHubAdapter: (source, model) =>
      bring(async (hooks) => addHubAdapter(await files(), source, await shelf.load(model), hooks)),
    adapters: async () => listAdapters(await files()),
  };
};
