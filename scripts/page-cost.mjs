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

const help = `Usage: node scripts/page-cost.mjs [--json FILE] [--only probe|tasks] [--scene NAME]... [--runs N]

  probe   the default run of DPO in this process, with and without its probe and its kept weights, by turns
  tasks   tasks of the built page's own thread: while it opens, during a run on images, and during two compared runs on text
          (--scene opening, images, compare; each when left out)
`;

/** Microseconds from which a task is long: what a person may feel. */
const LONG = 50_000;

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    scene: { type: 'string', multiple: true },
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

/** What the page may be doing while its thread is looked at: where it is opened, and from when to when. */
const scenes = {
  opening: { says: 'the page opens, until Train can be pressed', hash: '', from: 'opening', until: 'ready' },
  images: {
    says: 'a run on images trains, from the press of Train on',
    hash: '#method.id=spo&steps=120&backend=wasm',
    from: 'ready',
    until: 'finished',
  },
  compare: {
    says: 'two compared runs on text train',
    hash: '#/compare?data.trees=64&steps=40&evaluation.problems=50&a.method.id=dpo&b.method.id=ipo&backend=wasm',
    from: 'training',
    until: 'finished',
  },
};

const categories = ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline', '__metadata'];

/** Longest tasks of the page's thread during a scene, in milliseconds: by its processor time, and by the clock. */
const tasksOf = async (browser, url, { hash, from, until }) => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, serviceWorkers: 'block' });
  const session = await page.context().newCDPSession(page);
  /** @type {any[]} */
  const events = [];
  session.on('Tracing.dataCollected', ({ value }) => void events.push(...value));
  const phase = (wanted) =>
    page.waitForFunction(
      (p) => document.querySelector('[data-testid="status"]')?.getAttribute('data-phase') === p,
      wanted,
      { timeout: 300_000 },
    );
  const ready = () => page.locator('#main-button[aria-disabled="false"]').waitFor({ timeout: 240_000 });
  const trace = () =>
    session.send('Tracing.start', {
      transferMode: 'ReportEvents',
      traceConfig: { includedCategories: categories },
    });
  if (from === 'opening') await trace();
  await page.goto(`${url}dist/index.html${hash}`);
  await ready();
  if (from === 'ready') await trace();
  if (until === 'finished') await page.locator('#main-button').click();
  if (from === 'training') {
    await phase('training');
    await trace();
  }
  if (until === 'finished') await phase('finished');
  const ended = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await ended;
  await page.close();
  const mains = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  const complete = events.filter(({ ph, pid, tid }) => ph === 'X' && mains.has(`${pid}/${tid}`));
  const tasks = complete.filter(({ name }) => name === 'RunTask');
  const longest = (of) =>
    tasks
      .map(of)
      .filter(Number.isFinite)
      .sort((a, b) => b - a)
      .slice(0, 5)
      .map((us) => us / 1000);
  /** What a task consists of: its longest parts, by processor time. */
  const partsOf = ({ ts, dur, pid, tid }) =>
    complete
      .filter((part) => part.pid === pid && part.tid === tid && part.name !== 'RunTask')
      .filter((part) => part.ts >= ts && part.ts + part.dur <= ts + dur && part.tdur > 5000)
      .sort((a, b) => b.tdur - a.tdur)
      .slice(0, 8)
      .map(({ name, tdur, args }) => {
        const { url: from, functionName = '', lineNumber = '' } = args.data ?? {};
        const place = from ? ` ${functionName} ${from.split('/').at(-1)}:${lineNumber}` : '';
        return `${name}${place} ${(tdur / 1000).toFixed(1)} ms`;
      });
  const long = tasks.filter(({ tdur }) => tdur > LONG);
  return {
    tasks: tasks.length,
    longestProcessor: longest(({ tdur }) => tdur),
    longestClock: longest(({ dur }) => dur),
    over50: long.length,
    long: long.map((task) => ({ ms: task.tdur / 1000, parts: partsOf(task) })),
  };
};

/** The tasks of every scene that was asked for. */
const measureTasks = async (names) => {
  await ensureBuilt({});
  const server = await serveFolder({ root: projectRoot });
  const browser = await chromium.launch(launchOptions());
  try {
    const found = {};
    for (const name of names) found[name] = await tasksOf(browser, server.url, scenes[name]);
    return found;
  } finally {
    await browser.close();
    await server.close();
  }
};

if (options.help) process.stdout.write(help);
else {
  const scene = options.scene ?? [];
  const unknown = scene.find((name) => !(name in scenes));
  if (unknown) {
    process.stderr.write(`--scene: there is no "${unknown}"; use ${Object.keys(scenes).join(', ')}.\n`);
    process.exit(2);
  }
  const found = {};
  if (options.only !== 'tasks') found.probe = await measureProbe(Number(options.runs));
  if (options.only !== 'probe')
    found.tasks = await measureTasks(scene.length > 0 ? scene : Object.keys(scenes));
  if (found.probe) {
    const { probeShare, snapshotShare } = found.probe;
    console.log(
      `Probe: ${(100 * probeShare).toFixed(1)} % of the steps' processor time; kept weights: ${(100 * snapshotShare).toFixed(1)} %.`,
    );
  }
  const list = (values) => values.map((ms) => ms.toFixed(1)).join(', ');
  for (const [name, { tasks, over50, longestProcessor, longestClock, long }] of Object.entries(
    found.tasks ?? {},
  )) {
    console.log(
      `Page thread while ${scenes[name].says}: ${tasks} tasks, ${over50} over ${LONG / 1000} ms; longest ${list(longestProcessor)} ms of processor time (by the clock ${list(longestClock)}).`,
    );
    for (const { ms, parts } of long) console.log(`  ${ms.toFixed(1)} ms: ${parts.join(' | ')}`);
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(found, null, 2)}\n`);
}
