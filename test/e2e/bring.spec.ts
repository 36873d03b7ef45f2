import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { strFromU8, unzipSync } from 'fflate';
import { readSafetensors } from '../../src/model/safetensors';
import { charTokenizer } from '../support/char-tokenizer';
import { startHubServer } from '../support/hub-server.mjs';
import { expectNoViolations } from './axe';
import { expectPhase, openPage, tinyRun } from './marginalia-page';

/** A tiny Llama of random weights in Hugging Face layout, with a tokenizer of one token per character. */
const modelFolder = (at: string): string => {
  const folder = join(at, 'tiny-llama');
  mkdirSync(folder, { recursive: true });
  for (const name of ['config.json', 'model.safetensors'])
    cpSync(join('test/golden/tiny-llama-tied', name), join(folder, name));
  const { tokenizerJson, tokenizerConfig } = charTokenizer();
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig));
  return folder;
};

const rows = Array.from({ length: 10 }, (_, i) => ({
  prompt: `Q: ${i}+2=\n`,
  chosen: `${i}+2=${i + 2}\nA:${i + 2}`,
  rejected: `${i}+2=${i + 3}\nA:${i + 3}`,
}));

test('a model and data of one’s own: bring, check, train an adapter, take it home, find it again', async ({
  page,
}, info) => {
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(error.message));
  await openPage(page, { ...tinyRun, steps: 2, batchSize: 2, 'evaluation.problems': 4 });

  // The model, by the folder input.
  await page.getByTestId('model-more').locator('> summary').click();
  await page.getByTestId('model-folder').setInputFiles(modelFolder(info.outputPath()));
  await expect(page.getByTestId('model-details')).toContainText('kept on this machine', { timeout: 60_000 });
  await expect(page.getByTestId('model-problem')).toBeEmpty();
  await expect(page.getByTestId('train-lora')).toBeChecked();

  // The data, dropped; one line of it is broken.
  const text = `${rows.map((row) => JSON.stringify(row)).join('\n')}\n{"prompt": "Q\n`;
  const dropped = await page.evaluateHandle((content) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], 'pairs.jsonl'));
    return transfer;
  }, text);
  await page.getByTestId('data-drop').dispatchEvent('drop', { dataTransfer: dropped });
  await expect(page.getByTestId('data-format')).toContainText('pairs.jsonl');
  await page.getByTestId('field-data-dataset-settings-heldOut').fill('30');
  await page.getByTestId('field-data-dataset-settings-heldOut').press('Tab');
  await page.getByTestId('data-check').click();
  await expect(page.getByTestId('report-rows')).toContainText('10 used');
  await expect(page.getByTestId('report-dropped')).toContainText('pairs.jsonl, line 11');
  await expect(page.getByTestId('estimate')).toHaveAttribute('data-fits', 'true');

  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  await expect(page.getByTestId('loss-table').locator('tbody tr')).toHaveCount(2);

  await page.getByTestId('chat-prompt').fill('Q: 1+2=');
  await page.getByTestId('chat-tokens').fill('6');
  await page.getByTestId('chat-send').click();
  await expect(page.getByTestId('chat-policy')).toBeVisible();
  await expect(page.getByTestId('chat-problem')).toBeEmpty();

  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  await expectNoViolations(page, 'a model and data of one’s own, everything open');

  const download = page.waitForEvent('download');
  await page.getByTestId('export-adapter').click();
  const files = unzipSync(readFileSync(await (await download).path()));
  const file = (name: string) => {
    const found = Object.entries(files).find(([key]) => key === name || key.endsWith(`/${name}`));
    expect(found, name).toBeDefined();
    return found![1];
  };
  expect(JSON.parse(strFromU8(file('adapter_config.json')))).toMatchObject({ peft_type: 'LORA', r: 8 });
  const { tensors } = readSafetensors(file('adapter_model.safetensors'), 'adapter_model.safetensors');
  const learned = [...tensors].filter(([name]) => name.includes('lora_B'));
  expect(learned.length).toBeGreaterThan(0);
  // B begins at zero; two steps have moved it.
  expect(learned.some(([, { data }]) => data.some((x) => x !== 0))).toBe(true);

  // Another visit finds model, data and run, and the address means the same.
  const before = await page.evaluate(() => window.marginalia.run.document);
  await page.reload();
  await page.evaluate(async () => {
    await window.marginalia.ready;
  });
  expect(await page.evaluate(() => window.marginalia.run.document)).toEqual(before);
  await expect(page.getByTestId('document-problems')).toHaveCount(0);
  await expect(page.getByTestId('model-details')).toContainText('kept on this machine');
  await expect(page.getByTestId('data-format')).toContainText('pairs.jsonl');
  expect(failures).toEqual([]);
});

test('a model that cannot be read says why beside the control, and nothing of it is kept', async ({
  page,
}) => {
  await openPage(page, tinyRun);
  await page.getByTestId('model-more').locator('> summary').click();
  await page
    .getByTestId('model-files')
    .setInputFiles([
      { name: 'broken.gguf', mimeType: 'application/octet-stream', buffer: Buffer.from('GGUF?') },
    ]);
  await expect(page.getByTestId('model-problem')).toContainText('broken.gguf');
  const models = await page.evaluate(() => window.marginalia.api.models());
  expect(models.every((m) => m.builtIn)).toBe(true);
});

test('a model from a hub: typed, broken off half-way, gone on with, and found without the hub', async ({
  page,
}, info) => {
  const folder = modelFolder(info.outputPath());
  const hub = await startHubServer();
  try {
    const names = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
    const files = Object.fromEntries(names.map((name) => [name, { body: readFileSync(join(folder, name)) }]));
    const repo = hub.add({ id: 'someone/tiny', files });
    // Twice on one file: more than a retry, and each time further on.
    hub.fault(repo, 'model.safetensors', [
      { do: 'break', after: 4000 },
      { do: 'break', after: 5000 },
    ]);
    await openPage(page, tinyRun);
    await page.getByTestId('model-more').locator('> summary').click();
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    await page.getByTestId('hub-address').fill(hub.url);
    await page.getByTestId('hub-repo').fill('someone/tiny');
    await page.getByTestId('hub-repo').press('Enter');
    await expect(page.getByTestId('model-details')).toContainText('kept on this machine', {
      timeout: 60_000,
    });
    await expect(page.getByTestId('model-problem')).toBeEmpty();
    const asked = hub.requests.filter(({ path }) => path.endsWith('/model.safetensors'));
    expect(asked.map(({ headers }) => headers.range ?? 'all')).toEqual(['all', 'bytes=4000-', 'bytes=9000-']);

    // What was typed wrong is said beside the control.
    await page.getByTestId('hub-repo').fill('someone/nothing');
    await page.getByTestId('hub-repo').press('Enter');
    await expect(page.getByTestId('model-problem')).toContainText('someone/nothing');
  } finally {
    await hub.close();
  }
  await page.reload();
  await page.evaluate(async () => {
    await window.marginalia.ready;
  });
  await expect(page.getByTestId('model-details')).toContainText('kept on this machine');
});
