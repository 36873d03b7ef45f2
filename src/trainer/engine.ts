import type { RunEvent } from '../../workers/protocol';
import { tuneKernels } from '../kernels/tune';
import type { ModelShelf } from '../load/model-shelf';
import { createModelShelf } from '../load/model-shelf';
import { openStore } from '../store/open';
import type { Store } from '../store/store';
import type { BackendChoice, BackendInfo } from '../tf';
import { initBackend, onGpuError } from '../tf';
import { createEventBatcher } from '../train/event-batcher';
import { isOutOfMemory } from '../train/memory-error';

/** What lies under every call: the backend, the store, the models at hand, and whoever listens. */
export interface Engine {
  /** Folder that holds `models/`. */
  baseUrl: string;
  /** What was asked for at the start; a run that leaves its backend open takes what came of it. */
  readonly choice: BackendChoice;
  /** The device is lost or out of memory: what lies on it cannot be freed, and the next backend is begun anew. */
  readonly broken: boolean;
  readonly shelf: ModelShelf;
  giveUp(): void;
  /** Starts a backend that later runs may leave open. */
  init(choice: BackendChoice): Promise<BackendInfo>;
  /** Starts one for a run. */
  start(choice: BackendChoice): Promise<BackendInfo>;
  /** @throws Error before `init` */
  started(): BackendInfo;
  /** Opened with the first call. */
  store(): Promise<Store>;
  closeStore(): Promise<void>;
  listen(listener: (events: RunEvent[]) => void): void;
  emit(event: RunEvent): void;
  /** Sends what waits: a call's events come before its answer. */
  flush(): void;
}

/** @param baseUrl folder that holds `models/`, unless `init` is given another */
export const createEngine = (baseUrl: string): Engine => {
  let choice: BackendChoice = 'auto';
  let backend: BackendInfo | undefined;
  let broken = false;
  let store: Promise<Store> | undefined;
  let listener: ((events: RunEvent[]) => void) | undefined;
  const batcher = createEventBatcher((events) => listener?.(events));

  onGpuError((error) => {
    broken = true;
    // What was being done fails with it, and says what did not fit.
    if (!isOutOfMemory(error)) batcher.push({ kind: 'error', name: error.name, message: error.message });
  });

  const engine: Engine = {
    baseUrl,
    get choice() {
      return choice;
    },
    get broken() {
      return broken;
    },
    shelf: createModelShelf(
      () => engine.store(),
      () => engine.baseUrl,
    ),
    giveUp() {
      broken = true;
    },
    init(wanted) {
      choice = wanted;
      return engine.start(wanted);
    },
    async start(wanted) {
      const anew = broken;
      broken = false;
      backend = await initBackend(wanted, anew);
      await tuneKernels(); // does nothing but on WebGPU
      return backend;
    },
    started() {
      if (!backend) throw new Error('The trainer has no backend yet; call init first.');
      return backend;
    },
    store() {
      store ??= openStore();
      return store;
    },
    async closeStore() {
      (await store)?.close();
    },
    listen(next) {
      listener = next;
    },
    emit: (event) => batcher.push(event),
    flush: () => batcher.flush(),
  };
  return engine;
};
