import { expect, test } from '@playwright/test';
import type { RunFields } from './marginalia-page';
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

const wrong: [RunFields, string[]][] = [
  [{ steps: 0, nonsense: 1 }, ['Steps is 0', 'nonsense']],
  [{ 'method.params.beta': 99, 'method.params.gamma': 1 }, ['beta', 'gamma']],
  [{ 'method.id': 'step-dop' }, ['step-dop', 'did you mean "step-dpo"']],
];

for (const [fields, named] of wrong) {
  test(`an address with wrong ${Object.keys(fields).join(' and ')} says so, and does not train`, async ({
    page,
  }) => {
    await page.goto(pageAddress({ ...tinyRun, ...fields, start: 1 }));
    const problems = page.getByTestId('document-problems');
    await expect(problems).toBeVisible();
    for (const name of named) await expect(problems).toContainText(name);
    expect(await page.evaluate(() => window.marginalia.run.status)).toBeUndefined();
  });
}

test('an address may ask to train at once', async ({ page }) => {
  await page.goto(pageAddress({ ...tinyRun, steps: 2, start: 1 }));
  await expectPhase(page, 'finished');
});
