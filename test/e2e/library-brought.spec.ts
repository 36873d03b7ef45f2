import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { unzipSync } from 'fflate';

const lines = Array.from({ length: 8 }, (_, i) =>
  JSON.stringify({
    prompt: `${i} and ${i}?`,
    chosen: `That is ${2 * i}.`,
    rejected: `That is ${3 * i + 1}.`,
  }),
);
const jsonl = lines.join('\n');

test('a page trains an adapter on the files that a person chooses', async ({ page }) => {
  await page.goto('examples/bring/?backend=wasm&steps=2');
  await page.locator('#model').setInputFiles('test/golden/gguf/smollm.gguf');
  await page
    .locator('#data')
    .setInputFiles({ name: 'pairs.jsonl', mimeType: 'text/plain', buffer: Buffer.from(jsonl) });
  await page.getByRole('button', { name: 'Train' }).click();
  const log = page.locator('#log');
  await expect(log).toContainText('pairs.jsonl: 8 of 8 rows can be used.');
  await expect(log).toContainText('step 2: loss');
  await expect(log).toContainText('Finished');
  const link = page.getByRole('link', { name: 'Save the adapter' });
  await expect(link).toBeVisible();
  const download = page.waitForEvent('download');
  await link.click();
  const files = unzipSync(readFileSync(await (await download).path()));
  const config = JSON.parse(new TextDecoder().decode(files['adapter_config.json']));
  expect(config).toMatchObject({ peft_type: 'LORA', r: 8, lora_alpha: 16 });
  expect(files['adapter_model.safetensors']!.length).toBeGreaterThan(1000);
});

test('the library takes a model and examples as bytes', async ({ page }) => {
  await page.goto('examples/bring/');
  const outcome = await page.evaluate(async (text) => {
    const address: string = '/dist/lib/marginalia.js';
    const { createTrainer, defaultRun } = (await import(address)) as typeof import('../../src/index');
    const gguf = new Uint8Array(await (await fetch('/test/golden/gguf/smollm.gguf')).arrayBuffer());
    const trainer = await createTrainer({ backend: 'wasm' });
    const messages: string[] = [];
    const note = (error: unknown) => messages.push((error as Error).message);
    await trainer.addModel([{ name: 'half.gguf', data: gguf.slice(0, gguf.length / 2) }]).catch(note);
    const model = await trainer.addModel([{ name: 'smollm.gguf', data: gguf }]);
    const data = await trainer.addDataset({ name: 'pairs.jsonl', data: new TextEncoder().encode(text) });
    const dpo = (await trainer.methods()).find(({ id }) => id === 'dpo')!;
    const base = defaultRun(dpo, model.id);
    const run = {
      ...base,
      weights: 'file',
      adapter: { rank: 2, alpha: 4, targetModules: ['q_proj', 'v_proj'] },
      steps: 3,
      batchSize: 2,
      schedule: { kind: 'constant', warmup: 0 },
      optimizer: { ...base.optimizer, learningRate: 0.01 },
      data: { ...base.data, dataset: { id: data.id, settings: { heldOut: 0 } } },
    };
    await trainer.train({ ...run, data: base.data }).catch(note);
    const report = await trainer.checkDataset(run);
    const estimate = await trainer.estimate(run);
    const result = await trainer.train(run);
    const tokens = await trainer.tokenize('1 and 1? That is 2.');
    const [after] = await trainer.logProbs([tokens], 'policy');
    const [before] = await trainer.logProbs([tokens], 'reference');
    const ask = { temperature: 0, seed: 1, maxTokens: 4, which: 'policy' } as const;
    const reply = await trainer.chat('1 and 1?', ask);
    const zip = await trainer.exportModel({ what: 'model', dtype: 'F16' });
    const kept = (await trainer.models()).map(({ id }) => id);
    await trainer.dispose();
    return {
      messages,
      kept: kept.includes(model.id),
      stored: model.details?.stored,
      used: report.rows.used,
      fits: estimate.fits,
      losses: result.metrics.map(({ metrics }) => metrics['loss']!),
      before: before!,
      after: after!,
      reply: reply.tokens.length,
      zip: Array.from(zip),
    };
  }, jsonl);
  expect(outcome.messages[0]).toMatch(/^half\.gguf/);
  expect(outcome.messages[1]).toContain('give smollm a file of examples');
  expect(outcome).toMatchObject({ kept: true, stored: 'packed', used: 8, fits: true });
  expect(outcome.losses).toHaveLength(3);
  expect(outcome.losses[0]).toBeCloseTo(Math.log(2), 5);
  expect(outcome.after).toHaveLength(outcome.before.length);
  expect(outcome.after).not.toEqual(outcome.before);
  expect(outcome.reply).toBeGreaterThan(0);
  expect(outcome.reply).toBeLessThanOrEqual(4);
  const files = unzipSync(Uint8Array.from(outcome.zip));
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining(['config.json', 'model.safetensors', 'run.json']),
  );
  expect(JSON.parse(new TextDecoder().decode(files['config.json']))).toMatchObject({
    vocab_size: 390,
    torch_dtype: 'float16',
  });
});
