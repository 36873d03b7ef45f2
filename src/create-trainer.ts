import type { Remote } from 'comlink';
import { proxy, releaseProxy, wrap } from 'comlink';
import type {
  Evaluation,
  Measure,
  Metrics,
  RunEvent,
  RunPhase,
  RunStatus,
  TrainerApi,
} from '../workers/protocol';
// The address only: the worker's code stays out of the page that imports this.
import bundledWorkerUrl from '../workers/train.worker.ts?worker&url';
import type { BackendChoice, BackendInfo } from './tf';

export interface TrainerOptions {
  /** 'auto' (the default) takes WebGPU on a real GPU and WebAssembly elsewhere. */
  backend?: BackendChoice;
  /** Folder that holds `models/`; by default the one this module was loaded from. */
  baseUrl?: string | URL;
  /** The training worker, when it is served from somewhere else than it was built to. */
  workerUrl?: string | URL;
}

export interface TrainOptions {
  /** Stops the run after its current step; `train` then resolves with what there is, phase 'stopped'. */
  signal?: AbortSignal;
  /** Every event of the run, in order. */
  onEvent?: (event: RunEvent) => void;
  /** Goes on with a stored run from its last checkpoint; `document` is then not read. */
  resume?: string;
}

export interface TrainResult {
  status: RunStatus;
  /** One row per optimiser step. */
  metrics: { stage: string; metrics: Metrics }[];
  evaluations: Evaluation[];
  /** What makers of data have measured of them, by pass; of the run's own by 'run'. */
  made: Record<string, Measure[]>;
  /** Held-out accuracy before the first step and after the last, where there was an evaluation. */
  before: Evaluation | undefined;
  after: Evaluation | undefined;
}

type EventOf<K extends RunEvent['kind']> = Extract<RunEvent, { kind: K }>;

/** The worker's interface, with events to listen to. See workers/protocol.ts for each call. */
export interface Trainer extends Omit<TrainerApi, 'init' | 'subscribe'> {
  readonly backend: BackendInfo;
  /** Calls the listener for every event of a kind; returns the function that stops it. */
  on<K extends RunEvent['kind']>(kind: K, listener: (event: EventOf<K>) => void): () => void;
  /** Events from now on, until the loop is left or the trainer disposed. */
  events(): AsyncIterableIterator<RunEvent>;
  /**
   * Makes a run and trains it to its end.
   * @param document a run document, see `defaultRun`; it is checked
   * @throws Error naming every wrong field, or saying why the run failed
   */
  train(document: unknown, options?: TrainOptions): Promise<TrainResult>;
}

const ended: ReadonlySet<RunPhase> = new Set(['finished', 'stopped', 'failed', 'paused']);

/** A worker from another origin is refused by browsers, a blob that imports it is not. */
const startWorker = (address: URL): Worker => {
  if (address.origin === location.origin) return new Worker(address, { type: 'module', name: 'marginalia' });
  const blob = new Blob([`import ${JSON.stringify(address.href)};`], { type: 'text/javascript' });
  const url = URL.createObjectURL(blob);
  const worker = new Worker(url, { type: 'module', name: 'marginalia' });
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return worker;
};

/** Hands events to any number of listeners and loops. */
const createEventHub = () => {
  const listeners = new Set<(event: RunEvent) => void>();
  const closers = new Set<() => void>();
  const listen = (listener: (event: RunEvent) => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };
  return {
    listen,
    emit: (event: RunEvent) => {
      for (const listener of [...listeners]) listener(event);
    },
    close: () => {
      for (const close of [...closers]) close();
    },
    iterate(): AsyncIterableIterator<RunEvent> {
      const queue: RunEvent[] = [];
      let wake: (() => void) | undefined;
      let open = true;
      const unlisten = listen((event) => {
        queue.push(event);
        wake?.();
      });
      const close = () => {
        open = false;
        unlisten();
        closers.delete(close);
        wake?.();
      };
      closers.add(close);
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        async next() {
          while (open && queue.length === 0) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          const value = queue.shift();
          return value ? { done: false, value } : { done: true, value: undefined };
        },
        async return() {
          close();
          return { done: true, value: undefined };
        },
      };
    },
  };
};

/** The calls that go to the worker as they are. */
const forwarded = [
  'methods',
  'models',
  'addModel',
  'addHubModel',
  'cancelDownload',
  'addDataset',
  'hubDataFiles',
  'addHubDataset',
  'datasets',
  'checkDataset',
  'cancelCheck',
  'addAdapter',
  'addHubAdapter',
  'adapters',
  'estimate',
  'create',
  'createGroup',
  'openGroup',
  'open',
  'start',
  'stepOnce',
  'pause',
  'stop',
  'status',
  'load',
  'problems',
  'answer',
  'replaySearch',
  'evaluate',
  'chat',
  'logProbs',
  'next',
  'tokenize',
  'trees',
  'credit',
  'goBack',
  'draw',
  'computeLoss',
  'computeLatentLoss',
  'exampleCase',
  'lossPlane',
  'labs',
  'runLab',
  'cancelLab',
  'pairLoss',
  'analyses',
  'analyse',
  'cancelAnalysis',
  'runs',
  'deleteRun',
  'storage',
  'deleteStored',
  'persistStorage',
  'exportModel',
  'keepModel',
  'drawPairs',
  'addChoices',
  'memory',
] as const satisfies readonly (keyof TrainerApi)[];

type Forwarded = Pick<TrainerApi, (typeof forwarded)[number]>;

/**
 * Starts a training worker.
 * @throws Error when the worker cannot be loaded, or the backend asked for cannot be had
 */
export const createTrainer = async (options: TrainerOptions = {}): Promise<Trainer> => {
  const address = new URL(options.workerUrl ?? bundledWorkerUrl, location.href);
  const baseUrl = options.baseUrl === undefined ? undefined : new URL(options.baseUrl, location.href).href;
  const worker = startWorker(address);
  const hub = createEventHub();
  let dead: Error | undefined;
  let rejectAll: (error: Error) => void;
  // A worker that is gone answers nothing, so every call also waits for its end.
  const death = new Promise<never>((_, reject) => {
    rejectAll = reject;
  });
  death.catch(() => undefined);
  const die = (message: string) => {
    dead ??= new Error(message);
    rejectAll(dead);
  };
  worker.addEventListener('error', (event) => {
    die(
      event.message
        ? `The training worker failed: ${event.message}`
        : `The training worker could not be loaded from ${address.href}; check that it is served there as JavaScript.`,
    );
  });
  const orDeath = <T>(promise: Promise<T>): Promise<T> => Promise.race([promise, death]);

  const remote: Remote<TrainerApi> = wrap<TrainerApi>(worker);
  let backend: BackendInfo;
  try {
    backend = await orDeath(remote.init(options.backend ?? 'auto', baseUrl));
    await orDeath(
      remote.subscribe(
        proxy((events: RunEvent[]) => {
          for (const event of events) hub.emit(event);
        }),
      ),
    );
  } catch (error) {
    worker.terminate();
    throw error;
  }

  const calls = Object.fromEntries(
    forwarded.map((name) => [
      name,
      (...args: unknown[]) => {
        if (dead) return Promise.reject(dead);
        const call = remote[name] as (...args: unknown[]) => Promise<unknown>;
        return orDeath(call(...args));
      },
    ]),
  ) as unknown as Forwarded;

  const train = async (
    document: unknown,
    { signal, onEvent, resume }: TrainOptions = {},
  ): Promise<TrainResult> => {
    signal?.throwIfAborted();
    const metrics: TrainResult['metrics'] = [];
    const evaluations: Evaluation[] = [];
    const made: TrainResult['made'] = {};
    let complete: RunStatus | undefined;
    if (resume !== undefined) {
      const stored = (await calls.runs()).find((run) => run.runId === resume);
      if (!stored) throw new Error(`There is no stored run "${resume}".`);
      const opened = await calls.open(resume);
      if (opened.phase === 'finished') complete = opened;
      // Rows after the checkpoint are computed again.
      const order = [...new Set(stored.metrics.map((row) => row.stage))];
      const place = (stage: string) => (order.includes(stage) ? order.indexOf(stage) : order.length);
      const kept = (stage: string, step: number) =>
        place(stage) < place(opened.stage.id) || (stage === opened.stage.id && step <= opened.step);
      metrics.push(...stored.metrics.filter((row) => kept(row.stage, row.metrics['step'] ?? 0)));
      evaluations.push(...stored.evaluations.filter((row) => kept(row.stage, row.step)));
    } else {
      await calls.create(document);
    }
    let sawEnd: () => void;
    const allDelivered = new Promise<void>((resolve) => {
      sawEnd = resolve;
    });
    const unlisten = hub.listen((event) => {
      if (event.kind === 'metrics') metrics.push({ stage: event.stage, metrics: event.metrics });
      if (event.kind === 'evaluation') evaluations.push(event.evaluation);
      if (event.kind === 'made') made[event.stage] = event.measures;
      onEvent?.(event);
      if (event.kind === 'status' && ended.has(event.status.phase)) sawEnd();
    });
    const stop = () => {
      calls.stop().catch(() => undefined);
    };
    signal?.addEventListener('abort', stop);
    try {
      let status = complete ?? (await calls.start());
      // Events come batched; the one that says the run has ended is the last of them.
      if (!complete) await Promise.race([allDelivered, new Promise((resolve) => setTimeout(resolve, 2000))]);
      if (signal?.aborted) status = await calls.stop();
      if (status.phase === 'failed') throw new Error(status.message);
      const before = evaluations.find((e) => e.step === 0);
      const after = status.phase === 'finished' ? evaluations.filter((e) => e !== before).at(-1) : undefined;
      return { status, metrics, evaluations, made, before, after };
    } finally {
      signal?.removeEventListener('abort', stop);
      unlisten();
    }
  };

  const dispose = async () => {
    if (!dead) {
      // A worker in the middle of a long call must not keep the page waiting.
      const patience = new Promise((resolve) => setTimeout(resolve, 2000));
      await Promise.race([orDeath(remote.dispose()).catch(() => undefined), patience]);
    }
    die('The trainer has been disposed; create a new one.');
    hub.close();
    remote[releaseProxy]();
    worker.terminate();
  };

  return {
    ...calls,
    backend,
    on: (kind, listener) =>
      hub.listen((event) => {
        if (event.kind === kind) listener(event as EventOf<typeof kind>);
      }),
    events: () => hub.iterate(),
    train,
    dispose,
  };
};
