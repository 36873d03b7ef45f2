// Methods' default runs, in this process.
import { createHash } from 'node:crypto';
import { openNodeEngine } from '../node-engine.mjs';

/** Held-out problems that a run is measured on. */
const PROBLEMS = 200;

/** What an evaluation says, by name; a world may measure more than accuracy. */
const valuesOf = ({ accuracy, stepAccuracy, meanTokens, measures = [] }) => ({
  accuracy,
  stepAccuracy,
  meanTokens,
  ...Object.fromEntries(measures.map(({ id, value }) => [id, value])),
});

/** A value without what is empty in it: a field that documents were given later, and that this one makes no use of. */
const withoutEmpty = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutEmpty(inner)]);
  return Object.fromEntries(
    entries.filter(
      ([, inner]) => inner !== null && !(typeof inner === 'object' && Object.keys(inner).length === 0),
    ),
  );
};

/** Hash of all that decides a run's numbers beside the program: its document and the model's files. */
const keyOf = (document, models) => {
  const files = models.find(({ id }) => id === document.model)?.files ?? [];
  const parts = [withoutEmpty(document), files.map(({ name, sha256 }) => [name, sha256])];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
};

/**
 * Starts what is needed to run methods.
 * @returns {Promise<{
 *   methods: any[], chapters: Record<string, string>, worlds: Record<string, string>, device: string,
 *   meanInterval: (values: number[]) => any,
 *   plan: (method: any, seed: number) => { document: any, key: string },
 *   run: (document: any) => Promise<any>, close: () => Promise<void> }>}
 */
export const startEngine = async () => {
  const { load, models, start, close } = await openNodeEngine();
  const { defaultRun } = await load('/src/train/run-document.ts');
  const { meanInterval } = await load('/src/util/student.ts');
  const { chapters } = await load('/src/methods/method.ts');
  const { worlds } = await load('/src/tasks/cards.ts');
  const first = await start();
  const methods = await first.api.methods();
  const { device } = first;
  await first.api.dispose();

  /** A run from an empty store to its end, so that nothing is found that another run made. */
  const run = async (document) => {
    const { api } = await start();
    const evaluations = [];
    const made = {};
    let steps = 0;
    await api.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'evaluation') evaluations.push(event.evaluation);
        if (event.kind === 'metrics') steps++;
        if (event.kind === 'made')
          for (const { id, name, unit, value } of event.measures)
            made[`${event.stage}/${id}`] = { name, unit, value };
      }
    });
    const [cpu, began] = [process.cpuUsage(), Date.now()];
    try {
      await api.create(document);
      const status = await api.start();
      if (status.phase !== 'finished') throw new Error(status.message);
    } finally {
      await api.dispose();
    }
    const spent = process.cpuUsage(cpu);
    return {
      before: valuesOf(evaluations[0]),
      after: valuesOf(evaluations.at(-1)),
      passes: evaluations.slice(1).map(({ stage, ...evaluation }) => ({ stage, ...valuesOf(evaluation) })),
      measures: (evaluations[0].measures ?? []).map(({ id, name, unit, better }) => ({
        id,
        name,
        unit,
        better,
      })),
      ...(Object.keys(made).length > 0 && { made }),
      steps,
      cpuSeconds: Math.round((spent.user + spent.system) / 1e5) / 10,
      seconds: Math.round((Date.now() - began) / 100) / 10,
    };
  };

  return {
    methods,
    chapters,
    worlds: Object.fromEntries(worlds.map(({ id, name }) => [id, name])),
    device,
    meanInterval,
    plan: (method, seed) => {
      const document = {
        ...defaultRun(method),
        evaluation: { every: 0, problems: PROBLEMS },
        checkpointEvery: 0,
        seed,
        backend: 'wasm',
      };
      return { document, key: keyOf(document, models) };
    },
    run,
    close,
  };
};
