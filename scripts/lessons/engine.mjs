// The lessons' runs in this process, on WebAssembly: what the page's worker would run, with a store that forgets.
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'vite';
import { projectRoot } from '../build.mjs';
import { serveFolder } from '../static-server.mjs';

/**
 * Starts what is needed to run lessons.
 * @returns {Promise<{ lessons: any[], device: string,
 *   run: (id: string, seed: number, tell: (text: string) => void) => Promise<any>, close: () => Promise<void> }>}
 */
export const startLessons = async () => {
  const vite = await createServer({
    root: projectRoot,
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  });
  const load = (path) => vite.ssrLoadModule(path);
  const { createTrainerApi } = await load('/src/trainer.ts');
  const { lessons } = await load('/src/lessons/index.ts');
  const { isLab, worksOf } = await load('/src/lessons/lesson.ts');
  const { checkClaims, checkReplies, settledOf } = await load('/src/lessons/check.ts');
  const { documentsOf, keyOf } = await load('/src/ui/lessons/documents.ts');
  const { addToCurves, noCurves } = await load('/src/ui/events.ts');
  const files = await serveFolder({ root: join(projectRoot, 'public') });

  /** One run or the arms of a comparison, from the first step to the last. */
  const train = async (api, work, documents) => {
    const runs = documents.map((document) => ({ document, curves: noCurves, made: {} }));
    await api.subscribe((events) => {
      for (const event of events) {
        const own = runs[event.arm ?? 0];
        own.curves = addToCurves(own.curves, event);
        if (event.kind === 'made') own.made = { ...own.made, [event.stage]: event.measures };
      }
    });
    if (documents.length > 1) await api.createGroup(documents);
    else await api.create(documents[0]);
    const status = await api.start();
    if (status.phase !== 'finished') throw new Error(`${work.name}: ${status.message}`);
    const looks = {};
    for (const [name, look] of Object.entries(work.looks ?? {})) looks[name] = await look(api, documents);
    return { looks, runs: runs.map(({ curves, ...run }) => ({ ...run, ...curves, phase: 'finished' })) };
  };

  const run = async (id, seed, tell) => {
    const lesson = await lessons.find((each) => each.id === id).load();
    const api = createTrainerApi(files.url);
    await api.init('wasm');
    const methods = await api.methods();
    const live = { runs: {}, looks: {}, labs: {}, given: {}, set: settledOf(lesson) };
    const seconds = {};
    const keys = [];
    try {
      for (const step of lesson.steps) {
        for (const work of worksOf(step, live)) {
          if (live.runs[work.name] || live.labs[work.name]) continue;
          const began = process.cpuUsage();
          if (isLab(work)) live.labs[work.name] = await api.runLab(work.lab, { ...work.params }, seed);
          else {
            const documents = documentsOf(lesson, work, seed, methods, 'wasm');
            keys.push(keyOf(documents));
            const { runs, looks } = await train(api, work, documents);
            live.runs[work.name] = runs;
            live.looks[work.name] = looks;
          }
          const { user, system } = process.cpuUsage(began);
          seconds[work.name] = Math.round((user + system) / 1e5) / 10;
          tell(`${work.name}, ${seconds[work.name]} s of CPU`);
        }
      }
    } finally {
      await api.dispose();
    }
    const { replies, problems } = checkReplies(lesson, live);
    const saying = (step, n) => {
      const given = step.ask?.truth(live);
      return step.reply({ ...live, given: given === undefined ? {} : { [n]: given } }, given);
    };
    const said = lesson.steps.map((step, i) => ({
      step: i + 1,
      truth: step.ask?.truth(live),
      reply: saying(step, i + 1),
    }));
    return { claims: checkClaims(lesson, live), replies, problems, seconds, documents: keys, said };
  };

  return {
    lessons: await Promise.all(
      lessons.map(async ({ load: open, ...card }) => ({ ...card, claims: (await open()).claims })),
    ),
    device: `WebAssembly in Node ${process.versions.node} on ${cpus()[0]?.model.trim() ?? 'a CPU'}`,
    run,
    close: async () => {
      await files.close();
      await vite.close();
    },
  };
};
