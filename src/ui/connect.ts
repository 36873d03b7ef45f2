import * as Comlink from 'comlink';
import type { RunEvent, TrainerApi } from '../../workers/protocol';

/** The one way to the engine. Tests and other pages may hand the app another. */
export interface Connection {
  api: TrainerApi;
  subscribe(listener: (events: RunEvent[]) => void): Promise<void>;
  /** Called when the worker dies, with what is known of the reason. */
  onCrash(listener: (error: Error) => void): void;
  /** Ends the worker at once; calls in flight are never answered. */
  close(): void;
}

export type Connect = () => Connection;

/** The worker is gone: it could not be loaded, or threw outside of any call. */
export class WorkerCrash extends Error {
  override name = 'WorkerCrash';
}

/** Starts the training worker. */
export const connectWorker: Connect = () => {
  const worker = new Worker(new URL('../../workers/train.worker.ts', import.meta.url), { type: 'module' });
  const api = Comlink.wrap<TrainerApi>(worker);
  return {
    api,
    subscribe: (listener) => api.subscribe(Comlink.proxy(listener)),
    onCrash(listener) {
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        listener(
          new WorkerCrash(
            event.message || 'Its script could not be loaded. Check the connection and reload the page.',
          ),
        );
      });
      worker.addEventListener('messageerror', () => {
        listener(new WorkerCrash('A message from the worker could not be read.'));
      });
    },
    close: () => worker.terminate(),
  };
};
