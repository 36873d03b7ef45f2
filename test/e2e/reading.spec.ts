import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { expectPhase, openPage, tinyRun } from './marginalia-page';

/** Reading the page: formulas, charts, themes, paper, and the narrow window. */

const widths = [320, 1440];

/** How the formula of every method stands in the page, one after another. */
const formulas = (page: Page) =>
  page.locator('math-formula').evaluate(async (formula) => {
    const frame = () => new Promise(requestAnimationFrame);
    const rows = [];
    for (const { id, tex } of await window.marginalia.api.methods()) {
      formula.setAttribute('tex', tex);
      while (!formula.querySelector('.katex')) await frame();
      await document.fonts.ready;
      await frame();
      await frame();
      rows.push({
        id,
        fits: formula.scrollWidth <= formula.clientWidth + 1,
        focus: formula.hasAttribute('tabindex'),
      });
    }
    return rows;
  });

test('formulas fit at every width, and one that cannot scrolls and takes the focus', async ({ page }) => {
  await openPage(page, { backend: 'wasm' });
  const formula = page.locator('math-formula');
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 });
    const rows = await formulas(page);
    expect(rows.length).toBeGreaterThan(60);
    for (const { id, fits, focus } of rows) expect(focus, `${id} at ${width}`).toBe(!fits);
    // What has no place to break in it may scroll on a phone, and nowhere else.
    const wide = rows.filter(({ fits }) => !fits).map(({ id }) => id);
    if (width >= 400) expect(wide, `at ${width}`).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), 'the page').toBeLessThanOrEqual(
      width,
    );
  }
  await formula.evaluate((e) => e.setAttribute('tex', `x_{${'long '.repeat(60)}}`));
  await expect(formula).toHaveAttribute('tabindex', '0');
  expect(await formula.evaluate((e) => e.scrollWidth - e.clientWidth)).toBeGreaterThan(100);
});

/** Where the cursor's line stands, as a share of the width of the plot. */
const cursorAt = (page: Page, id: string) =>
  page.getByTestId(`${id}-chart`).evaluate((plot) => {
    const over = plot.querySelector('.u-over')!.getBoundingClientRect();
    return (plot.querySelector('.u-cursor-x')!.getBoundingClientRect().left - over.left) / over.width;
  });

test('charts reach to the end of the run, and tell the values of a step to pointer and keyboard', async ({
  page,
}) => {
  await openPage(page, { ...tinyRun, steps: 10 });
  for (let step = 1; step <= 3; step++) {
    await page.getByTestId('step').click();
    await expect(page.getByTestId('status')).toHaveAttribute('data-step', String(step));
  }
  const chart = page.getByTestId('loss-chart');
  const values = page.getByTestId('loss-values');
  const told = async (step: number) =>
    page.evaluate(
      (at) => window.marginalia.events.find((e) => e.kind === 'metrics' && e.metrics['step'] === at),
      step,
    );
  const shown = async (step: number) => {
    const event = await told(step);
    const loss = event?.kind === 'metrics' ? event.metrics['loss']! : Number.NaN;
    return String(Number(loss.toPrecision(4)));
  };
  await chart.scrollIntoViewIfNeeded();
  await chart.locator('canvas').waitFor();
  await expect(values).toContainText(await shown(3));

  await chart.focus();
  await expect(chart).toHaveAttribute('aria-valuetext', `step 3: loss ${await shown(3)}`);
  expect(await cursorAt(page, 'loss')).toBeCloseTo(0.3, 1);
  await page.keyboard.press('ArrowLeft');
  await expect(chart).toHaveAttribute('aria-valuenow', '2');
  await expect(values).toContainText(await shown(2));
  expect(await cursorAt(page, 'loss')).toBeCloseTo(0.2, 1);
  await page.keyboard.press('Home');
  await expect(chart).toHaveAttribute('aria-valuetext', `step 1: loss ${await shown(1)}`);
  await chart.blur();
  await expect(chart).toHaveAttribute('aria-valuenow', '3');

  const box = (await chart.locator('.u-over').boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.2, box.y + box.height / 2);
  await expect(values).toContainText(await shown(2));
  await expect(page.getByTestId('margins-chart')).toHaveAttribute('aria-valuenow', '2'); // one cursor over all
});

test('prints on white with every chart drawn, out of sight or not', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await openPage(page, { ...tinyRun, steps: 2 });
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  await page.evaluate(() => {
    const ink = () =>
      [...document.querySelectorAll<HTMLCanvasElement>('line-chart canvas')].map((canvas) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        let dark = 0;
        for (let i = 0; i < data.length; i += 4)
          if (data[i + 3]! > 200 && data[i]! + data[i + 1]! + data[i + 2]! < 330) dark++;
        return dark;
      });
    // After the page's own listeners, and after what they left for the end of the task.
    addEventListener('beforeprint', () =>
      queueMicrotask(() => queueMicrotask(() => Object.assign(window, { ink: ink() }))),
    );
  });
  await page.pdf();
  const charts = await page.locator('line-chart').count();
  const ink = await page.evaluate(() => (window as unknown as { ink: number[] }).ink);
  expect(ink).toHaveLength(charts);
  for (const dark of ink) expect(dark).toBeGreaterThan(50); // dark words on nothing
  await expect(page.locator('html')).not.toHaveAttribute('data-theme'); // as it was
});

test('has three themes, and keeps the one that was chosen', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await openPage(page, { backend: 'wasm' });
  const dark = () =>
    page.evaluate(() => {
      const [, red] = /(\d+)/.exec(getComputedStyle(document.documentElement).backgroundColor)!;
      return Number(red) < 100;
    });
  const theme = page.getByTestId('theme');
  await expect(theme).toHaveValue('auto');
  expect(await dark()).toBe(true);
  await theme.selectOption('light');
  expect(await dark()).toBe(false);
  await page.reload();
  await expect(theme).toHaveValue('light');
  expect(await dark()).toBe(false);
  await theme.selectOption('auto');
  expect(await dark()).toBe(true);
  await page.emulateMedia({ colorScheme: 'light' });
  expect(await dark()).toBe(false);
});

test('on a phone the dock is one line with the rest behind a button, and runs are cards', async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPage(page, { ...tinyRun, steps: 2 });
  const dock = page.getByRole('region', { name: 'Training' });
  expect((await dock.boundingBox())!.height).toBeLessThan(0.09 * 844);
  await expect(page.getByTestId('stop')).toBeHidden();
  await expect(page.locator('#main-button')).toBeVisible();
  await page.getByTestId('dock-more').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('stop')).toBeVisible();
  await expect(page.getByTestId('accuracy')).toBeVisible();
  await expect(page.getByTestId('dock-more')).toHaveAttribute('aria-expanded', 'true');
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  const run = page.getByTestId('run-list').getByRole('row').filter({ hasText: 'DPO on' });
  await expect(run.getByRole('cell', { name: /2 of 2/ })).toBeVisible();
  // Nothing of it is cut off, or has to be scrolled to.
  const list = page.getByTestId('run-list').locator('xpath=..');
  expect(await list.evaluate((e) => e.scrollWidth - e.clientWidth)).toBeLessThanOrEqual(0);
});
