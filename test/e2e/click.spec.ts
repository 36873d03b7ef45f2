import { expect, test } from '@playwright/test';
import { expectPhase, tinyRun } from './marginalia-page';

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
