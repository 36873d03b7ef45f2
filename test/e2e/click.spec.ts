import { expect, test } from '@playwright/test';
import { writeTinyFolder } from '../support/tiny-folder';
import { expectPhase, openPage, tinyRun } from './marginalia-page';

/** Clicking: pairs by keyboard, kept through a reload, learned from, and asked again blind. */

test('ten clicks are kept, saved, trained on and compared blind', async ({ page }) => {
  const { 'method.id': _, ...fields } = { ...tinyRun, steps: 6 };
  const query = new URLSearchParams(Object.entries(fields).map(([key, value]) => [key, String(value)]));
  await page.goto(`dist/index.html#/lab/click?${query}`);
  const pair = page.getByTestId('click-pair');
  const at = async (clicked: number) => {
    await expect(pair).toHaveAttribute('data-clicked', String(clicked));
    await expect(page.getByTestId('click-prompt')).toBeVisible();
  };
  const texts = () =>
    Promise.all(['left', 'right'].map((side) => page.getByTestId(`click-${side}-text`).textContent()));

  await at(0);
  await expect(page.getByTestId('click-offer')).toHaveAttribute('data-left', '10');
  const first = await texts();
  expect(first[0]).not.toBe(first[1]);
  await page.keyboard.press('ArrowLeft');
  await at(1);
  expect(await texts()).not.toEqual(first);
  await page.keyboard.press('u');
  await at(0);
  expect(await texts()).toEqual(first);
  await page.keyboard.press('ArrowLeft');
  await at(1);
  await page.keyboard.press('Space');
  for (let clicked = 2; clicked < 12; clicked++) {
    await at(clicked);
    await page.getByTestId(clicked % 2 ? 'click-left' : 'click-right').click();
  }
  await at(12);
  const waiting = await texts();

  await page.reload();
  await at(12);
  expect(await texts()).toEqual(waiting);
  const saved = page.waitForEvent('download');
  await page.getByTestId('click-save').click();
  expect((await saved).suggestedFilename()).toBe('clicks-pairs.jsonl');
  await page.getByTestId('click-end').click();
  // The eighth was an earlier pair.
  await expect(page.getByTestId('click-self')).toHaveAttribute('data-of', '1');
  await page.getByTestId('click-on').click();

  await page.getByTestId('click-train').click();
  await expectPhase(page, 'finished');
  const { data, probe } = await page.evaluate(() => window.marginalia.run.document!);
  expect(data.dataset).toMatchObject({ settings: { heldOut: 0 } });
  expect(probe.pairs).toBe(10);
  await expect(page.getByTestId('click-apart')).toHaveAttribute('data-mean', /\d/);

  await page.getByTestId('click-blind').click();
  await expect(page.getByTestId('click-prompt').or(page.getByTestId('click-over'))).toBeVisible();
  if (await page.getByTestId('click-prompt').isVisible()) await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('click-pair')).toContainText('blind');
});

test('with a model of one’s own it is the same page: what it cannot be asked is left out, and prompts are one’s own', async ({
  page,
}, info) => {
  const folder = info.outputPath('tiny');
  writeTinyFolder(folder);
  await openPage(page, { ...tinyRun, steps: 3 });
  await page.getByTestId('model-more').locator('> summary').click();
  await page.getByTestId('model-folder').setInputFiles(folder);
  await expect(page.getByTestId('model-details')).toContainText('kept on this machine', { timeout: 60_000 });
  await page.evaluate(() => {
    location.hash = location.hash.replace(/^#/, '#/lab/click?');
  });
  // Its tokenizer has no letters for some of the usual questions: the page says so, and takes others.
  await expect(page.getByTestId('click-prompt')).toBeVisible();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByTestId('click-problem')).toContainText('no token for');
  await page.getByTestId('click-leave-out').click();
  await page.getByText(/^The prompts, \d+ of them/).click();
  await page.getByTestId('click-prompts').fill(Array.from({ length: 14 }, (_, i) => `${i}+${i}=`).join('\n'));
  await page.getByTestId('click-prompts').press('Tab');
  const pair = page.getByTestId('click-pair');
  for (let clicked = 1; clicked < 12; clicked++) {
    await expect(pair).toHaveAttribute('data-clicked', String(clicked));
    await expect(page.getByTestId('click-prompt')).toBeVisible();
    await page.keyboard.press(clicked % 3 ? 'ArrowRight' : 'ArrowLeft');
  }
  await expect(page.getByTestId('click-offer')).toHaveAttribute('data-left', '0');
});
