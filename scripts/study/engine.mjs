// What studies are run with, in this process. Runs of one seed share a store, so that equal pairs are made once.
import { openNodeEngine } from '../node-engine.mjs';

const cpuSeconds = (since) => {
  const { user, system } = process.cpuUsage(since);
  return Math.round((user + system) / 1e5) / 10;
};

/** @param {{ known: () => Map<string, any> }} store */
export const openStudyEngine = async (store) => {
  const { load, models, start, close } = await openNodeEngine();
  const { studies } = await load('/src/studies/index.ts');
  const [plan, stored, mark, documents, words, bases, weights] = await Promise.all(
    ['plan', 'stored', 'mark', 'documents', 'words', 'bases', 'weights'].map((name) =>
      load(`/src/studies/core/${name}.ts`),
    ),
  );
  const { runLab } = await load('/src/lab/index.ts');
  const { labHooks } = await load('/src/lab/lab-calls.ts');
  const files = ({ files = [] } = {}) => files.map(({ name, sha256 }) => [name, sha256]);
  const modelKey = (id) => documents.keyOf(files(models.find((model) => model.id === id)));

  let open; // { api, seed, device }
  const first = await start();
  const methods = await first.api.methods();
  const { device } = first;
  await first.api.dispose();

  const trainerFor = async (seed) => {
    if (open?.seed === seed) return open;
    await open?.api.dispose();
    const { api } = await start();
    open = { api, seed, listen: /** @type {(events: any) => void} */ (() => {}) };
    const own = open;
    await api.subscribe((events) => own.listen(events));
    return open;
  };

  const train = async (document) => {
    const trainer = await trainerFor(document.seed);
    const evaluations = [];
    trainer.listen = (events) => {
      for (const event of events) if (event.kind === 'evaluation') evaluations.push(event.evaluation);
    };
    const { runId } = await trainer.api.create({ ...document, backend: 'wasm' });
    const status = await trainer.api.start();
    trainer.listen = () => {};
    await trainer.api.deleteRun(runId ?? status.runId);
    if (status.phase !== 'finished') throw new Error(status.message);
    return plan.numbersOf(evaluations[0], evaluations.at(-1));
  };

  const known = store.known();
  const raw = new Map();
  const experiment = async ({ lab, params, seed, arm, key }) => {
    if (!raw.has(key)) {
      const hooks = labHooks(seed, new AbortController().signal, () => {});
      raw.set(key, (await runLab(lab, params, hooks)).numbers);
    }
    return plan.readNumbers(arm, raw.get(key));
  };

  /** A task's numbers; those of an equal run of another study, where there is one. */
  const run = async (task) => {
    const at = new Date().toISOString().slice(0, 19);
    const found = 'document' in task ? known.get(task.key) : undefined;
    if (found)
      return {
        key: task.key,
        numbers: found.numbers,
        seconds: found.seconds,
        device: found.device ?? device,
        at: found.at ?? at,
      };
    const began = process.cpuUsage();
    try {
      const numbers = 'document' in task ? await train(task.document) : await experiment(task);
      const result = { key: task.key, numbers, seconds: cpuSeconds(began), device, at };
      known.set(task.key, result);
      return result;
    } catch (error) {
      return { key: task.key, numbers: {}, failed: error.message, seconds: cpuSeconds(began), device, at };
    }
  };

  return {
    studies,
    core: { ...plan, ...stored, ...mark, ...documents, ...words, ...bases },
    today: (study) => plan.todayOf(study, methods, (id) => weights.weightsIn(models, id)),
    tasks: (study, seed) => plan.planOf(study, [seed], methods, modelKey),
    trials: (study) => plan.trialsOf(study, methods, modelKey),
    run,
    close: async () => {
      await open?.api.dispose();
      await close();
    },
  };
};
