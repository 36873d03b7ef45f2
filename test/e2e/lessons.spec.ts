import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';

/** One lesson from its first question to its end, with the answers read from the runs; and that all of them open. */

const open = async (page: Page, hash: string) => {
  await page.goto(`dist/index.html${hash}`);
  await page.waitForFunction(() => window.marginalia !== undefined);
  await page.evaluate(() => window.marginalia.ready.then(() => undefined));
};
const reply = (page: Page, n: number) => page.getByTestId(`lesson-reply-${n}`);
const runs = (page: Page) => page.evaluate(() => window.marginalia.api.runs());

test('a lesson asks, trains when asked to, answers from the run, and is there after a reload', async ({
  page,
}) => {
  test.setTimeout(180_000);
  await open(page, '#/lessons?backend=wasm');
  await page.getByTestId('lessons-row-a-pair-is-a-question').getByRole('link').click();
  await expect(page.getByTestId('page-title')).toHaveText('A pair is a question');

  // By keys: the third line, then on.
  await page.locator('#lesson-step-1 .step-head').focus();
  await page.keyboard.press('3');
  await expect(reply(page, 1)).toHaveAttribute('data-truth', '3');
  await expect(reply(page, 1).locator('.mark-right')).toBeVisible();
  await page.locator('#lesson-step-1 .step-head').focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/lessons\/a-pair-is-a-question\/2/);

  // Nothing runs before the question is answered, and then only when asked for.
  await expect(page.getByTestId('lesson-run-2')).toHaveCount(0);
  await page.getByTestId('lesson-ask-2-half').check();
  expect(await runs(page)).toHaveLength(0);
  await page.getByTestId('lesson-run-2').click();
  await expect(reply(page, 2)).toHaveAttribute('data-truth', /few|half|most/, { timeout: 60_000 });
  const [look] = await runs(page);
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const wrong = look!.probes![0]!.pairs.filter(
    ({ chosen, rejected }) => sum(rejected.logProb) > sum(chosen.logProb),
  ).length;
  await expect(reply(page, 2)).toContainText(`In ${wrong} of 48`);

  await page.getByTestId('lesson-next').click();
  await page.getByTestId('lesson-ask-3-number').fill('100');
  await page.getByTestId('lesson-ask-3-number').press('Enter');
  await page.getByTestId('lesson-run-3').click();
  await expect(reply(page, 3)).toContainText('You said 100', { timeout: 90_000 });
  const trained = (await runs(page)).find((run) => run.document.steps === 30)!;
  const solved = Math.round(100 * trained.evaluations.at(-1)!.accuracy);
  await expect(reply(page, 3)).toHaveAttribute('data-truth', String(solved));
  await expect(reply(page, 3).locator('.mark-wrong')).toBeVisible();

  // The other steps read the same run.
  for (const n of [4, 5]) {
    await page.getByTestId('lesson-next').click();
    await page.getByTestId(`lesson-skip-${n}`).click();
    await expect(reply(page, n)).toHaveAttribute('data-truth', /\w/);
  }
  await expect(page.locator('#lesson-step-5')).toContainText('That was the lesson');

  await page.reload();
  await page.waitForFunction(() => window.marginalia !== undefined);
  await page.evaluate(() => window.marginalia.ready.then(() => undefined));
  await expect(page.getByTestId('lesson-step-3')).toHaveAttribute('data-state', 'past');
  await expect(page.locator('#lesson-step-3 .step-line')).toContainText('before');
  await expect(reply(page, 5)).toHaveAttribute('data-truth', /\w/);
  expect(await runs(page)).toHaveLength(2);
});

test('every lesson of the table of contents opens, with its steps folded and one open', async ({ page }) => {
  await open(page, '#/lessons?backend=wasm');
  const rows = page.locator('[data-testid^="lessons-row-"]');
  const ids = await rows.evaluateAll((items) =>
    items.map((item) => (item as HTMLElement).dataset['testid']!.replace('lessons-row-', '')),
  );
  expect(ids.length).toBeGreaterThan(8);
  for (const id of ids) {
    await page.evaluate((to) => {
      location.hash = `#/lessons/${to}`;
    }, id);
    await expect(page.getByTestId('lesson-step-1')).toHaveAttribute('data-state', 'present');
    await expect(page.locator('.lesson-step.is-open')).toHaveCount(1);
    await expect(page.locator('lesson-view')).not.toContainText(/undefined|NaN/);
  }
  // A teacher's link: another seed is of other documents.
  await page.evaluate(() => {
    location.hash = '#/lessons/turns?view.seed=7';
  });
  await expect(page.getByTestId('lesson-seed-now')).toHaveText(/^Seed 7\./);
  await expect(page.locator('.lesson-runs a[href*="seed=7"]')).toHaveCount(1);
});
