import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, expect, test } from 'vitest';
import { loneWorkers } from '../../../scripts/lone-workers.mjs';

const root = mkdtempSync(join(tmpdir(), 'marginalia-workers-'));
afterAll(() => rmSync(root, { recursive: true }));

const files = {
  'page.js': "new Worker(new URL('./some.worker.js', import.meta.url), { type: 'module' });",
  'some.worker.js':
    "import { shared } from './shared.js'; onmessage = async () => (await import('./lazy.js')).use(shared.length);",
  'lazy.js': "import { shared } from './shared.js'; export const use = (n) => postMessage([n, shared]);",
  'shared.js': "export const shared = ['state of the worker', Math.random()];",
};

/** What the built files say, by name. */
const built = async (plugins: () => ReturnType<typeof loneWorkers>[]) => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  const result = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    worker: { format: 'es', plugins },
    build: { write: false, rolldownOptions: { input: join(root, 'page.js') } },
  });
  if (!('output' in result)) throw new Error('One build was asked for.');
  return result.output.map((file) => ({
    name: file.fileName,
    text: file.type === 'chunk' ? file.code : String(file.source),
  }));
};

const importersOfWorker = (output: Awaited<ReturnType<typeof built>>) => {
  const worker = output.find(({ name }) => name.includes('some.worker'))!;
  const file = worker.name.split('/').at(-1)!;
  return output
    .filter(({ name, text }) => !name.includes('page') && name !== worker.name && text.includes(file))
    .map(({ name }) => name);
};

test('no chunk of a worker imports the file that the worker was started with', async () => {
  expect(await built(() => []).then(importersOfWorker)).toEqual([expect.stringContaining('lazy')]);
  expect(await built(() => [loneWorkers()]).then(importersOfWorker)).toEqual([]);
});
