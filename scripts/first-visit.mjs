// What a first visit takes: bytes of the page before it asks for the engine, and the time until it answers and has trained a step.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright';
import { ensureBuilt, projectRoot } from './build.mjs';
import { launchOptions } from './chromium.mjs';
import { serveFolder } from './static-server.mjs';
import { withoutStacks } from './terminal/tell-error.mjs';

withoutStacks();

const help = `Usage: node scripts/first-visit.mjs [--visits N]

  --visits N   visits, each with an empty profile (5)
`;

const root = join(projectRoot, 'dist');

/** One visit of a browser that has never been there, to a run that starts by itself. */
const visit = async (browser, url) => {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const before = [];
    let engine = false;
    page.on('request', (request) => {
      engine ||= /\/train\.worker-[^/]*\.js$/.test(request.url());
      if (!engine) before.push(new URL(request.url()).pathname);
    });
    // From the start of the navigation to the first frame in which the main button stands, and to the first row of metrics.
    await page.addInitScript(() => {
      const own = /** @type {any} */ (window);
      own.firstVisit = {};
      const look = () => {
        if (!own.firstVisit.answers && document.getElementById('main-button'))
          own.firstVisit.answers = performance.now();
        const step = own.marginalia?.events.find((event) => event.kind === 'metrics');
        if (step) own.firstVisit.step = performance.now();
        else setTimeout(look, 5);
      };
      look();
    });
    await page.goto(`${url}#start=1`);
    await page.waitForFunction('window.firstVisit.step', undefined, { timeout: 120_000 });
    const times = await page.evaluate('window.firstVisit');
    return { ...times, before };
  } finally {
    await context.close();
  }
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const main = async () => {
  let visits;
  try {
    const { values } = parseArgs({ options: { visits: { type: 'string', default: '5' } } });
    visits = Number(values.visits);
    if (!Number.isInteger(visits) || visits < 1)
      throw new Error(`--visits: "${values.visits}" is not a number of visits.`);
  } catch (error) {
    console.error(`${error.message}\n\n${help}`);
    return 2;
  }
  await ensureBuilt({});
  const server = await serveFolder({ root });
  const browser = await chromium.launch(launchOptions());
  try {
    const seen = [];
    for (let i = 0; i < visits; i++) seen.push(await visit(browser, server.url));
    const files = seen[0].before.map((path) => {
      const name = path === '/' ? 'index.html' : path.slice(1);
      return { name, bytes: gzipSync(readFileSync(join(root, name))).length };
    });
    for (const { name, bytes } of files) console.log(`${String(bytes).padStart(9)}  ${name}`);
    const all = files.reduce((sum, { bytes }) => sum + bytes, 0);
    console.log(`${String(all).padStart(9)}  bytes in gzip before the engine is asked for`);
    for (const [words, milliseconds] of /** @type {const} */ ([
      ['until the page stands', seen.map(({ answers }) => answers)],
      ['until the first trained step', seen.map(({ step }) => step)],
    ])) {
      const seconds = milliseconds.map((time) => time / 1000);
      console.log(
        `${median(seconds).toFixed(2).padStart(9)}  s ${words} (median of ${visits}; ${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)})`,
      );
    }
    return 0;
  } finally {
    await browser.close();
    await server.close();
  }
};

process.exitCode = await main();
