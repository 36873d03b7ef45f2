import { expect, test } from '@playwright/test';
import { expectPhase, openPage, storedRun, tinyRun } from './marginalia-page';

test('shows the rounds of a run: where each begins, what it is compared with, and what its labels are worth', async ({
  page,
}) => {
  await openPage(page, {
    ...tinyRun,
    'method.id': 'dice',
    'method.params.rounds': 1,
    'method.params.samples': 4,
    steps: 2,
  });
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  const passes = page.getByTestId('passes').locator('> li');
  await expect(passes).toHaveCount(2);
  for (const id of ['dpo', 'dice-1'])
    await expect(page.getByTestId(`pass-${id}`)).toHaveAttribute('data-state', 'done');
  const round = page.getByTestId('pass-dice-1');
  await expect(round).toContainText(/starts from\s*DPO on judged pairs/);
  await expect(round).toContainText(/is compared with\s*DPO on judged pairs/);
  await expect(round).toContainText('implicit rewards, 50 % of the first data mixed in, 2 steps');
  await expect(round.getByTestId('made-length-price')).toHaveAttribute('data-value', /^[01]/);
  const { made } = await storedRun(page);
  const agreement = made!['dice-1']!.find(({ id }) => id === 'agreement')!;
  await expect(round.getByTestId('made-agreement')).toHaveAttribute('data-value', String(agreement.value));
  await expect(round).toContainText(/accuracy after\s*\d/);
});
