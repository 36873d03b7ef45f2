import { yieldToMessages } from '../util/mutex';
import type { LabCard, LabHooks, LabResult } from './lab';
import type { PairQuestion, PairSurface } from './pair-surface';

/** Ends what is computed when another experiment is begun, or none is wanted any more. */
class LabEndedError extends Error {
  override name = 'LabEndedError';
}

const patienceMs = 25;

/**
 * Lets messages have their turn now and then, and tells how far it is.
 * @throws through the hook, once `signal` is aborted
 */
export const labHooks = (
  seed: number,
  signal: AbortSignal,
  tell: (done: number, total: number) => void,
): LabHooks => {
  let last = performance.now();
  return {
    seed,
    tick: async (done, total) => {
      if (performance.now() - last > patienceMs) {
        tell(done, total);
        await yieldToMessages();
        last = performance.now();
      }
      signal.throwIfAborted();
    },
  };
};

export interface LabCalls {
  labs(): Promise<LabCard[]>;
  runLab(id: string, params: Record<string, unknown>, seed: number): Promise<LabResult>;
  cancelLab(): Promise<void>;
  pairLoss(question: PairQuestion): Promise<PairSurface[]>;
}

/**
 * The calls of the worker; their code is loaded with the first of them.
 * @param tell how far an experiment is
 * @param check throws while no backend has been started
 */
export const createLabCalls = (
  tell: (id: string, done: number, total: number) => void,
  check: () => void,
): LabCalls => {
  let running: AbortController | undefined;
  return {
    labs: async () => (await import('./index')).labCards(),
    runLab: async (id, params, seed) => {
      check();
      running?.abort(new LabEndedError('Another experiment was begun.'));
      const own = new AbortController();
      running = own;
      const { runLab } = await import('./index');
      try {
        own.signal.throwIfAborted();
        return await runLab(
          id,
          params,
          labHooks(seed, own.signal, (done, total) => tell(id, done, total)),
        );
      } finally {
        if (running === own) running = undefined;
      }
    },
    pairLoss: async (question) => {
      check();
      const { pairSurface } = await import('./pair-surface');
      const hooks = labHooks(0, new AbortController().signal, () => undefined);
      return pairSurface(question, () => hooks.tick(0, 0));
    },
    cancelLab: async () => running?.abort(new LabEndedError('The experiment was cancelled.')),
  };
};
