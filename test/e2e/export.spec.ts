import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { strFromU8, unzipSync } from 'fflate';
import { readSafetensors } from '../../src/model/safetensors';
import { expectPhase, openPage, tinyRun } from './marginalia-page';

test('the trained model leaves as a zip in Hugging Face layout that reads back', async ({ page }) => {
  await openPage(page, { ...tinyRun, steps: 2 });
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  const download = page.waitForEvent('download');
  await page.getByTestId('export-model').click();
  const path = await (await download).path();
  const files = unzipSync(readFileSync(path));
  const file = (name: string) => {
    const found = Object.entries(files).find(([key]) => key === name || key.endsWith(`/${name}`));
    expect(found, name).toBeDefined();
    return found![1];
  };
  const config = JSON.parse(strFromU8(file('config.json')));
  expect(config).toMatchObject({ model_type: 'llama', hidden_size: 64 });
  expect(JSON.parse(strFromU8(file('tokenizer.json'))).model).toBeDefined();
  expect(JSON.parse(strFromU8(file('run.json')))).toMatchObject({
    version: 2,
    steps: 2,
    method: { id: 'dpo' },
  });
  expect(JSON.parse(strFromU8(file('metrics.json')))).toBeDefined();

  const { tensors } = readSafetensors(file('model.safetensors'), 'model.safetensors');
  const embedding = tensors.get('model.embed_tokens.weight')!;
  expect([...embedding.shape]).toEqual([config.vocab_size, config.hidden_size]);
  const trained = embedding.data;
  const { tensors: before } = readSafetensors(
    new Uint8Array(readFileSync('public/models/arith-nano/model.safetensors')),
    'arith-nano',
  );
  const start = before.get('model.embed_tokens.weight')!.data;
  const moved = trained.reduce((most, x, i) => Math.max(most, Math.abs(x - start[i]!)), 0);
  expect(moved).toBeGreaterThan(1e-6);
  expect(moved).toBeLessThan(0.1);
});
