import type { TrainerApi } from '../../workers/protocol';
import { isOutOfMemory, MEMORY_ENDED, MemoryError } from '../train/memory-error';
import type { Engine } from './engine';

/** Calls that fail for want of memory say so, whatever the browser, the GPU or WebAssembly said. */
export const explainingMemory = (engine: Engine, api: TrainerApi): TrainerApi =>
  Object.fromEntries(
    Object.entries(api).map(([name, call]: [string, (...args: unknown[]) => Promise<unknown>]) => [
      name,
      async (...args: unknown[]) => {
        try {
          return await call(...args);
        } catch (error) {
          if (!isOutOfMemory(error) || error instanceof MemoryError) throw error;
          engine.giveUp();
          throw new MemoryError(MEMORY_ENDED, { cause: error });
        }
      },
    ]),
  ) as unknown as TrainerApi;
