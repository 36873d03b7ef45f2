// `npm test`: types, lint, unused code, unit tests, GPU tests and whole-page tests, in that order. The last line is
// `N passed, N failed`. A skipped test counts as failed: nothing here is meant to be skipped, WebGPU least of all.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, projectRoot } from './build.mjs';

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

const playwright = async (folder) => {
  const file = join(folder, 'e2e.json');
  await ensureBuilt({ library: true, note: (line) => console.log(line) });
  const code = await run(npx, ['playwright', 'test', '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  const stats = readJson(file)?.stats;
  if (!stats) return { passed: 0, failed: 1 };
  return settle(code, stats.expected, stats.unexpected + stats.flaky + stats.skipped);
};

const suites = {
  check: single('npm', ['run', '--silent', 'check']),
  lint: single('npm', ['run', '--silent', 'lint']),
  knip: single('npm', ['run', '--silent', 'knip']),
  unit: vitest('unit'),
  gpu: vitest('gpu'),
  e2e: playwright,
};

let only;
try {
  ({ only } = parseArgs({ options: { only: { type: 'string', multiple: true } } }).values);
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
    if (only && !only.includes(name)) continue;
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
  console.log(`${name.padEnd(6)} ${passed} passed, ${failed} failed, ${seconds} s`);
}
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') === 0 ? 0 : 1);
