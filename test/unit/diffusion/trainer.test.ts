import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { expect, it, vi } from 'vitest';
import { methods } from '../../../src/methods/index';
import { createMemoryStore } from '../../../src/store/memory';
import type { Store } from '../../../src/store/store';
import { defaultRun } from '../../../src/train/run-document';
import { createTrainerApi } from '../../../src/trainer';

const shared = vi.hoisted(() => ({ store: undefined as Store | undefined }));
vi.mock('../../../src/store/open', () => ({ openStore: async () => shared.store }));

const methodOf = (id: string) => methods.find((m) => m.id === id)!;

it('a model that draws goes through the trainer: estimate, run, export, and what it refuses', async () => {
  shared.store = createMemoryStore('');
  vi.stubGlobal(
    'fetch',
    async (url: string) => new Response(readFileSync(join('public', new URL(url).pathname))),
  );
  const trainer = createTrainerApi('http://localhost/');
  await trainer.init('wasm');
  const run = {
    ...defaultRun(methodOf('diffusion-dpo')),
    steps: 2,
    batchSize: 2,
    evaluation: { every: 0, problems: 12 },
    checkpointEvery: 1,
  };
  run.data.trees = 6;
  expect(run.model).toBe('shapes-nano');
  expect((await trainer.estimate(run)).fits).toBe(true);
  await trainer.load('shapes-nano');
  await trainer.create(run);
  expect((await trainer.start()).message).toMatch(/^Finished: the share of images as asked/);
  const files = unzipSync(await trainer.exportModel({ dtype: 'F16' }));
  expect(Object.keys(files).sort()).toEqual(
    ['README.md', 'config.json', 'metrics.csv', 'metrics.json', 'model.safetensors', 'run.json'].sort(),
  );
  expect(JSON.parse(new TextDecoder().decode(files['config.json']))).toMatchObject({ world: 'shapes' });

  await expect(trainer.create(defaultRun(methodOf('dpo'), 'shapes-nano'))).rejects.toThrow(
    /method.id: DPO trains on text, and Shapes, nano draws images/,
  );
  await expect(
    trainer.create({
      ...run,
      model: 'arith-nano',
      data: { ...run.data, task: 'arithmetic', difficulty: 'medium' },
    }),
  ).rejects.toThrow(/model: Diffusion-DPO trains on images, and .* writes text/);
  await expect(
    trainer.chat('hello', { which: 'policy', temperature: 0, seed: 1, maxTokens: 4 }),
  ).rejects.toThrow(/draws images and has no/);
  await trainer.dispose();
  vi.unstubAllGlobals();
});
