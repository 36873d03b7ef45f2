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

test('the loss lab: bars by keyboard, methods side by side, shared tokens, and the case as text', async ({
  page,
}) => {
  await page.goto('dist/index.html#/lab/loss?backend=wasm');
  const loss = async (card: string) =>
    Number(await page.getByTestId(`loss-card-${card}`).getAttribute('data-loss'));
  await page.getByTestId('loss-ask-stuck').click();
  await expect.poll(() => loss('a')).toBeCloseTo(Math.LN2, 5);
  // Up by one nat: beta is 0.1.
  await page.getByRole('slider', { name: 'Answer 1, chosen, token 2' }).focus();
  await page.keyboard.press('Shift+ArrowUp');
  await expect.poll(() => loss('a')).toBeCloseTo(Math.log1p(Math.exp(-0.1)), 5);
  await expect(page.getByTestId('loss-row-0')).toHaveAttribute('data-gained', '1');
  // Shared tokens move on both sides, and the margin stays.
  await page.getByTestId('loss-token-share').click();
  await expect.poll(() => loss('a')).toBeCloseTo(Math.LN2, 5);
  await page.getByTestId('loss-token-value').fill('-3');
  await page.getByTestId('loss-token-value').press('Tab');
  await expect(page.getByTestId('loss-row-1')).toHaveAttribute('data-gained', '-3');
  await expect.poll(() => loss('a')).toBeCloseTo(Math.LN2, 5);
  await page.getByTestId('loss-arm-b').selectOption('dpop');
  await expect.poll(() => loss('b')).toBeGreaterThan(5);
  await expect.poll(() => new URL(page.url()).hash).toContain('methods=dpo,dpop');
  // The ring moves the answers.
  const ring = page.getByTestId('loss-card-a').getByTestId('plane-ring');
  await ring.press('ArrowDown');
  await expect(page.getByTestId('loss-row-1')).toHaveAttribute('data-gained', '-4');
  await page.getByTestId('loss-open-case').click();
  await expect(page.getByTestId('loss-result')).toHaveAttribute('data-loss', String(await loss('a')));
});
