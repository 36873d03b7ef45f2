import type { TrainerApi } from '../../workers/protocol';
import { storedArms } from '../run/group';
import type { Mutex } from '../util/mutex';
import { zipOf } from '../util/zip';
import { parseArms, parseDocument } from './catalogue';
import type { Engine } from './engine';
import type { OpenRuns } from './open-runs';
import { filesOfRun, keepModelOf } from './results';

type RunCalls = Pick<
  TrainerApi,
  | 'create'
  | 'open'
  | 'createGroup'
  | 'openGroup'
  | 'start'
  | 'stepOnce'
  | 'pause'
  | 'stop'
  | 'status'
  | 'goBack'
  | 'evaluate'
  | 'trees'
  | 'credit'
  | 'exportModel'
  | 'keepModel'
  | 'runs'
  | 'deleteRun'
>;

/**
 * The calls that make, move and read runs.
 * @param exclusive the queue of what opens and closes
 */
export const createRunCalls = (engine: Engine, runs: OpenRuns, exclusive: Mutex): RunCalls => ({
  create: (value) => exclusive(async () => runs.begin(parseDocument(value), crypto.randomUUID(), false)),
  open: (runId) =>
    exclusive(async () => {
      const run = await (await engine.store()).getRun(runId);
      if (!run) throw new Error(`There is no stored run "${runId}".`);
      return runs.begin(parseDocument(run.document), runId, true);
    }),
  createGroup: (values) =>
    exclusive(async () =>
      runs.beginGroup(
        crypto.randomUUID(),
        parseArms(values).map((document) => ({ document, runId: crypto.randomUUID() })),
        false,
      ),
    ),
  openGroup: (id) =>
    exclusive(async () => {
      const stored = storedArms(id, await (await engine.store()).listRuns());
      return runs.beginGroup(
        id,
        stored.map(({ document, runId }) => ({ document: parseDocument(document), runId })),
        true,
      );
    }),
  start: async () => {
    const status = await runs.withAll((run) => run.start());
    engine.flush();
    return status;
  },
  stepOnce: async () => {
    const status = await runs.withAll((run) => run.stepOnce());
    engine.flush();
    return status;
  },
  pause: () => runs.withAll((run) => run.pause()),
  stop: () => runs.withAll((run) => run.stop()),
  status: async () => runs.first?.status(),

  evaluate: (count) => runs.open().evaluate(count),
  trees: async (start, count, arm) => {
    const made = runs.armAt(arm).treesMade;
    return { total: made.length, trees: made.slice(start, start + count) };
  },
  credit: async (index, arm, at) => runs.armAt(arm).credit(index, at),
  goBack: (step) => exclusive(async () => runs.goBack(step)),

  keepModel: async (name) => engine.shelf.remember(await keepModelOf(engine, runs.open(), name)).summary,
  runs: async () => (await engine.store()).listRuns(),
  deleteRun: (runId) =>
    exclusive(async () => {
      if (runs.has(runId)) await runs.close();
      await (await engine.store()).deleteRun(runId);
    }),
  exportModel: async (options) => {
    const current = runs.open();
    if (options?.what === 'images') {
      if (!current.model.denoiser)
        throw new Error(`what: ${current.model.summary.name} writes text and has no images to export.`);
      const { exportImages } = await import('../diffusion/export-images');
      return exportImages(current.summary(), current.treesMade);
    }
    return zipOf(await filesOfRun(current, options));
  },
});
