import type { Estimate } from '../../workers/protocol';
import type { RunDocument } from '../train/run-document';
import type { AppCore } from './app';
import { groupOf } from './compare/arms';
import { isMoving, type State } from './state';

const restMs = 400;

const watched = ['document', 'place', 'connection', 'status', 'pending', 'checked'] as const;

/** What Train would take now: the form's run, or the arms of a comparison together. @throws naming the field */
export const estimateNow = async ({ store, connection: { api } }: AppCore): Promise<Estimate> => {
  const state = store.get();
  const arms = groupOf(state);
  if (!arms || arms.length < 2) return api.estimate(state.document);
  const { estimateOfArms } = await import('./compare/estimate-arms');
  const estimates: Estimate[] = [];
  for (const document of arms) estimates.push(await api.estimate(document));
  return estimateOfArms(arms as RunDocument[], estimates); // the engine has checked them
};

/** What an estimate is for, to be held against another; arms by what is in them. */
const wantedOf = (state: Readonly<State>): unknown => {
  const arms = groupOf(state);
  return arms ? JSON.stringify(arms) : state.document;
};

/** Asks what the form's run would take, whenever the document rests and the engine is free. */
export const createEstimator = (app: AppCore) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ticket = 0;
  let asked: unknown;

  const ask = async () => {
    const own = ++ticket;
    const state = app.store.get();
    const { document, connection, status } = state;
    if (!document || connection !== 'ready' || isMoving(status?.phase)) {
      asked = undefined;
      return;
    }
    asked = wantedOf(state);
    try {
      const estimate = await estimateNow(app);
      if (own === ticket) app.store.set({ estimate, estimated: true, estimateProblem: '' });
    } catch (error) {
      const estimateProblem = error instanceof Error ? error.message : String(error);
      if (own === ticket) app.store.set({ estimate: undefined, estimated: false, estimateProblem });
    }
  };

  const end = app.store.subscribe((changed) => {
    if (!watched.some((key) => changed.has(key))) return;
    const state = app.store.get();
    const { document, connection, status, pending } = state;
    // A dataset that has been read has lengths to reckon with.
    if (changed.has('connection') || changed.has('checked')) asked = undefined;
    if (!document || connection !== 'ready' || pending || isMoving(status?.phase)) return;
    const wanted = wantedOf(state);
    if (wanted === asked) return;
    asked = wanted;
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
