// `node scripts/page-cost.mjs`: what looking at a run costs it, and whether the page stays quick meanwhile. Processor time, not the
// clock's, so that other work on the machine does not count.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { ensureBuilt, projectRoot } from './build.mjs';
import { launchOptions } from './chromium.mjs';
import { openNodeEngine } from './node-engine.mjs';
import { serveFolder } from './static-server.mjs';
import { withoutStacks } from './terminal/tell-error.mjs';

withoutStacks();

const help = `Usage: node scripts/page-cost.mjs [--json FILE] [--only probe|tasks] [--runs N]

  probe   the default run of DPO in this process, with and without its probe and its kept weights, by turns
  tasks   two compared runs in the built page: tasks of the page's own thread while they train
`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    runs: { type: 'string', default: '3' },
    help: { type: 'boolean', short: 'h' },
  },
});

/** Processor seconds of a run's steps with the given changes of its document. */
const measureProbe = async (runs) => {
  const { load, start, close } = await openNodeEngine();
  const { defaultRun } = await load('/src/train/run-document.ts');
  const secondsOf = async (changes) => {
    const { api } = await start();
    try {
      const method = (await api.methods()).find(({ id }) => id === 'dpo');
      await api.create({
        ...defaultRun(method),
        evaluation: { every: 0, problems: 1 },
        checkpointEvery: 0,
        backend: 'wasm',
        ...changes,
      });
      await api.stepOnce(); // trees, reference, and kernels made ready
      const before = process.cpuUsage();
      const status = await api.start();
      const spent = process.cpuUsage(before);
      if (status.phase !== 'finished') throw new Error(status.message);
      return (spent.user + spent.system) / 1e6;
    } finally {
      await api.dispose();
    }
  };
  const kinds = {
    bare: { probe: { every: 0, pairs: 0 }, snapshots: 0 },
    probe: { probe: { every: 0, pairs: 16 }, snapshots: 0 },
    snapshots: { probe: { every: 0, pairs: 0 } },
  };
  /** @type {Record<string, number[]>} */
  const seconds = { bare: [], probe: [], snapshots: [] };
  await secondsOf(kinds.bare); // the first run compiles
  for (let i = 0; i < runs; i++)
    for (const [name, changes] of Object.entries(kinds)) seconds[name]?.push(await secondsOf(changes));
  await close();
  // The least of each: whatever else runs on the machine only adds.
  const bare = Math.min(...(seconds['bare'] ?? []));
  const share = (name) => Math.min(...(seconds[name] ?? [])) / bare - 1;
  return { seconds, probeShare: share('probe'), snapshotShare: share('snapshots') };
};

/** Longest tasks of the page's thread between two moments, in milliseconds: by its processor time, and by the clock. */
const measureTasks = async () => {
  await ensureBuilt({});
  const server = await serveFolder({ root: projectRoot });
  const browser = await chromium.launch(launchOptions());
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, serviceWorkers: 'block' });
    const session = await page.context().newCDPSession(page);
    /** @type {any[]} */
    const events = [];
    session.on('Tracing.dataCollected', ({ value }) => void events.push(...value));
    await page.goto(
      `${server.url}dist/index.html#/compare?data.trees=64&steps=40&evaluation.problems=50&a.method.id=dpo&b.method.id=ipo&backend=wasm`,
    );
    const phase = (wanted) =>
      page.waitForFunction(
        (p) => document.querySelector('[data-testid="status"]')?.getAttribute('data-phase') === p,
        wanted,
        { timeout: 300_000 },
      );
    await page.locator('#main-button').click();
    await phase('training');
    await session.send('Tracing.start', {
      transferMode: 'ReportEvents',
      traceConfig: {
        includedCategories: [
          'toplevel',
          'disabled-by-default-devtools.timeline',
          'devtools.timeline',
          '__metadata',
        ],
      },
    });
    await phase('finished');
    const ended = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await ended;
    const mains = new Set(
      events
        .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
        .map(({ pid, tid }) => `${pid}/${tid}`),
    );
    const tasks = events.filter(
      ({ name, ph, pid, tid }) => name === 'RunTask' && ph === 'X' && mains.has(`${pid}/${tid}`),
    );
    const longest = (of) =>
      tasks
        .map(of)
        .filter(Number.isFinite)
        .sort((a, b) => b - a)
        .slice(0, 5)
        .map((us) => us / 1000);
    return {
      tasks: tasks.length,
      longestProcessor: longest(({ tdur }) => tdur),
      longestClock: longest(({ dur }) => dur),
      over50: tasks.filter(({ tdur }) => tdur > 50_000).length,
    };
  } finally {
    await browser.close();
    await server.close();
  }
};

if (options.help) process.stdout.write(help);
else {
  const found = {};
  if (options.only !== 'tasks') found.probe = await measureProbe(Number(options.runs));
  if (options.only !== 'probe') found.tasks = await measureTasks();
  if (found.probe) {
    const { probeShare, snapshotShare } = found.probe;
    console.log(
      `Probe: ${(100 * probeShare).toFixed(1)} % of the steps' processor time; kept weights: ${(100 * snapshotShare).toFixed(1)} %.`,
    );
  }
  if (found.tasks) {
    const { tasks, over50, longestProcessor, longestClock } = found.tasks;
    const list = (values) => values.map((ms) => ms.toFixed(1)).join(', ');
    console.log(
      `Page thread: ${tasks} tasks, ${over50} over 50 ms; longest ${list(longestProcessor)} ms of processor time (by the clock ${list(longestClock)}).`,
    );
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(found, null, 2)}\n`);
}
