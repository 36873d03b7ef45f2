/**
 * The trainer behind workers/protocol.ts: one backend, one open run, one store. The worker only exposes it through
 * Comlink, so it can be driven and tested without a worker. Its calls by subject are in src/trainer.
 */
import type { TrainerApi } from '../workers/protocol';
import { createAnalysisCalls } from './analysis/analysis-calls';
import { createLabCalls } from './lab/lab-calls';
import { gpuStats, tf } from './tf';
import { computeLoss } from './train/loss-case/compute-loss';
import { exampleCase } from './train/loss-case/example-case';
import { computeLatentLoss } from './train/loss-case/latent-case';
import { lossPlane } from './train/loss-case/loss-plane';
import { createAskCalls } from './trainer/ask-calls';
import { createBringCalls } from './trainer/bring-calls';
import { catalogue } from './trainer/catalogue';
import { createChoiceCalls } from './trainer/choice-calls';
import { createEngine } from './trainer/engine';
import { createEstimates } from './trainer/estimates';
import { explainingMemory } from './trainer/explaining-memory';
import { createOpenRuns } from './trainer/open-runs';
import { createRunCalls } from './trainer/run-calls';
import { createStandby } from './trainer/standby';
import { createMutex, yieldToMessages } from './util/mutex';

/**
 * Makes a trainer. Nothing is started until `init`.
 * @param defaultBaseUrl folder that holds `models/`, used when `init` is given none
 */
export const createTrainerApi = (defaultBaseUrl: string): TrainerApi => {
  const exclusive = createMutex(); // changes of what is open, one at a time
  const engine = createEngine(defaultBaseUrl);
  const estimates = createEstimates(engine);
  const standby = createStandby(engine);
  const runs = createOpenRuns(engine, estimates, standby);
  const runCalls = createRunCalls(engine, runs, exclusive);
  const work = (what: string, done: number, total: number) =>
    engine.emit({ kind: 'work', what, done, total });

  /** What is open is closed: nothing of it can be used on another device, or is to be. */
  const closeAll = async () => {
    await runs.close();
    standby.close();
  };

  return explainingMemory(engine, {
    init: (choice, baseUrl) =>
      exclusive(async () => {
        if (baseUrl !== undefined) engine.baseUrl = baseUrl;
        await closeAll();
        return engine.init(choice);
      }),
    subscribe: async (listener) => engine.listen(listener),
    methods: async () => catalogue,
    estimate: (document) => estimates.of(document),

    ...createBringCalls(engine, estimates),
    ...runCalls,
    ...createAskCalls(engine, runs, standby, exclusive),
    ...createChoiceCalls(engine, exclusive),
    ...createAnalysisCalls(work, runs.open),
    ...createLabCalls(work, engine.started),

    computeLoss: async (lossCase) => {
      engine.started();
      return computeLoss(lossCase);
    },
    computeLatentLoss: async (lossCase) => {
      engine.started();
      return computeLatentLoss(lossCase);
    },
    lossPlane: async (lossCase, axes) => {
      engine.started();
      return lossPlane(lossCase, axes, yieldToMessages);
    },
    exampleCase: async (method) => {
      engine.started();
      return exampleCase(method);
    },

    storage: async () => (await engine.store()).report(),
    deleteStored: async (name, key) => {
      if (name === 'runs') return runCalls.deleteRun(key);
      await (await engine.store()).deleteItem(name, key);
      if (name === 'models') engine.shelf.forget(key);
    },
    persistStorage: async () => (await engine.store()).persist(),
    memory: async () => {
      const { numTensors, numBytes } = tf.memory();
      const { bytes, peakBytes, dispatches } = gpuStats();
      return { tensors: numTensors, bytes: numBytes, gpuBytes: bytes, gpuPeakBytes: peakBytes, dispatches };
    },
    dispose: () =>
      exclusive(async () => {
        await closeAll();
        await engine.closeStore();
      }),
  });
};
