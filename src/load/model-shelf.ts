import type { Store } from '../store/store';
import { loadStoredModel } from './brought-models';
import { loadBuiltInModel } from './built-in-models';
import type { LoadedModel } from './loaded-model';

/** Models that have been read, at hand for whoever asks. */
export interface ModelShelf {
  /** By id: from hand, from the store, or a built-in one. Of a model that several ask for at once only one copy is read. */
  load(id: string): Promise<LoadedModel>;
  /** Keeps a model at hand; of those that were brought only the last, since each holds its whole file. */
  remember(model: LoadedModel): LoadedModel;
  forget(id: string): void;
}

/** @param baseUrl of the folder that holds `models/`, as it is when a model is asked for */
export const createModelShelf = (store: () => Promise<Store>, baseUrl: () => string): ModelShelf => {
  const models = new Map<string, LoadedModel>();
  const reading = new Map<string, Promise<LoadedModel>>();

  const remember = (model: LoadedModel): LoadedModel => {
    for (const [id, other] of models) if (!other.summary.builtIn) models.delete(id);
    models.set(model.summary.id, model);
    return model;
  };

  const read = async (id: string): Promise<LoadedModel> => {
    const stored = await loadStoredModel((await store()).files, id);
    if (stored) return remember(stored);
    const model = await loadBuiltInModel(id, baseUrl(), await store());
    models.set(id, model);
    return model;
  };

  return {
    remember,
    load: async (id) => {
      const known = models.get(id);
      if (known) return known;
      const begun = reading.get(id) ?? read(id).finally(() => reading.delete(id));
      reading.set(id, begun);
      return begun;
    },
    forget: (id) => void models.delete(id),
  };
};
