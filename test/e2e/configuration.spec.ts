import { expect, test } from '@playwright/test';
import { expectPhase, field, openPage, pageAddress, tinyRun } from './marginalia-page';

test('the whole configuration goes into the URL and comes back from it', async ({ page }) => {
  const fields = { ...tinyRun, 'method.id': 'step-dpo', 'method.params.beta': 0.3, steps: 7, seed: 42 };
  await openPage(page, fields);
  await expect(page.getByTestId('method-step-dpo')).toBeChecked();
  const document = await page.evaluate(() => window.marginalia.run.document);
  expect(document).toMatchObject({ steps: 7, seed: 42, method: { id: 'step-dpo', params: { beta: 0.3 } } });

  await field(page, 'steps').fill('9');
  await field(page, 'steps').blur();
  await expect.poll(() => new URL(page.url()).hash).toContain('steps=9');
  await expect.poll(() => new URL(page.url()).hash).toContain('method.params.beta=0.3');

  await page.reload();
  await openPage(page, Object.fromEntries(new URLSearchParams(new URL(page.url()).hash.slice(1))));
  expect(await page.evaluate(() => window.marginalia.run.document)).toEqual({ ...document, steps: 9 });
});

test('an address with wrong fields names each of them, and does not train', async ({ page }) => {
  await page.goto(pageAddress({ ...tinyRun, steps: 0, 'method.params.beta': 99, nonsense: 1 }));
  const problems = page.getByTestId('document-problems');
  await expect(problems).toBeVisible();
  await expect(problems).toContainText('steps');
  await expect(problems).toContainText('beta');
  await expect(problems).toContainText('nonsense');
  expect(await page.evaluate(() => window.marginalia.run.status)).toBeUndefined();
});

test('an address may ask to train at once', async ({ page }) => {
  await page.goto(pageAddress({ ...tinyRun, steps: 2, start: 1 }));
  await expectPhase(page, 'finished');
});
