import { readFileSync } from 'node:fs';
import { unzipSync, unzlibSync } from 'fflate';
import { expect, it, vi } from 'vitest';
import { methods } from '../../../src/methods/index';
import { createMemoryStore } from '../../../src/store/memory';
import type { Store } from '../../../src/store/store';
import { defaultRun } from '../../../src/train/run-document';
import { createTrainerApi } from '../../../src/trainer';
import { servedModels } from '../../support/served-models';

const shared = vi.hoisted(() => ({ store: undefined as Store | undefined }));
vi.mock('../../../src/store/open', () => ({ openStore: async () => shared.store }));

/** Pixels of a PNG without filters, each chunk's length and header held against its sizes. */
const decodePng = (bytes: Uint8Array): Uint8Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  expect(new TextDecoder('latin1').decode(bytes.subarray(1, 4))).toBe('PNG');
  expect([view.getUint32(16), view.getUint32(20)]).toEqual([12, 12]);
  const rows = unzlibSync(bytes.subarray(41, 41 + view.getUint32(33)));
  expect(rows).toHaveLength(12 * (1 + 36));
  return rows;
};

const methodOf = (id: string) => methods.find((m) => m.id === id)!;

it('a model that draws goes through the trainer: estimate, run, export, and what it refuses', async () => {
  shared.store = createMemoryStore('');
  servedModels();
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
  const estimate = await trainer.estimate(run);
  expect(estimate.fits).toBe(true);
  expect(estimate.images!.perStep).toBe(2 * run.batchSize);
  expect(estimate.ahead.map(({ what }) => what)).toEqual(['drawing', 'measuring']);
  await trainer.load('shapes-nano');
  await trainer.load('arith-nano');
  await trainer.load('shapes-nano'); // and the one before it does not answer in its place
  await expect(trainer.logProbs([[1, 2]], 'policy')).rejects.toThrow(/draws images and has no/);
  await trainer.create(run);
  expect((await trainer.start()).message).toMatch(/^Finished: the share of images as asked/);
  const files = unzipSync(await trainer.exportModel({ dtype: 'F16' }));
  expect(Object.keys(files).sort()).toEqual(
    ['README.md', 'config.json', 'metrics.csv', 'metrics.json', 'model.safetensors', 'run.json'].sort(),
  );
  expect(JSON.parse(new TextDecoder().decode(files['config.json']))).toMatchObject({ world: 'shapes' });

  expect(new TextDecoder().decode(files['metrics.json'])).not.toContain('pixels');
  const taken = unzipSync(await trainer.exportModel({ what: 'images' }));
  const lines = new TextDecoder().decode(taken['pairs.jsonl']).trim().split('\n');
  expect(lines).toHaveLength(run.data.trees);
  for (const line of lines) {
    const { prompt, chosen, rejected, chosen_reward: better, rejected_reward: worse } = JSON.parse(line);
    expect(prompt).toBe('red disc'); // the first list of the pool
    expect(better).toBeGreaterThan(worse);
    const pixels = [chosen, rejected].map((name) => decodePng(taken[name]!));
    expect(pixels[0]).not.toEqual(pixels[1]);
  }
  expect(Object.keys(taken).filter((name) => name.startsWith('images/'))).toHaveLength(2 * 12);

  // What was exported is a base like any other, and what does not fit is named before anything is kept.
  const given = Object.entries(files).map(([name, data]) => ({ name: `mine/${name}`, data }));
  const own = await trainer.addModel(given);
  expect(own).toMatchObject({ draws: true, builtIn: false, parameters: 140_763, name: 'mine' });
  await trainer.create({ ...run, model: own.id });
  expect((await trainer.start()).phase).toBe('finished');
  expect((await trainer.models()).map(({ id }) => id)).toContain(own.id);
  const text = (name: string) => new TextDecoder().decode(files[name]);
  const refused = async (name: string, data: string | Uint8Array, words: RegExp) => {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    const changed = given.map((file) => (file.name === `mine/${name}` ? { ...file, data: bytes } : file));
    await expect(trainer.addModel(changed)).rejects.toThrow(words);
  };
  const config = JSON.parse(text('config.json'));
  const changed = (fields: object) => JSON.stringify({ ...config, ...fields });
  await refused('config.json', changed({ schedule: 'linear' }), /config.json, schedule: is "linear"/);
  await refused('config.json', changed({ image_size: 16 }), /config.json, image_size: is 16/);
  await refused('config.json', changed({ hidden_size: 64 }), /does not fit config.json.*instead of/);
  await refused(
    'config.json',
    changed({ rewards: { colour: { mean: 0, sd: 0 } } }),
    /rewards\.\w+: must have/,
  );
  const weights = files['model.safetensors']!.slice();
  weights.set([0xff, 0x7f], weights.length - 2); // NaN, in half precision
  await refused('model.safetensors', weights, /model.safetensors, tensor .* is NaN/);
  expect((await trainer.models()).filter(({ builtIn }) => !builtIn)).toHaveLength(1);

  // A pull that leaves no pair anything to learn ends the run, with the last good weights kept.
  const wild = { ...run, method: { ...run.method, params: { beta: 20_000 } }, steps: 40 };
  await trainer.create({ ...wild, optimizer: { ...run.optimizer, learningRate: 0.01, maxGradNorm: 0 } });
  const ended = await trainer.start();
  expect(ended.phase).toBe('failed');
  expect(ended.message).toMatch(
    /every pair of the batch is saturated.*Lower method.params.beta \(now 20000\)/,
  );

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

it('a base is trained from nothing, kept with the scale of its own images, and then preferred on', async () => {
  shared.store = createMemoryStore('');
  servedModels();
  const trainer = createTrainerApi('http://localhost/');
  await trainer.init('wasm');
  const run = {
    ...defaultRun(methodOf('ddpm')),
    steps: 3,
    batchSize: 4,
    evaluation: { every: 0, problems: 12 },
  };
  run.data.trees = 36;
  await trainer.create(run);
  await expect(trainer.keepModel('mine')).rejects.toThrow(/has trained nothing yet/);
  expect((await trainer.start()).phase).toBe('finished');
  const kept = await trainer.keepModel('mine');
  expect(kept).toMatchObject({ name: 'mine', draws: true, builtIn: false, parameters: 140_763 });
  expect(kept.description).toContain('Trained here: DDPM, seed 1, from shapes-nano.');
  const scales = (files: Record<string, Uint8Array>) =>
    JSON.parse(new TextDecoder().decode(files['config.json'])).rewards;
  const own = scales(unzipSync(await trainer.exportModel()));
  const shipped = JSON.parse(readFileSync('public/models/shapes-nano/config.json', 'utf8')).rewards;
  expect(own.colour.mean).not.toBeCloseTo(shipped.colour.mean, 2);

  const next = { ...defaultRun(methodOf('diffusion-dpo')), model: kept.id, steps: 1, batchSize: 2 };
  next.data.trees = 6;
  const found: number[] = [];
  await trainer.subscribe((events) => {
    for (const event of events)
      if (event.kind === 'evaluation')
        found.push(event.evaluation.measures!.find(({ id }) => id === 'colour')!.value);
  });
  await trainer.create({ ...next, evaluation: { every: 0, problems: 72 } });
  expect((await trainer.start()).phase).toBe('finished');
  expect(Math.abs(found[0]!)).toBeLessThan(0.5); // in units of its own images' spread
  // What preferences then make of it has the scale of what it began with.
  expect(scales(unzipSync(await trainer.exportModel()))).toEqual(own);
  await trainer.dispose();
  vi.unstubAllGlobals();
});
