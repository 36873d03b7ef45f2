import { expect, test } from '@playwright/test';
import { expectNoViolations } from './axe';
import { expectPhase, openPage, tinyRun } from './marginalia-page';

/** What the page shows of a run beside its curves: views of the probe, credit on the way, the way back. */

test('shows what moved, with a sentence and a table behind each, in both themes and narrow', async ({
  page,
}) => {
  await openPage(page, tinyRun);
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  const views = page.locator('live-views');
  await views.scrollIntoViewIfNeeded();
  for (const id of ['margins', 'who-got-it', 'since-start', 'stretches', 'plane']) {
    await expect(page.getByTestId(`live-${id}`).getByRole('img').first()).toBeAttached();
    await expect(page.getByTestId(`${id}-says`)).toContainText(/\d/);
    expect(await page.getByTestId(`${id}-table`).locator('tbody tr').count()).toBeGreaterThan(0);
  }
  // The line over the margins is the method's own push; before anything is learned the pairs are pushed.
  await expect(page.getByTestId('margins-says')).toContainText('own push');
  const says = page.getByTestId('who-got-it-says');
  const before = await says.textContent();
  await page.getByRole('button', { name: 'The pair after' }).first().click();
  await expect(says).not.toHaveText(before!);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      const colours = colorScheme === 'dark';
      await expectNoViolations(page, `${colorScheme}, ${width}`, { within: 'live-views', colours });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  }
});

test('shows credit under the weights of an earlier step, since the start and net', async ({ page }) => {
  await openPage(page, { ...tinyRun, 'optimizer.learningRate': 0.001 });
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  await page.getByTestId('tree-0').click();
  const credit = page.getByTestId('credit');
  await expect(credit).toHaveAttribute('aria-busy', 'false');
  await page.getByTestId('credit-measure-start').check();
  const values = () => credit.locator('.value').allTextContents();
  const now = await values();
  const slider = page.getByTestId('credit-step');
  await slider.fill('0');
  await expect(page.locator('.credit-foot')).toContainText('weights of step 0');
  const start = await values();
  expect(start).not.toEqual(now);
  for (const value of start) expect(Math.abs(Number(value.replace('\u2212', '-')))).toBeLessThan(0.01);
  await page.getByTestId('credit-measure-net').check();
  await expect(page.getByTestId('credit-explained')).toContainText('both answers share');
});
