// `npm test`: types, lint, unused code, unit tests, GPU tests and whole-page tests, in that order. The last line is
// `N passed, N failed`. A skipped test counts as failed: nothing here is meant to be skipped, WebGPU least of all.
// `--only NAME` runs that suite and no other; `--engines` adds the tests in Firefox and WebKitGTK at the end.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, projectRoot } from './build.mjs';
import { withoutStacks } from './terminal/tell-error.mjs';

withoutStacks();

const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';

const run = (command, args, env = {}) =>
  new Promise((done) => {
    const child = spawn(command, args, {
      cwd: projectRoot,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    child.on('error', () => done(1));
    child.on('close', (code) => done(code ?? 1));
  });

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
};

/** One command that passes or fails as a whole. */
const single = (command, args) => async () => {
  const failed = (await run(command, args)) !== 0;
  return { passed: failed ? 0 : 1, failed: failed ? 1 : 0 };
};

// A runner that ends badly although every test it lists passed (a file that does not load, an unhandled error) counts
// as one failure more.
const settle = (code, passed, failed) => ({
  passed,
  failed: failed === 0 && (code !== 0 || passed === 0) ? 1 : failed,
});

const vitest = (project) => async (folder) => {
  const file = join(folder, `${project}.json`);
  const code = await run(npx, [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  const report = readJson(file);
  if (!report) return { passed: 0, failed: 1 };
  return settle(code, report.numPassedTests, report.numTotalTests - report.numPassedTests);
};

/** Titles of the tests in a suite of Playwright's report that failed first and passed then. */
const secondTries = ({ suites = [], specs = [] }) => [
  ...specs.filter(({ tests }) => tests.some(({ status }) => status === 'flaky')).map(({ title }) => title),
  ...suites.flatMap(secondTries),
];

const playwright = (project) => async (folder) => {
  const file = join(folder, `${project}.json`);
  await ensureBuilt({ library: true, note: (line) => console.log(line) });
  const code = await run(npx, ['playwright', 'test', '--project', project, '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  const report = readJson(file);
  if (!report?.stats) return { passed: 0, failed: 1 };
  const { expected, unexpected, flaky, skipped } = report.stats;
  for (const title of report.suites.flatMap(secondTries)) console.log(`needed a second try: ${title}`);
  return settle(code, expected + flaky, unexpected + skipped);
};

const suites = {
  check: single('npm', ['run', '--silent', 'check']),
  lint: single('npm', ['run', '--silent', 'lint']),
  knip: single('npm', ['run', '--silent', 'knip']),
  unit: vitest('unit'),
  gpu: vitest('gpu'),
  e2e: playwright('e2e'),
  engines: playwright('engines'),
};

let only;
let withEngines;
try {
  ({ only, engines: withEngines } = parseArgs({
    options: { only: { type: 'string', multiple: true }, engines: { type: 'boolean' } },
  }).values);
  const unknown = only?.find((name) => !(name in suites));
  if (unknown)
    throw new Error(`--only: "${unknown}" is not a suite; use one of ${Object.keys(suites).join(', ')}`);
} catch (error) {
  console.error(error.message);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'marginalia-test-'));
const rows = [];
try {
  for (const [name, suite] of Object.entries(suites)) {
    const wanted = only?.includes(name) ?? name !== 'engines';
    if (!wanted && !(withEngines && name === 'engines')) continue;
    console.log(`\n== ${name}`);
    const begin = Date.now();
    const result = await suite(folder).catch((error) => {
      console.error(error.message);
      return { passed: 0, failed: 1 };
    });
    rows.push({ name, ...result, seconds: Math.round((Date.now() - begin) / 1000) });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

console.log('');
for (const { name, passed, failed, seconds } of rows) {
  console.log(`${name.padEnd(7)} ${passed} passed, ${failed} failed, ${seconds} s`);
}
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') === 0 ? 0 : 1);
