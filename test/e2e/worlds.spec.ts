import { expect, test } from '@playwright/test';
import { expectPhase, field, openPage, storedRun } from './marginalia-page';

const tiny = {
  'data.trees': 8,
  steps: 2,
  batchSize: 4,
  'evaluation.every': 0,
  'evaluation.problems': 40,
  backend: 'wasm',
};

test('a method comes with its world and its model, and the page shows what that world measures', async ({
  page,
}) => {
  await openPage(page, { 'method.id': 'egida', ...tiny });
  await expect(field(page, 'model')).toHaveValue('guard-nano');
  await expect(page.getByTestId('field-task')).toHaveValue('guard');
  await expect(page.getByTestId('problem')).not.toBeEmpty();
  await expect(page.getByTestId('verdict').first()).toContainText(/olved/);
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');

  const measures = page.getByTestId('measure-asr');
  await expect(measures).toHaveAttribute('data-before', /^[01]/);
  await expect(measures).toHaveAttribute('data-now', /^[01]/);
  const { evaluations } = await storedRun(page);
  expect(evaluations).toHaveLength(2);
  const left = evaluations[1]!.measures!.length - (await page.getByTestId('measures').locator('dd').count());
  expect(left).toBeGreaterThan(0);
  await expect(page.getByTestId('measures-more')).toHaveAttribute('data-count', String(left));
  for (const { measures: found, temperature } of evaluations) {
    expect(temperature).toBe(1);
    expect(found!.map(({ id }) => id)).toEqual(expect.arrayContaining(['asr', 'over-refusal', 'solved']));
    for (const { value, interval } of found!) {
      expect(interval[0]).toBeLessThanOrEqual(value);
      expect(interval[1]).toBeGreaterThanOrEqual(value);
    }
  }
  await page.getByTestId('tree-0').click();
  await expect(page.getByTestId('credit')).toHaveAttribute('aria-busy', 'false');
});

test('a game in turns is shown as a conversation, and its weights turn by turn', async ({ page }) => {
  await openPage(page, { 'method.id': 'dmpo', ...tiny });
  await expect(field(page, 'model')).toHaveValue('turns-nano');
  const sheet = page.getByTestId('reference-answer');
  await expect(sheet.getByTestId('verdict')).toContainText(/olved/);
  const lines = sheet.locator('li.line');
  await expect(lines.nth(0)).not.toHaveClass(/is-given/);
  await expect(lines.nth(1)).toHaveClass(/is-given/);
  await expect(lines.nth(1)).toContainText(/The environment says: -?\d+/);
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  for (const id of ['progress', 'unreadable', 'turns']) {
    await expect(page.getByTestId(`measure-${id}`)).toHaveAttribute('data-now', /^\d/);
  }
  // Each turn has a weight of its own, the same for all its tokens.
  const { responses } = await page.evaluate(() => window.marginalia.api.credit(0));
  for (const { tokens } of responses) {
    const scored = tokens.filter(({ step }) => step >= 0);
    const turns = [...new Set(scored.map(({ step }) => step))];
    const weights = turns.map(
      (turn) => new Set(scored.filter(({ step }) => step === turn).map((t) => t.weight)),
    );
    expect(weights.every((of) => of.size === 1)).toBe(true);
    const falling = weights.map((of) => [...of][0]!);
    expect(falling[0]).toBeCloseTo(1, 5);
    expect(falling).toEqual([...falling].sort((a, b) => b - a));
  }
});

test('choosing a world brings its model, and a model its world; a wrong pair is refused with both ways out', async ({
  page,
}) => {
  await openPage(page, { 'method.id': 'dpo', ...tiny });
  await expect(field(page, 'model')).toHaveValue('arith-nano');
  await page.getByTestId('field-task').selectOption('talk');
  await expect(field(page, 'model')).toHaveValue('talk-nano');
  await field(page, 'model').selectOption('arith-nano');
  await expect(page.getByTestId('field-task')).toHaveValue('arithmetic');
  await expect(page.getByTestId('field-difficulty')).toHaveValue('medium');

  const refused = await page.evaluate(() => {
    try {
      window.marginalia.configure({ ...window.marginalia.run.document, model: 'talk-nano' });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  });
  expect(refused).toMatch(/talk-nano.*arith-nano.*data\.task to "talk"/s);
});
