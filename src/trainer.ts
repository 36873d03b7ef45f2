/**
 * The trainer behind workers/protocol.ts: one backend, one open run, one store. The worker only exposes it through
 * Comlink, so it can be driven and tested without a worker.
 */
import type { Answer, RunEvent, RunPhase, RunStatus, TrainerApi } from '../workers/protocol';
import { setKernelChoice } from './kernels/kernel-choice';
import { tuneKernels } from './kernels/tune';
import { methods } from './methods/index';
import type { Network } from './model/network';
import { disposeParameters, loadParameters } from './model/parameters';
import { openStore } from './store/open';
import type { Store } from './store/store';
import { getTask, tasks } from './tasks/index';
import type { Task } from './tasks/task';
import type { BackendChoice, BackendInfo } from './tf';
import { gpuStats, guardGpu, initBackend, onGpuError, tf } from './tf';
import { listBuiltInModels, loadBuiltInModel } from './train/built-in-models';
import { answerProblems } from './train/evaluate';
import { createEventBatcher } from './train/event-batcher';
import { exportZip } from './train/export-model';
import type { LoadedModel } from './train/loaded-model';
import { describeMethod } from './train/method-info';
import type { RunDocument } from './train/run-document';
import { parseRun } from './train/run-document';
import { TrainingSession } from './train/session';
import { createMutex, yieldToMessages } from './util/mutex';

/** A model on the device that answers problems while no run is open. */
interface Standby {
  model: LoadedModel;
  network: Network;
}

/** Phases of a run that another model may take the place of: it is stored, or has not begun. */
const replaceable: readonly RunPhase[] = ['idle', 'finished', 'stopped', 'failed'];

const checkDifficulty = (task: Task, difficulty: string) => {
  if (!task.difficulties.some((d) => d.id === difficulty)) {
    const known = task.difficulties.map((d) => d.id).join(', ');
    throw new Error(
      `data.difficulty: "${difficulty}" is not a difficulty of ${task.name}; use one of ${known}.`,
    );
  }
};

/**
 * Makes a trainer. Nothing is started until `init`.
 * @param defaultBaseUrl folder that holds `models/`, used when `init` is given none
 */
export const createTrainerApi = (defaultBaseUrl: string): TrainerApi => {
  let baseUrl = defaultBaseUrl;
  let choice: BackendChoice = 'auto';
  let backend: BackendInfo | undefined;
  let broken = false;
  let storePromise: Promise<Store> | undefined;
  let session: TrainingSession | undefined;
  let releaseRun: (() => void) | undefined;
  let standby: Standby | undefined;
  /** The model that answers when no run is open: the last one that was asked for. */
  let wanted: LoadedModel | undefined;
  let listener: ((events: RunEvent[]) => void) | undefined;
  const models = new Map<string, LoadedModel>();
  const exclusive = createMutex(); // changes of what is open, one at a time

  const batcher = createEventBatcher((events) => listener?.(events));
  const emit = (event: RunEvent) => batcher.push(event);

  onGpuError((error) => {
    broken = true;
    emit({ kind: 'error', name: error.name, message: error.message });
  });

  const store = () => {
    storePromise ??= openStore();
    return storePromise;
  };

  const startBackend = async (wanted: BackendChoice): Promise<BackendInfo> => {
    broken = false;
    backend = await initBackend(wanted);
    await tuneKernels(); // does nothing but on WebGPU
    return backend;
  };

  const started = (): BackendInfo => {
    if (!backend) throw new Error('The trainer has no backend yet; call init first.');
    return backend;
  };

  const open = (): TrainingSession => {
    if (!session) throw new Error('No run is open; create one, or open a stored one.');
    return session;
  };

  const loadModel = async (id: string): Promise<LoadedModel> => {
    const known = models.get(id);
    if (known) return known;
    const model = await loadBuiltInModel(id, baseUrl, await store());
    models.set(id, model);
    return model;
  };

  const closeStandby = () => {
    if (standby && !broken) disposeParameters(standby.network.weights);
    standby = undefined;
  };

  const openStandby = (model: LoadedModel): Standby => {
    wanted = model;
    if (standby?.model !== model) {
      closeStandby();
      const { config, weights } = model;
      standby = { model, network: { config, weights: loadParameters(config, weights) } };
    }
    return standby!;
  };

  const closeSession = async () => {
    const closing = session;
    session = undefined;
    try {
      await closing?.dispose();
    } catch (error) {
      if (!broken) throw error; // tensors of a lost device cannot be freed, and need not be
    } finally {
      releaseRun?.();
      releaseRun = undefined;
      batcher.flush(); // its last words come before the answer to whoever closed it
    }
  };

  /** The backend that the run asks for; a run that leaves it open takes the one that is there. */
  const backendFor = async (document: RunDocument): Promise<BackendInfo> => {
    const current = started();
    const wanted = document.backend === 'auto' ? choice : document.backend;
    if (!broken && (document.backend === 'auto' || current.name === wanted)) return current;
    closeStandby();
    return startBackend(wanted);
  };

  const begin = async (document: RunDocument, runId: string, resume: boolean): Promise<RunStatus> => {
    const method = methods.find((m) => m.id === document.method.id)!;
    const task = getTask(document.data.task);
    checkDifficulty(task, document.data.difficulty);
    const kept = await store();
    const stored = resume ? await kept.getRun(runId) : undefined;
    const checkpoint = resume ? await kept.getCheckpoint(runId) : undefined;
    const model = await loadModel(document.model);
    await closeSession();
    const release = await kept.lockRun(runId);
    try {
      const info = await backendFor(document);
      // Goes on with the kernels it began with; on another adapter the choice is ignored.
      if (stored?.kernels && info.name === 'webgpu') setKernelChoice(stored.kernels);
      closeStandby();
      session = await TrainingSession.create({
        runId,
        document,
        method,
        task,
        model,
        backend: info,
        store: kept,
        emit,
        ...(stored && checkpoint ? { resume: { checkpoint, summary: stored } } : {}),
      });
    } catch (error) {
      release();
      throw error;
    }
    releaseRun = release;
    wanted = model;
    return session.status();
  };

  const deleteRun = (runId: string) =>
    exclusive(async () => {
      if (session?.runId === runId) await closeSession();
      await (await store()).deleteRun(runId);
    });

  return {
    init: (wantedBackend, base) =>
      exclusive(async () => {
        if (base !== undefined) baseUrl = base;
        choice = wantedBackend;
        // What lies on the old device cannot be used on the new one.
        await closeSession();
        closeStandby();
        return startBackend(wantedBackend);
      }),
    methods: async () => methods.map(describeMethod),
    models: () => listBuiltInModels(baseUrl),
    subscribe: async (next) => {
      listener = next;
    },

    create: (value) => exclusive(async () => begin(parseRun(value, methods), crypto.randomUUID(), false)),
    open: (runId) =>
      exclusive(async () => {
        const run = await (await store()).getRun(runId);
        if (!run) throw new Error(`There is no stored run "${runId}".`);
        return begin(parseRun(run.document, methods), runId, true);
      }),
    start: async () => {
      const status = await open().start();
      batcher.flush();
      return status;
    },
    stepOnce: async () => {
      const status = await open().stepOnce();
      batcher.flush();
      return status;
    },
    pause: () => open().pause(),
    stop: () => open().stop(),
    status: async () => session?.status(),

    load: (id) =>
      exclusive(async () => {
        started();
        const model = await loadModel(id);
        if (session?.model === model) return model.summary;
        if (session && !replaceable.includes(session.status().phase)) {
          throw new Error(
            `A run of "${session.model.summary.id}" is under way; stop it before another model is loaded.`,
          );
        }
        // A run that has ended is stored, and would go on answering in the place of the model asked for.
        await closeSession();
        openStandby(model);
        return model.summary;
      }),
    problems: async (task, difficulty, start, count) => {
      checkDifficulty(getTask(task), difficulty);
      return getTask(task).heldOut(difficulty, start, count);
    },
    answer: async (problems, { which, temperature, seed, maxTokens, task: taskId }) => {
      const task = getTask(taskId ?? session?.document.data.task ?? tasks[0]!.id);
      const reply = async (model: LoadedModel, network: Network): Promise<Answer[]> => {
        const answered = await answerProblems(
          { network, tokenizer: model.tokenizer },
          task,
          problems,
          { temperature, seed, maxTokens },
          yieldToMessages,
        );
        return answered.map(({ problem, text, sample, verdict }) => ({
          problem,
          text,
          tokens: sample.tokens.map((id) => model.tokenizer.token(id)),
          logProbs: sample.logProbs,
          verdict,
        }));
      };
      // In the queue of openings: a question put while a run is being made is answered by that run.
      const { answers } = await exclusive(async () => {
        const run = session;
        if (run) {
          // Not awaited here: the run has a queue of its own, and may be busy for a while.
          return { answers: run.withModel(which, (network) => reply(run.model, network)) };
        }
        if (!wanted) throw new Error('No model is loaded; call load first.');
        const { model, network } = openStandby(wanted);
        return { answers: Promise.resolve(await guardGpu(() => reply(model, network))) };
      });
      return answers;
    },
    evaluate: (count) => open().evaluate(count),

    trees: async (start, count) => {
      const made = open().treesMade;
      return { total: made.length, trees: made.slice(start, start + count) };
    },
    credit: (index) => open().credit(index),

    runs: async () => (await store()).listRuns(),
    deleteRun,
    storage: async () => (await store()).report(),
    deleteStored: async (name, key) =>
      name === 'runs' ? deleteRun(key) : (await store()).deleteItem(name, key),
    persistStorage: async () => (await store()).persist(),

    exportModel: async () => {
      const current = open();
      return exportZip(current.model, await current.weights(), current.summary());
    },
    memory: async () => {
      const { numTensors, numBytes } = tf.memory();
      const { bytes, dispatches } = gpuStats();
      return { tensors: numTensors, bytes: numBytes, gpuBytes: bytes, dispatches };
    },
    dispose: () =>
      exclusive(async () => {
        await closeSession();
        closeStandby();
        (await storePromise)?.close();
      }),
  };
};
