import type { TrainerApi } from '../../../workers/protocol';
import type { App } from '../app';

/** What is computed without a model. */
type Calculator = Pick<
  TrainerApi,
  'labs' | 'runLab' | 'cancelLab' | 'computeLoss' | 'exampleCase' | 'lossPlane'
>;

const engines = new WeakMap<App, Promise<Calculator>>();

const start = async (app: App): Promise<Calculator> => {
  const own = app.connect();
  app.onEnd(own.close);
  own.onCrash(() => {
    own.close();
    engines.delete(app);
  });
  await own.subscribe((events) => {
    for (const event of events) {
      if (event.kind !== 'work') continue;
      const { what, done, total } = event;
      app.store.set({ work: { what, done, total } });
    }
  });
  const { api } = own;
  await api.init('cpu');
  // Not the engine itself: what is awaited must not answer to every name.
  return {
    labs: () => api.labs(),
    runLab: (...given) => api.runLab(...given),
    cancelLab: () => api.cancelLab(),
    computeLoss: (given) => api.computeLoss(given),
    exampleCase: (method) => api.exampleCase(method),
    lossPlane: (...given) => api.lossPlane(...given),
  };
};

/**
 * The engine of the lab, begun when it is first asked for: beside the one that trains, so that neither waits for the other, and in
 * plain JavaScript, which is ten times as fast as WebAssembly on a loss of a dozen numbers.
 */
export const calculator = (app: App): Promise<Calculator> => {
  const known = engines.get(app);
  if (known) return known;
  const started = start(app);
  engines.set(app, started);
  started.catch(() => engines.delete(app));
  return started;
};
