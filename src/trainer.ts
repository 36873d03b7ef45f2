/**
 * The trainer behind workers/protocol.ts: one backend, one open run, one store. The worker only exposes it through
 * Comlink, so it can be driven and tested without a worker.
 */
import type { Answer, RunEvent, RunPhase, RunStatus, TrainerApi } from '../workers/protocol';
import { createAnalysisCalls } from './analysis/analysis-calls';
import type { DenoiserModel } from './diffusion/denoiser-model';
import { setKernelChoice } from './kernels/kernel-choice';
import { tuneKernels } from './kernels/tune';
import { createLabCalls } from './lab/lab-calls';
import { addAdapter, addHubAdapter, listAdapters, loadStoredAdapter } from './load/brought-adapters';
import {
  addDataset,
  addHubDataset,
  chatTemplateOf,
  checkTakesDataset,
  hubDataFiles,
  listDatasets,
  prepareDocument,
} from './load/brought-datasets';
import type { BringHooks } from './load/brought-models';
import { addHubModel, addModel, listModels } from './load/brought-models';
import { listBuiltInModels } from './load/built-in-models';
import { createKnownFacts } from './load/known-facts';
import type { LoadedModel } from './load/loaded-model';
import { createModelShelf } from './load/model-shelf';
import { methods } from './methods/index';
import type { Method } from './methods/method';
import { areImages } from './methods/method';
import type { Network } from './model/network';
import { type Likely, nextTokens } from './model/next-tokens';
import { disposeParameters, loadWeights } from './model/parameters';
import { armName, parseGroup, storedArms } from './run/group';
import type { Medium } from './run/medium';
import { methodFacts } from './run/method-facts';
import type { SessionOptions } from './run/run-context';
import { TrainingSession } from './run/session';
import { Turns } from './run/turns';
import { openStore } from './store/open';
import { bestKey } from './store/run-keys';
import type { Store } from './store/store';
import { worldOfModel, worldProblems, worlds } from './tasks/cards';
import { loadTask } from './tasks/index';
import type { Task } from './tasks/task';
import type { BackendChoice, BackendInfo } from './tf';
import { gpuStats, guardGpu, initBackend, onGpuError, tf } from './tf';
import { promptOf, reply, sequenceLogProbs } from './train/chat';
import { deviceFacts, memoryFacts } from './train/device-facts';
import { estimateRun } from './train/estimate';
import { estimateImages } from './train/estimate-images';
import { answerProblems } from './train/evaluate';
import { createEventBatcher } from './train/event-batcher';
import { exportZip } from './train/export-model';
import { computeLoss } from './train/loss-case/compute-loss';
import { exampleCase } from './train/loss-case/example-case';
import { computeLatentLoss } from './train/loss-case/latent-case';
import { lossPlane } from './train/loss-case/loss-plane';
import { isOutOfMemory, MEMORY_ENDED, MemoryError, memoryMessage } from './train/memory-error';
import { describeMethod } from './train/method-info';
import { noteWriting, writingLatency } from './train/pace';
import type { RunDocument } from './train/run-document';
import { defaultAdapter, parseRun } from './train/run-document';
import type { MethodFacts } from './train/run-facts';
import { count } from './util/count';
import { createMutex, yieldToMessages } from './util/mutex';

/** A model on the device that answers problems while no run is open. */
interface Standby {
  model: LoadedModel;
  network: Network;
}

/** The methods as data. */
const catalogue = methods.map(describeMethod);

/** The documents of a comparison. @throws naming arm and field */
const parseArms = (values: unknown[]): RunDocument[] => parseGroup(values, catalogue);

/** Phases of a run that takes no further step. */
const ended: readonly RunPhase[] = ['finished', 'stopped', 'failed'];

/** Phases of a run that another model may take the place of: it is stored, or has not begun. */
const replaceable: readonly RunPhase[] = ['idle', 'finished', 'stopped', 'failed'];

/** @throws naming the field: an unknown world or difficulty, or a model that was made for another world */
const checkWorld = (document: Parameters<typeof worldProblems>[0]) => {
  const [problem] = worldProblems(document);
  if (problem) throw new Error(`${problem.field}: ${problem.message}.`);
};

/** A model that draws takes methods for images, and whole; one of text the others. @throws Error naming the field */
const checkMedium = (method: Method, document: RunDocument, model: LoadedModel) => {
  const { name } = model.summary;
  if (areImages(method.eats) !== (model.denoiser !== undefined)) {
    throw new Error(
      model.denoiser
        ? `method.id: ${method.name} trains on text, and ${name} draws images; choose a method of the chapter “Denoising”, or another model.`
        : `model: ${method.name} trains on images, and ${name} writes text; choose shapes-nano, or another method.`,
    );
  }
  if (model.denoiser && document.adapter) {
    throw new Error(`adapter: ${name} is trained whole, being small; set it to null.`);
  }
  if (model.denoiser && document.data.dataset) {
    throw new Error(
      `data.dataset: ${name} trains on images that it draws itself, not on files of text; set it to null.`,
    );
  }
};

/** What a run of images is made of, loaded with the first of them. */
const mediumOf = async (
  denoiser: DenoiserModel,
  { seed }: RunDocument,
  backend: BackendInfo,
  store: Store,
  { summary }: LoadedModel,
): Promise<Medium> => {
  const { imageMedium } = await import('./diffusion/medium');
  return imageMedium({ denoiser, seed, backend, store, label: summary.id });
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
  /** The open run, or the first of those that are compared. */
  let session: TrainingSession | undefined;
  /** All that are open, in the order of their arms. */
  let arms: { run: TrainingSession; release: () => void }[] = [];
  let standby: Standby | undefined;
  /** The model that answers when no run is open: the last one that was asked for. */
  let wanted: LoadedModel | undefined;
  let listener: ((events: RunEvent[]) => void) | undefined;
  const exclusive = createMutex(); // changes of what is open, one at a time

  const batcher = createEventBatcher((events) => listener?.(events));
  const emit = (event: RunEvent) => batcher.push(event);

  onGpuError((error) => {
    broken = true;
    // What was being done fails with it, and says what did not fit.
    if (!isOutOfMemory(error)) emit({ kind: 'error', name: error.name, message: error.message });
  });

  const store = () => {
    storePromise ??= openStore();
    return storePromise;
  };
  const shelf = createModelShelf(store, () => baseUrl);

  const startBackend = async (wanted: BackendChoice): Promise<BackendInfo> => {
    const anew = broken;
    broken = false;
    backend = await initBackend(wanted, anew);
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

  /** What is being downloaded or stored, and what is being read through. One of each at a time. */
  let bringing: AbortController | undefined;
  let checking: AbortController | undefined;
  const facts = createKnownFacts();

  const bring = async <T>(f: (hooks: BringHooks) => Promise<T>): Promise<T> => {
    if (bringing) throw new Error('Something is being downloaded already; wait for it, or cancel it.');
    const own = new AbortController();
    bringing = own;
    try {
      return await f({
        signal: own.signal,
        onProgress: (progress) => emit({ kind: 'download', progress }),
      });
    } finally {
      bringing = undefined;
      batcher.flush();
    }
  };

  const methodFactsOf = (document: RunDocument, model: LoadedModel): MethodFacts => ({
    ...methodFacts(methods.find((m) => m.id === document.method.id)!, document),
    latency: writingLatency(model.summary.id),
  });

  /** What to say instead of "Aborted()"; undefined for other errors. What the backend still holds is given up then. */
  const explainMemory =
    (document: RunDocument, model: LoadedModel, task: Task) =>
    (error: unknown, phase: RunPhase): Error | undefined => {
      if (!isOutOfMemory(error)) return undefined;
      broken = true;
      const { config, weights } = model;
      const device = memoryFacts(started());
      const adapter = { ...defaultAdapter(), ...document.adapter };
      const message = memoryMessage(document, phase, (next) => {
        const [data, method] = [facts.of(next, model, task), methodFactsOf(next, model)];
        return estimateRun({ config, weights, document: next, data, device, method }, adapter);
      });
      return new MemoryError(message, { cause: error });
    };

  const closeStandby = () => {
    if (standby && !broken) disposeParameters(standby.network.weights);
    standby = undefined;
  };

  const openStandby = (model: LoadedModel): Standby => {
    wanted = model;
    if (standby?.model !== model) {
      closeStandby();
      const { config, weights, summary } = model;
      // Nothing is trained here: what the file has packed stays packed.
      const storage = summary.builtIn ? 'f32' : 'file';
      standby = { model, network: { config, weights: loadWeights(config, weights, storage) } };
    }
    return standby!;
  };

  const closeSession = async () => {
    const closing = arms;
    session = undefined;
    arms = [];
    try {
      // Together: an arm that waits for its turn must not be waited for.
      await Promise.all(closing.map(({ run }) => run.dispose()));
    } catch (error) {
      if (!broken) throw error; // tensors of a lost device cannot be freed, and need not be
    } finally {
      for (const { release } of closing) release();
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

  /** Makes a run; an arm of a comparison beside those that are open, any other in their place. */
  const begin = async (
    document: RunDocument,
    runId: string,
    resume: boolean,
    arm?: SessionOptions['arm'],
  ): Promise<RunStatus> => {
    const method = methods.find((m) => m.id === document.method.id)!;
    const { dataset } = document.data;
    checkWorld(document);
    const world = worlds.find(({ id }) => id === document.data.task);
    const drawn = areImages(method.eats) || world?.draws === true; // has no problems; the model is held against it below
    const task = await loadTask(dataset || drawn ? worlds[0]!.id : document.data.task);
    checkTakesDataset(method, document);
    const kept = await store();
    const stored = resume ? await kept.getRun(runId) : undefined;
    const checkpoint = resume ? await kept.getCheckpoint(runId) : undefined;
    const model = await shelf.load(document.model);
    checkMedium(method, document, model);
    if (!dataset && !model.summary.builtIn && !model.denoiser) {
      throw new Error(
        `data.dataset: is null, and the built-in problems are made for the built-in models; give ${model.summary.name} a file of examples.`,
      );
    }
    const from = document.adapter?.from;
    const adapter = from ? await loadStoredAdapter(kept.files, from, model) : undefined;
    const source = dataset && (await kept.files.manifest('dataset', dataset.id));
    if (dataset && !source) {
      throw new Error(`data.dataset.id: there is no stored file "${dataset.id}"; add it first.`);
    }
    if (!arm || arm.group.arm === 0) await closeSession();
    const release = await kept.lockRun(runId);
    try {
      const info = await backendFor(document);
      // Goes on with the kernels it began with; on another adapter the choice is ignored.
      if (stored?.kernels && info.name === 'webgpu') setKernelChoice(stored.kernels);
      closeStandby();
      const run = await TrainingSession.create({
        runId,
        document,
        method,
        task,
        model,
        ...(model.denoiser && { medium: await mediumOf(model.denoiser, document, info, kept, model) }),
        ...(source
          ? {
              dataset: {
                label: source.label,
                prepare: (hooks) => prepareDocument(kept.files, document, method, model, hooks),
              },
            }
          : {}),
        ...(adapter ? { adapter } : {}),
        backend: info,
        store: kept,
        emit: arm ? (event) => emit({ ...event, arm: arm.group.arm }) : emit,
        ...(arm && { arm }),
        explain: explainMemory(document, model, task),
        ...(stored && checkpoint ? { resume: { checkpoint, summary: stored } } : {}),
      });
      arms.push({ run, release });
      session ??= run;
      wanted = model;
      return run.status();
    } catch (error) {
      release();
      throw explainMemory(document, model, task)(error, 'loading') ?? error;
    }
  };

  /** Makes or opens the arms of a comparison, one after another; of one that cannot be made, none stays open. */
  const beginGroup = async (
    id: string,
    runs: readonly { document: RunDocument; runId: string }[],
    resume: boolean,
  ): Promise<RunStatus[]> => {
    const turns = new Turns();
    const statuses: RunStatus[] = [];
    for (const [arm, { document, runId }] of runs.entries()) {
      try {
        statuses.push(await begin(document, runId, resume, { turns, group: { id, arm, arms: runs.length } }));
      } catch (error) {
        await closeSession();
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`Arm ${armName(arm)}: ${message}`, { cause: error });
      }
    }
    return statuses;
  };

  /** What start, step, pause and stop do with all open runs that can still do it; the first one's status. */
  const withAll = async (f: (run: TrainingSession) => Promise<RunStatus>): Promise<RunStatus> => {
    const first = open();
    if (arms.length < 2) return f(first);
    const live = arms.filter(({ run }) => !ended.includes(run.status().phase));
    if (live.length === 0) return f(first);
    await Promise.all(live.map(({ run }) => f(run)));
    return first.status();
  };

  /** Opens the run at the state of its best evaluation, which then is its checkpoint. */
  const goBack = async (step: number): Promise<RunStatus> => {
    const run = open();
    if (arms.length > 1)
      throw new Error(
        'The arms of a comparison go on together; open one as a run of its own to go back in it.',
      );
    const { document, runId } = run;
    if (![...replaceable, 'paused'].includes(run.status().phase))
      throw new Error('The run trains; pause it first.');
    const kept = await store();
    const best = await kept.getCheckpoint(bestKey(runId));
    if (!best || best.step !== step) {
      throw new Error(
        `Step ${count(step)} is not kept whole; ${best ? `step ${count(best.step)} is, the best of its pass` : 'no step is'}.`,
      );
    }
    await kept.putCheckpoint({ ...best, runId });
    await kept.putRun({ ...run.summary(), phase: 'paused', step, stage: best.pass, updated: Date.now() });
    const status = await begin(document, runId, true);
    await kept.putRun(open().summary()); // without what came after
    return status;
  };

  const armAt = (arm = 0): TrainingSession => {
    const first = open();
    const found = arms[arm]?.run;
    if (!found)
      throw new Error(
        `There is no arm ${armName(arm)}; ${arms.length} ${arms.length === 1 ? 'run is' : 'runs are'} open.`,
      );
    return arm === 0 ? first : found;
  };

  /**
   * Runs f with the open run's network, or with that of the model loaded last. In the queue of openings: a question put
   * while a run is being made is answered by that run.
   */
  const withNetwork = async <T>(
    which: 'policy' | 'reference',
    f: (network: Network, model: LoadedModel) => Promise<T>,
    arm = 0,
    at?: number,
  ): Promise<T> => {
    const { result } = await exclusive(async () => {
      const run = arm === 0 ? session : armAt(arm);
      if (run) {
        // Not awaited here: the run has a queue of its own, and may be busy for a while.
        return { result: run.withModel(which, (network) => f(network, run.model), at) };
      }
      if (!wanted) throw new Error('No model is loaded; call load first.');
      const { model, network } = openStandby(wanted);
      return { result: Promise.resolve(await guardGpu(() => f(network, model))) };
    });
    return result;
  };

  /** Calls that fail for want of memory say so, whatever the browser, the GPU or WebAssembly said. */
  const inWords = (api: TrainerApi): TrainerApi =>
    Object.fromEntries(
      Object.entries(api).map(([name, call]: [string, (...args: unknown[]) => Promise<unknown>]) => [
        name,
        async (...args: unknown[]) => {
          try {
            return await call(...args);
          } catch (error) {
            if (!isOutOfMemory(error) || error instanceof MemoryError) throw error;
            broken = true;
            throw new MemoryError(MEMORY_ENDED, { cause: error });
          }
        },
      ]),
    ) as unknown as TrainerApi;

  const deleteRun = (runId: string) =>
    exclusive(async () => {
      if (arms.some(({ run }) => run.runId === runId)) await closeSession();
      await (await store()).deleteRun(runId);
    });

  return inWords({
    init: (wantedBackend, base) =>
      exclusive(async () => {
        if (base !== undefined) baseUrl = base;
        choice = wantedBackend;
        // What lies on the old device cannot be used on the new one.
        await closeSession();
        closeStandby();
        return startBackend(wantedBackend);
      }),
    methods: async () => catalogue,
    models: async () => [...(await listBuiltInModels(baseUrl)), ...(await listModels((await store()).files))],
    addModel: (files) =>
      bring(async (hooks) => shelf.remember(await addModel((await store()).files, files, hooks)).summary),
    addHubModel: (source) =>
      bring(async (hooks) => shelf.remember(await addHubModel((await store()).files, source, hooks)).summary),
    cancelDownload: async () =>
      bringing?.abort(new Error('The download was cancelled; what has come is kept.')),

    addDataset: (files) => bring(async (hooks) => addDataset((await store()).files, files, hooks)),
    hubDataFiles: (source) => bring(({ signal }) => hubDataFiles(source, signal)),
    addHubDataset: (source) => bring(async (hooks) => addHubDataset((await store()).files, source, hooks)),
    datasets: async () => listDatasets((await store()).files),
    checkDataset: async (value) => {
      const document = parseRun(value, catalogue);
      const method = methods.find((m) => m.id === document.method.id)!;
      checking?.abort(new Error('Another check was begun.'));
      const own = new AbortController();
      checking = own;
      try {
        const model = await shelf.load(document.model);
        const { trees, report } = await prepareDocument((await store()).files, document, method, model, {
          signal: own.signal,
          progress: (done, total) =>
            emit({ kind: 'progress', phase: 'collecting', done, total: total ?? 0, note: 'rows read' }),
        });
        facts.note(document, trees, report);
        return report;
      } finally {
        if (checking === own) checking = undefined;
        batcher.flush();
      }
    },
    cancelCheck: async () => checking?.abort(new Error('The check was cancelled.')),

    addAdapter: async (files, model) => addAdapter((await store()).files, files, await shelf.load(model)),
    addHubAdapter: (source, model) =>
      bring(async (hooks) => addHubAdapter((await store()).files, source, await shelf.load(model), hooks)),
    adapters: async () => listAdapters((await store()).files),

    estimate: async (value) => {
      const document = parseRun(value, catalogue);
      const model = await shelf.load(document.model);
      checkWorld(document);
      if (model.denoiser) {
        checkMedium(methods.find((m) => m.id === document.method.id)!, document, model);
        const method = methodFactsOf(document, model);
        const { memory } = memoryFacts(started());
        return estimateImages({ weights: model.weights, document, method, memory });
      }
      const { config, weights } = model;
      const task = document.data.dataset ? undefined : await loadTask(document.data.task);
      const data = facts.of(document, model, task);
      const device = await deviceFacts(started());
      const adapter = { ...defaultAdapter(), ...document.adapter };
      const method = methodFactsOf(document, model);
      return estimateRun({ config, weights, document, data, device, method }, adapter);
    },
    subscribe: async (next) => {
      listener = next;
    },

    create: (value) => exclusive(async () => begin(parseRun(value, catalogue), crypto.randomUUID(), false)),
    open: (runId) =>
      exclusive(async () => {
        const run = await (await store()).getRun(runId);
        if (!run) throw new Error(`There is no stored run "${runId}".`);
        return begin(parseRun(run.document, catalogue), runId, true);
      }),
    createGroup: (values) =>
      exclusive(async () =>
        beginGroup(
          crypto.randomUUID(),
          parseArms(values).map((document) => ({ document, runId: crypto.randomUUID() })),
          false,
        ),
      ),
    openGroup: (id) =>
      exclusive(async () => {
        const runs = storedArms(id, await (await store()).listRuns());
        return beginGroup(
          id,
          runs.map(({ document, runId }) => ({ document: parseRun(document, catalogue), runId })),
          true,
        );
      }),
    start: async () => {
      const status = await withAll((run) => run.start());
      batcher.flush();
      return status;
    },
    stepOnce: async () => {
      const status = await withAll((run) => run.stepOnce());
      batcher.flush();
      return status;
    },
    pause: () => withAll((run) => run.pause()),
    stop: () => withAll((run) => run.stop()),
    status: async () => session?.status(),

    load: (id) =>
      exclusive(async () => {
        started();
        const model = await shelf.load(id);
        if (session?.model === model) return model.summary;
        if (session && !replaceable.includes(session.status().phase)) {
          throw new Error(
            `A run of "${session.model.summary.id}" is under way; stop it before another model is loaded.`,
          );
        }
        // A run that has ended is stored, and would go on answering in the place of the model asked for.
        await closeSession();
        if (model.denoiser) closeStandby();
        else openStandby(model);
        return model.summary;
      }),
    problems: async (task, difficulty, start, count) => {
      checkWorld({ model: '', data: { task, difficulty, dataset: null } });
      return (await loadTask(task)).heldOut(difficulty, start, count);
    },
    answer: async (problems, { which, temperature, seed, maxTokens, task: taskId, arm, at }) => {
      const own = session?.document.data.task ?? worldOfModel(wanted?.summary.id ?? '')?.id;
      const task = await loadTask(taskId ?? own ?? worlds[0]!.id);
      const answersOf = async (model: LoadedModel, network: Network): Promise<Answer[]> => {
        const began = performance.now();
        const answered = await answerProblems(
          { network, tokenizer: model.tokenizer },
          task,
          problems,
          { temperature, seed, maxTokens },
          yieldToMessages,
        );
        const longest = Math.max(0, ...answered.map(({ sample }) => sample.tokens.length));
        noteWriting(model.summary.id, (performance.now() - began) / 1000, longest);
        return answered.map(({ problem, text, sample, verdict }) => ({
          problem,
          text,
          tokens: sample.tokens.map((id) => model.tokenizer.token(id)),
          logProbs: sample.logProbs,
          verdict,
        }));
      };
      return withNetwork(which, (network, model) => answersOf(model, network), arm, at);
    },
    replaySearch: async (problem, taskId, options) => {
      const task = await loadTask(taskId);
      const { replayProblem } = await import('./search/replay-problem');
      return withNetwork('policy', (network, { tokenizer }) =>
        replayProblem({ network, tokenizer }, task, problem, options, (done, total) =>
          emit({ kind: 'work', what: 'tree-search', done, total }),
        ),
      );
    },
    evaluate: (count) => open().evaluate(count),
    chat: async (prompt, { which, ...options }) =>
      withNetwork(which, async (network, model) => {
        const tokens = await promptOf(model.tokenizer, chatTemplateOf(model), prompt);
        return reply(network, model.tokenizer, tokens, options, yieldToMessages);
      }),
    logProbs: (sequences, which) =>
      withNetwork(which, (network) => sequenceLogProbs(network, sequences, yieldToMessages)),
    next: async (prefixes, { which, top, named, arm }) =>
      withNetwork(
        which,
        async (network, { tokenizer }) => {
          const worded = ({ id, p }: Likely) => ({ id, text: tokenizer.token(id), p });
          const found = await nextTokens(
            network,
            prefixes,
            { top, ...(named && { named }) },
            yieldToMessages,
          );
          return found.map((each) => ({
            likeliest: each.likeliest.map(worded),
            named: each.named.map(worded),
          }));
        },
        arm,
      ),
    tokenize: async (text) => {
      const model = session?.model ?? wanted;
      if (!model) throw new Error('No model is loaded; call load first.');
      return model.tokenizer.encode(text);
    },

    draw: (id, count) =>
      exclusive(async () => {
        started();
        const model = await shelf.load(id);
        if (!model.denoiser) throw new Error(`${model.summary.name} writes text and draws nothing.`);
        const { drawShown } = await import('./diffusion/draw-shown');
        return guardGpu(() => drawShown(model, count, yieldToMessages));
      }),

    trees: async (start, count, arm) => {
      const made = armAt(arm).treesMade;
      return { total: made.length, trees: made.slice(start, start + count) };
    },
    credit: async (index, arm, at) => armAt(arm).credit(index, at),
    goBack: (step) => exclusive(async () => goBack(step)),

    computeLoss: async (lossCase) => {
      started();
      return computeLoss(lossCase);
    },
    computeLatentLoss: async (lossCase) => {
      started();
      return computeLatentLoss(lossCase);
    },
    lossPlane: async (lossCase, axes) => {
      started();
      return lossPlane(lossCase, axes, yieldToMessages);
    },
    exampleCase: async (method) => {
      started();
      return exampleCase(method);
    },

    ...createAnalysisCalls((what, done, total) => emit({ kind: 'work', what, done, total }), open),
    ...createLabCalls((what, done, total) => emit({ kind: 'work', what, done, total }), started),

    runs: async () => (await store()).listRuns(),
    deleteRun,
    storage: async () => (await store()).report(),
    deleteStored: async (name, key) => {
      if (name === 'runs') return deleteRun(key);
      await (await store()).deleteItem(name, key);
      if (name === 'models') shelf.forget(key);
    },
    persistStorage: async () => (await store()).persist(),

    exportModel: async (options) => {
      const current = open();
      if (options?.what === 'images') {
        if (!current.model.denoiser)
          throw new Error(`what: ${current.model.summary.name} writes text and has no images to export.`);
        const { exportImages } = await import('./diffusion/export-images');
        return exportImages(current.summary(), current.treesMade);
      }
      return exportZip(
        current.policyPlan,
        await current.weights(),
        current.summary(),
        options,
        current.dataReport,
      );
    },
    memory: async () => {
      const { numTensors, numBytes } = tf.memory();
      const { bytes, peakBytes, dispatches } = gpuStats();
      return { tensors: numTensors, bytes: numBytes, gpuBytes: bytes, gpuPeakBytes: peakBytes, dispatches };
    },
    dispose: () =>
      exclusive(async () => {
        await closeSession();
        closeStandby();
        (await storePromise)?.close();
      }),
  });
};
