import type { AppCore } from './app';
import { isMoving } from './state';

const restMs = 400;

/** Asks what the form's run would take, whenever the document rests and the engine is free. */
export const createEstimator = (app: AppCore) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ticket = 0;
  let asked: unknown;

  const ask = async () => {
    const own = ++ticket;
    const { document, connection, status } = app.store.get();
    if (!document || connection !== 'ready' || isMoving(status?.phase)) {
      asked = undefined;
      return;
    }
    asked = document;
    try {
      const estimate = await app.connection.api.estimate(document);
      if (own === ticket) app.store.set({ estimate, estimated: true, estimateProblem: '' });
    } catch (error) {
      const estimateProblem = error instanceof Error ? error.message : String(error);
      if (own === ticket) app.store.set({ estimate: undefined, estimated: false, estimateProblem });
    }
  };

  const end = app.store.subscribe((changed) => {
    if (!['document', 'connection', 'status', 'pending', 'checked'].some((key) => changed.has(key as never)))
      return;
    const { document, connection, status, pending } = app.store.get();
    // A dataset that has been read has lengths to reckon with.
    if (changed.has('connection') || changed.has('checked')) asked = undefined;
    if (document === asked || !document || connection !== 'ready' || pending || isMoving(status?.phase))
      return;
    asked = document;
    app.store.set({ estimated: false });
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), restMs);
  });

  return {
    end() {
      clearTimeout(timer);
      end();
    },
  };
};
