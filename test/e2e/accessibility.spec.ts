import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { expectNoViolations } from './axe';
import { expectPhase, openPage, pageAddress, tinyRun } from './marginalia-page';

const expectClean = async (page: Page, view: string, colours = false) => {
  // A formula that has just been set, or got its letters, is measured in the next frame.
  await expect(page.locator('math-formula .katex').first()).toBeVisible();
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  });
  await expectNoViolations(page, view, { colours });
};

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on any view, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const colours = colorScheme === 'dark';
    await page.goto(pageAddress({ ...tinyRun, steps: 0 }));
    await expect(page.getByTestId('document-problems')).toBeVisible();
    await expectClean(page, 'wrong address', colours);

    // Another address of the same page is only a change of the hash, so leave it first.
    await page.goto('about:blank');
    await openPage(page, { ...tinyRun, steps: 2 });
    await expectClean(page, 'before a run', colours);

    await page.getByTestId('train').click();
    await expectPhase(page, 'finished');
    await page.getByTestId('tree-0').click();
    await expect(page.getByTestId('credit')).toHaveAttribute('aria-busy', 'false');
    await page.getByTestId('problems-load').click();
    await expect(page.getByTestId('problems-table')).toHaveAttribute('aria-busy', 'false');
    await page.getByTestId('loss-open').click();
    await expect(page.getByTestId('loss-result')).toHaveAttribute('data-loss', /\d/);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    await expectClean(page, 'after a run, everything open', colours);

    await page.setViewportSize({ width: 390, height: 800 });
    await expectClean(page, 'narrow', colours);
  });
}
