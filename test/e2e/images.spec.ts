import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { expectPhase, field, hashOf, openPage, storedRun, waitForStep } from './marginalia-page';

const small = {
  model: 'shapes-nano',
  'method.id': 'diffusion-dpo',
  'data.trees': 12,
  steps: 8,
  batchSize: 3,
  'evaluation.every': 2,
  'evaluation.problems': 12,
  checkpointEvery: 2,
  backend: 'wasm',
};

/** Every picture of a row, as it is painted. */
const painted = (page: Page, row: string) =>
  page
    .getByTestId(`images-${row}`)
    .locator('canvas')
    .evaluateAll((all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));

test('a model that draws is watched, trained, killed half-way and taken up again', async ({ page }) => {
  await openPage(page, small);
  // From noise to image, before anything is trained.
  const frame = page.getByTestId('images-frame');
  await expect(frame).toHaveValue('20');
  const untrained = await painted(page, 'opening');
  expect(new Set(untrained).size).toBe(12);
  await frame.fill('0');
  expect(await painted(page, 'opening')).not.toEqual(untrained);

  await page.getByTestId('train').click();
  await waitForStep(page, 5);
  await page.reload();
  await page.getByTestId('offer-resume').click();
  await expectPhase(page, 'finished');
  // The images before training are those that were seen first; those after it are others.
  expect(await painted(page, 'before')).toEqual(untrained);
  const after = await painted(page, 'now');
  expect(after).not.toEqual(untrained);
  const slider = page.getByTestId('images-slider');
  await slider.fill('1');
  const early = await painted(page, 'between');
  await slider.fill('3');
  expect(await painted(page, 'between')).not.toEqual(early);
  await expect(page.getByTestId('image-measures')).toContainText('Shape, held out');
  await expect(page.getByTestId('image-errors-values')).toContainText('winner');

  await page.getByTestId('tree-0').click();
  const winner = page.getByTestId('pair-0');
  await expect(winner).toContainText(/noised, t = \d+/);
  expect(await winner.locator('canvas').count()).toBe(3);

  await page.getByTestId('break-brightness').click();
  await expect(field(page, 'method.params.beta')).toHaveValue('20');
  await expect(field(page, 'data.source.params.reward')).toHaveValue('brightness');
});

test('a base is trained from noise, kept, and preferred on', async ({ page }) => {
  await openPage(page, small);
  await page.getByTestId('train-base').click();
  await expect(field(page, 'optimizer.learningRate')).toHaveValue('0.002');
  await field(page, 'data.trees').fill('36');
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  expect(await painted(page, 'now')).not.toEqual(await painted(page, 'before'));
  await page.getByTestId('keep-base').click();
  await page.getByTestId('prefer-on-base').click();
  await expect(page).toHaveURL(/method\.id=diffusion-dpo/);
  await expect(page.getByTestId('field-model').locator('option:checked')).toHaveText(/base-seed-1-step-8/);
  await expect(page.getByTestId('images-opening')).toBeVisible();
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
});

test('ten choices between images are kept, taken home, read back and learned from', async ({ page }) => {
  await page.goto(`dist/index.html#/lab/click?${hashOf({ ...small, steps: 2 }).slice(1)}`);
  const pair = page.getByTestId('choice-pair');
  await expect(pair.locator('canvas')).toHaveCount(2);
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('u');
  await expect(pair).toHaveAttribute('data-clicked', '2');
  await page.getByTestId('click-same').click();
  await page.reload();
  await expect(pair).toHaveAttribute('data-clicked', '3');
  // The eighth is an earlier one that came back.
  for (let i = 3; i < 12; i++) {
    await expect(pair.locator('canvas')).toHaveCount(2);
    await page.keyboard.press(i % 2 ? 'ArrowRight' : 'ArrowLeft');
    await expect(pair).toHaveAttribute('data-clicked', String(i + 1));
  }
  await page.getByText('Take them home, or bring some').click();
  const download = page.waitForEvent('download');
  await page.getByTestId('choice-save').click();
  const zip = await (await download).path();
  await page.getByTestId('choice-files').setInputFiles({
    name: 'pairs.jsonl',
    mimeType: 'application/jsonl',
    buffer: Buffer.from('{"prompt":"red disc","chosen":"a.png","rejected":"b.png"}\n'),
  });
  await expect(page.getByTestId('choice-file-problem')).toContainText(
    'line 1: names a.png, which is not among',
  );
  await page
    .getByTestId('choice-files')
    .setInputFiles({ name: 'mine.zip', mimeType: 'application/zip', buffer: readFileSync(zip) });
  await expect(page.getByTestId('choice-read')).toContainText('10 choices of mine.zip');
  await page.getByTestId('choice-method').selectOption('smpo');
  await page.getByTestId('choice-train').click();
  await expectPhase(page, 'finished');
  const run = await storedRun(page);
  expect(run.document.data).toMatchObject({ trees: 10, source: { id: 'own-choices' } });
  await page.getByTestId('click-end').click();
  await expect(page.getByTestId('click-left')).toHaveAttribute('data-of', '10');
});
