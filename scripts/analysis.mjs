// `npm run analysis -- NAME`: trains what an analysis looks at, in a headless Chromium, and looks into its model.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, projectRoot } from './build.mjs';
import { createProgress } from './progress.mjs';
import { serveFolder } from './static-server.mjs';
import { openPage } from './terminal/browser.mjs';
import { backends } from './terminal/options.mjs';
import { readParam, splitPair } from './terminal/read-param.mjs';
import { runScript, writeJson } from './terminal/run-script.mjs';
import { UsageError } from './terminal/usage-error.mjs';

const help = `Usage: npm run analysis -- NAME [--param NAME=VALUE]... [--set FIELD=VALUE]... [--seed N] [--seeds N] [--json FILE]
       npm run analysis -- --list

Trains what an analysis looks at, several runs where it compares them, and looks into their models.

  --param NAME=VALUE  a parameter of the analysis
  --set FIELD=VALUE   a field of the runs' documents, such as steps=20 or data.trees=64; VALUE as JSON, or a word
  --seed N            the first seed; 1 when left out
  --seeds N           how many; the analysis' own number when left out
  --backend NAME      auto, webgpu, wasm or cpu
  --json FILE         write every number with its interval, every run's, and the charts
  --list              what there is
  --help              this text
`;

const options = {
  param: { type: 'string', multiple: true, default: [] },
  set: { type: 'string', multiple: true, default: [] },
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string' },
  backend: { type: 'string', default: 'auto' },
  json: { type: 'string' },
  list: { type: 'boolean', default: false },
};

const whole = (text, flag, least) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new UsageError(`${flag}: "${text}" is not a whole number of at least ${least}.`);
  return value;
};

const readSet = (pair) => {
  const [field, text] = splitPair(pair, '--set', 'FIELD=VALUE');
  let value = text;
  try {
    value = JSON.parse(text);
  } catch {
    // a word
  }
  return { path: field.split('.'), value };
};

const short = (value) =>
  Math.abs(value) >= 0.01 && Math.abs(value) < 10_000 ? value.toFixed(3) : value.toPrecision(3);

const printed = ({ says, numbers }) =>
  [
    ...says,
    '',
    ...Object.entries(numbers).map(([name, { mean, low, high, each }]) =>
      each.length > 1 ? `${name} ${short(mean)} (${short(low)} to ${short(high)})` : `${name} ${short(mean)}`,
    ),
  ].join('\n');

const listed = (all) =>
  all
    .map(
      ({ id, summary, arms, seeds }) => `${id}\n  ${summary}\n  Runs: ${arms.join('; ')}. Seeds: ${seeds}.`,
    )
    .join('\n\n');

const orUsage = (result) => {
  if (result?.problems)
    throw new UsageError(result.problems.map(({ field, message }) => `${field}: ${message}`).join('\n'));
  if (result?.error) throw new UsageError(result.error);
  return result;
};

/** The same page as `npm run train`, on a software adapter where WebGPU was asked for and there is no other. */
const withPage = async (onEvent, f) => {
  const profile = mkdtempSync(join(tmpdir(), 'marginalia-analysis-'));
  const server = await serveFolder({ root: join(projectRoot, 'dist'), port: 0 });
  let page;
  const stop = () => page?.call('pause').catch(() => {});
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    page = await openPage(profile, process.env.MARGINALIA_ADAPTER ?? 'default', server.url, onEvent);
    return await f(page);
  } finally {
    await page?.close().catch(() => {});
    await server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
};

const main = async (given, words) => {
  if (words.length !== (given.list ? 0 : 1))
    throw new UsageError(`Give the name of one analysis, or --list.\n\n${help}`);
  if (!backends.includes(given.backend))
    throw new UsageError(
      `--backend: "${given.backend}" is not a backend; use one of ${backends.join(', ')}.`,
    );
  const input = {
    id: words[0],
    backend: given.backend,
    seed: whole(given.seed, '--seed', 0),
    ...(given.seeds === undefined ? {} : { seeds: whole(given.seeds, '--seeds', 1) }),
    params: Object.fromEntries(given.param.map(readParam)),
    set: given.set.map(readSet),
  };
  const progress = createProgress(process.stderr);
  await ensureBuilt({ note: (line) => progress.line(line) });
  const began = Date.now();
  await withPage(progress.event, async (page) => {
    if (given.list) return console.log(listed(await page.call('analyses')));
    const result = orUsage(await page.call('analyse', input));
    progress.end();
    console.log(printed(result));
    if (given.json === undefined) return;
    const { id, ...asked } = input;
    writeJson(given.json, { analysis: id, ...asked, seconds: (Date.now() - began) / 1000, ...result });
  });
};

await runScript({ help, options, words: true }, main);
