import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { openPage, tinyRun } from './marginalia-page';

const give = (page: Page, given: unknown) =>
  page.getByTestId('loss-file').setInputFiles({
    name: 'case.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(given)),
  });

const answer = (policy: number, reference: number[]) => ({ steps: [{ policy: [policy], reference }] });
const pairOf = (reference: number[]) => ({
  method: 'dpo',
  params: { beta: 0.1 },
  prompts: [
    { responses: [answer(-1, reference), answer(-2, [-1.5])], comparisons: [{ chosen: 0, rejected: 1 }] },
  ],
});

test('a loss case from a file is computed, and a wrong one explained', async ({ page }) => {
  await openPage(page, tinyRun);
  await page.getByTestId('loss-open').click();
  await give(page, pairOf([-1.5]));
  const result = page.getByTestId('loss-result');
  // softplus(-0.1 ((-1 + 1.5) - (-2 + 1.5)))
  await expect
    .poll(async () => Math.abs(Number(await result.getAttribute('data-loss')) - 0.6443966))
    .toBeLessThan(1e-5);
  await give(page, pairOf([-1.5, -1]));
  const problems = page.getByTestId('loss-problems');
  await expect(problems).toContainText('prompt 0, response 0, step 0');
  await expect(problems).toContainText('reference');
  await expect(page.getByTestId('loss-text')).toHaveAttribute('aria-invalid', 'true');
});
