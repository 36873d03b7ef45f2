// `npm test`: types, lint, unused code, unit tests, GPU tests and whole-page tests, in that order. The last line is
// `N passed, N failed`. A skipped test counts as failed: nothing here is meant to be skipped, WebGPU least of all.
// `--only NAME` runs that suite and no other; `--engines` adds the tests in Firefox and WebKitGTK at the end.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, projectRoot } from './build.mjs';
import { withoutStacks } from './terminal/tell-error.mjs';

withoutStacks();

const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';

/** @param live writes as it goes; else all is written at the end, so that commands side by side do not mix their lines */
const run = (command, args, { env = {}, live = true } = {}) =>
  new Promise((done) => {
    const child = spawn(command, args, {
      cwd: projectRoot,
      stdio: live ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const lines = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => lines.push(part));
    child.on('error', () => done(1));
    child.on('close', (code) => {
      if (!live) process.stdout.write(Buffer.concat(lines));
      done(code ?? 1);
    });
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
  const failed = (await run(command, args, { live: false })) !== 0;
  return { passed: failed ? 0 : 1, failed: failed ? 1 : 0 };
};

// A runner that ends badly although every test it lists passed (a file that does not load, an unhandled error) counts
// as one failure more.
const settle = (code, passed, failed) => ({
  passed,
  failed: failed === 0 && (code !== 0 || passed === 0) ? 1 : failed,
});

const total = (rows, key) => rows.reduce((sum, row) => sum + row[key], 0);

/** @param files of the project; all of them when undefined */
const vitestOn = async (project, report, files = [], options = {}) => {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run(npx, ['vitest', 'run', '--project', project, ...reporters, ...files], options);
  const { numPassedTests: passed, numTotalTests: all } = readJson(report) ?? {};
  return all === undefined ? { passed: 0, failed: 1 } : settle(code, passed, all - passed);
};

const vitest = (project) => (folder) => vitestOn(project, join(folder, `${project}.json`));

// A browser compiles and runs shaders on one thread: two browsers, each with half of the files, take half of the time.
const vitestInTwo = (project) => async (folder) => {
  if (availableParallelism() < 2) return vitest(project)(folder);
  const files = readdirSync(join(projectRoot, 'test', project)).filter((name) => name.endsWith('.test.ts'));
  const halves = [0, 1].map((half) =>
    vitestOn(
      project,
      join(folder, `${project}-${half}.json`),
      files.filter((_, i) => i % 2 === half).map((name) => `test/${project}/${name}`),
      half === 0 ? {} : { live: false, env: { VITE_CACHE_DIR: `node_modules/.vite-${half}` } },
    ),
  );
  const rows = await Promise.all(halves);
  return { passed: total(rows, 'passed'), failed: total(rows, 'failed') };
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
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: file },
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
  gpu: vitestInTwo('gpu'),
  e2e: playwright('e2e'),
  engines: playwright('engines'),
};
/** What runs side by side: the rest uses all cores by itself. */
const together = [['check', 'lint', 'knip'], ['unit'], ['gpu'], ['e2e'], ['engines']];

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
const wanted = (name) => only?.includes(name) ?? (name !== 'engines' || withEngines);
const rows = [];
try {
  for (const names of together.map((group) => group.filter(wanted)).filter(({ length }) => length > 0)) {
    console.log(`\n== ${names.join(', ')}`);
    const timed = names.map(async (name) => {
      const begin = Date.now();
      const result = await suites[name](folder).catch((error) => {
        console.error(error.message);
        return { passed: 0, failed: 1 };
      });
      return { name, ...result, seconds: Math.round((Date.now() - begin) / 1000) };
    });
    rows.push(...(await Promise.all(timed)));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

console.log('');
for (const { name, passed, failed, seconds } of rows) {
  console.log(`${name.padEnd(7)} ${passed} passed, ${failed} failed, ${seconds} s`);
}
console.log(`${total(rows, 'passed')} passed, ${total(rows, 'failed')} failed`);
process.exit(total(rows, 'failed') === 0 ? 0 : 1);
