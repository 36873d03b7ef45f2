import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { dataPlans } from './lessons/data-plans';
import { drive, turnTo, whole } from './lessons/drive';
import { firstPlans } from './lessons/first-plans';
import { worldPlans } from './lessons/world-plans';

/**
 * Every lesson from its first question to its end, with its runs cut short (`view.brief`), and what it replies read from those runs.
 * `npm run test:lessons` does the same with the whole runs.
 */
const [byKeys, ...others] = [...firstPlans, ...dataPlans, ...worldPlans];

/** One page for all of them: the engine starts once. */
let page: Page;
test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
});
test.afterAll(() => page.close());

const runsThere = () => page.evaluate(() => window.marginalia.api.runs().then((runs) => runs.length));

const perLesson = whole ? 900_000 : 90_000;

test('a lesson is gone through by keys, is there after a reload, and its short runs are not taken for the whole ones', async () => {
  test.setTimeout(perLesson);
  await drive(page, byKeys!);
  const before = await runsThere();
  await page.reload();
  await page.waitForFunction(() => window.marginalia !== undefined);
  await page.evaluate(() => window.marginalia.ready.then(() => undefined));
  await expect(page.getByTestId('lesson-step-3')).toHaveAttribute('data-state', 'past');
  await expect(page.locator('#lesson-step-3 .step-line')).toContainText('before');
  await expect(page.getByTestId('lesson-reply-5')).toHaveAttribute('data-truth', /\w/);
  expect(await runsThere()).toBe(before);
  if (whole) return;

  await page.getByTestId('lesson-brief').getByRole('link').click();
  await expect(page.getByTestId('lesson-brief')).toHaveCount(0);
  await expect(page.getByTestId('lesson-step-1')).toHaveAttribute('data-state', 'present');
  await expect(page.getByTestId('lesson-ask-1-3')).not.toBeChecked();
  await page.getByTestId('lesson-ask-1-1').check();
  await page.getByTestId('lesson-next').click();
  await page.getByTestId('lesson-skip-2').click();
  await expect(page.getByTestId('lesson-run-2')).not.toContainText('cut short');
});

for (const plan of others) {
  test(`${plan.id} asks, trains when asked to, and answers from what it trained`, async () => {
    test.setTimeout(perLesson);
    await drive(page, plan);
  });
}

test('every lesson of the table of contents is driven; a teacher’s link has the runs of another seed', async () => {
  await turnTo(page, '#/lessons?backend=wasm');
  const rows = page.locator('[data-testid^="lessons-row-"]');
  await expect(rows.first()).toBeVisible();
  const ids = await rows.evaluateAll((items) =>
    items.map((item) => (item as HTMLElement).dataset['testid']!.replace('lessons-row-', '')),
  );
  expect(ids.sort()).toEqual([byKeys!, ...others].map(({ id }) => id).sort());

  await turnTo(page, '#/lessons/turns?view.seed=7');
  await expect(page.getByTestId('lesson-seed-now')).toHaveText(/^Seed 7\./);
  await expect(page.locator('.lesson-runs a[href*="seed=7"]')).toHaveCount(1);
});
