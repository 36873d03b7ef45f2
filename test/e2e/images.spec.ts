import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { expectPhase, field, openPage, waitForStep } from './marginalia-page';

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
  await expect(field(page, 'method.id')).toHaveValue('diffusion-dpo');
  await expect(page.getByTestId('field-model').locator('option:checked')).toHaveText(/base-seed-1-step-8/);
  await expect(page.getByTestId('images-opening')).toBeVisible();
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
});
