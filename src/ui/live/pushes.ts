import type { App } from '../app';
import type { State } from '../state';
import { pushesOf, pushQuestion } from './pair-questions';
import { sinceStart } from './since-start';

/** The probe that was last asked about, so that each is asked about once. */
let asked: unknown;

/** Asks the method's own loss how hard it pushes the pairs of the newest probe, and puts the answer into the state. */
export const askPushes = async (app: App): Promise<void> => {
  const { probes, runDocument, connection, status }: Readonly<State> = app.store.get();
  const last = probes.at(-1);
  if (!last || last === asked || !runDocument || connection !== 'ready') return;
  asked = last;
  const changes = sinceStart(probes).at(-1)?.changes;
  if (!changes) return;
  try {
    const surfaces = await app.connection.api.pairLoss(pushQuestion(runDocument.method, changes));
    const now = app.store.get();
    if (now.status?.runId !== status?.runId) return; // another run's by now
    app.store.set({ pushes: { x: last.x, stage: last.probe.stage, ...pushesOf(changes, surfaces) } });
  } catch {
    // A method without a loss of single pairs has no such line; the histogram stands without it.
    if (app.store.get().status?.runId === status?.runId) app.store.set({ pushes: undefined });
  }
};
