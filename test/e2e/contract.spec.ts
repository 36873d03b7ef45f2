import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import type { RunPhase } from '../../workers/protocol';
import { expectPhase, openPage, pageAddress, status, tinyRun } from './marginalia-page';

/** The README's section for authors of tests, held against the page. */

const section =
  /## Driving it from a test\n([\s\S]*?)\n## /.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
const codes = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
/** First column of the table whose head begins so. */
const column = (head: string) => {
  const table = section.slice(section.indexOf(`| ${head}`)).split(/\n\n/)[0]!;
  return table
    .split('\n')
    .slice(2)
    .flatMap((line) => codes(line.split('|')[1] ?? ''));
};

const phases: Record<RunPhase | 'none', true> = {
  none: true,
  idle: true,
  loading: true,
  evaluating: true,
  collecting: true,
  scoring: true,
  training: true,
  paused: true,
  finished: true,
  stopped: true,
  failed: true,
};

test('what the README promises to automated tests is there', async ({ page }) => {
  expect(column('`data-phase`').sort()).toEqual(Object.keys(phases).sort());
  const driver = column('`window.marginalia`').map((code) => code.replace(/\(.*/, ''));
  const ids = column('test id');
  expect(ids.length).toBeGreaterThan(15);

  await openPage(page, { ...tinyRun, steps: 3 });
  await expect(status(page)).toHaveAttribute('data-phase', 'none');
  expect(await page.evaluate(() => Object.keys(window.marginalia).sort())).toEqual(driver.sort());

  // One button, whatever it is called.
  const button = page.locator('#main-button');
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    new MutationObserver(() => {
      const phase = document.querySelector<HTMLElement>('[data-testid=status]')!.dataset['phase']!;
      if (seen.at(-1) !== phase) seen.push(phase);
    }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['data-phase'] });
  });
  await expect(button).toHaveAttribute('data-testid', 'train');
  await page.getByTestId('step').click();
  await expectPhase(page, 'paused');
  await expect(button).toHaveAttribute('data-testid', 'resume');
  await button.click();
  await expectPhase(page, 'finished');
  await expect(button).toHaveAttribute('data-testid', 'train');
  const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  for (const phase of seen) expect(Object.keys(phases)).toContain(phase);
  expect(seen).toContain('training');

  await page.getByTestId('tree-0').click();
  await expect(page.getByTestId('credit')).toHaveAttribute('aria-busy', 'false');
  for (const id of ids) {
    const there = page.getByTestId(id.includes('<') ? new RegExp(`^${id.replace(/<[^>]+>/g, '.+')}$`) : id);
    expect(await there.count(), id).toBeGreaterThan(0);
  }
});

test('what is promised of the other pages is there', async ({ page }) => {
  const rows = section
    .slice(section.indexOf('| page |'))
    .split(/\n\n/)[0]!
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').slice(1, 3).map(codes));
  expect(rows.length).toBeGreaterThan(8);
  await openPage(page, tinyRun);
  for (const [address, ids] of rows) {
    // Without a load: the engine stays.
    await page.evaluate((hash) => {
      location.hash = `${hash}?backend=wasm`;
    }, address![0]!);
    for (const id of ids!) {
      const there = page.getByTestId(id.includes('<') ? new RegExp(`^${id.replace(/<[^>]+>/g, '.+')}$`) : id);
      await expect(there.first(), `${address} ${id}`).toBeAttached();
    }
  }
});

test('the same address gives the same numbers', async ({ page }) => {
  const numbers: unknown[] = [];
  for (let visit = 0; visit < 2; visit++) {
    await page.goto('about:blank');
    await page.goto(pageAddress({ ...tinyRun, steps: 2, start: 1 }));
    await expectPhase(page, 'finished');
    numbers.push(
      await page.evaluate(() =>
        window.marginalia.events.flatMap((e) =>
          e.kind === 'metrics' ? [[e.metrics['loss'], e.metrics['grad_norm']]] : [],
        ),
      ),
    );
  }
  expect(numbers[1]).toEqual(numbers[0]);
});

test('the examples stand beside the page, and the embedded one improves the model as it is', async ({
  page,
}) => {
  await openPage(page, { backend: 'wasm' });
  await page.getByRole('link', { name: 'in another page' }).click();
  await expect(page).toHaveURL(/\/dist\/examples\/embed\/$/);
  await page.locator('#train').click();
  await page.waitForFunction(() => window.exampleResult !== undefined, undefined, { timeout: 110_000 });
  const { before, after, error } = await page.evaluate(() => window.exampleResult!);
  expect(error).toBeUndefined();
  expect(after!.accuracy - before!.accuracy).toBeGreaterThan(0.05);
});
