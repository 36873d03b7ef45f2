// Builds what is missing or older than its sources.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const projectRoot = fileURLToPath(new URL('..', import.meta.url));

const sources = [
  'src',
  'workers',
  'shaders',
  'public',
  'docs/studies',
  'index.html',
  'headless.html',
  'package.json',
];

const newest = (path) => {
  if (!existsSync(path)) return 0;
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  return readdirSync(path).reduce((time, name) => Math.max(time, newest(join(path, name))), 0);
};

const bin = {
  vite: 'node_modules/vite/bin/vite.js',
  tsc: 'node_modules/typescript/bin/tsc',
};

const run = (tool, args, quiet) =>
  new Promise((done, fail) => {
    const path = join(projectRoot, bin[tool]);
    if (!existsSync(path)) {
      fail(new Error('The packages are not installed; run `npm install` in the project folder first.'));
      return;
    }
    const child = spawn(process.execPath, [path, ...args], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
        if (!quiet) process.stderr.write(chunk);
      });
    }
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0) done(undefined);
      else fail(new Error(`The build failed (${tool} ${args.join(' ')}):\n${output.trim()}`));
    });
  });

/** Puts the examples beside the built page, where library and script lie one folder nearer. */
const copyExamples = () => {
  const from = join(projectRoot, 'examples');
  for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.html')) continue;
    const path = join(projectRoot, 'dist/examples', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      readFileSync(join(from, name), 'utf8').replaceAll(/\/dist\/(?=lib\/|embed\.js)/g, '/'),
    );
  }
};

const targets = {
  page: {
    output: 'dist/headless.html',
    steps: [['vite', ['build']]],
    sources: [...sources, 'vite.config.ts', 'scripts/lone-workers.mjs', 'scripts/offline-files.mjs'],
  },
  library: {
    output: 'dist/lib/marginalia.js',
    steps: [
      ['vite', ['build', '--config', 'vite.lib.config.ts']],
      ['tsc', ['-p', 'tsconfig.lib.json']],
    ],
    sources: [...sources, 'vite.lib.config.ts', 'scripts/lone-workers.mjs', 'tsconfig.lib.json'],
  },
};

const examples = { output: 'dist/examples/embed/index.html', sources: ['examples'] };

const isStale = ({ output, sources: inputs }) => {
  const path = join(projectRoot, output);
  if (!existsSync(path)) return true;
  const built = statSync(path).mtimeMs;
  return inputs.some((source) => newest(join(projectRoot, source)) > built);
};

/**
 * Builds the page, and when asked for the library with the examples of its use, where they are missing or stale;
 * always, with `force`. The page's build empties dist, library included, so the library comes after it.
 * @param {{ library?: boolean, force?: boolean, quiet?: boolean, note?: (line: string) => void }} [options]
 */
export const ensureBuilt = async ({ library = false, force = false, quiet = true, note = () => {} } = {}) => {
  for (const name of library ? ['page', 'library'] : ['page']) {
    const target = targets[name];
    if (!force && !isStale(target)) continue;
    note(`Building the ${name} ...`);
    for (const [tool, args] of target.steps) await run(tool, args, quiet);
  }
  if (library && (force || isStale(examples))) copyExamples();
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await ensureBuilt({ library: true, force: true, quiet: false });
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
