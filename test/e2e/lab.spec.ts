import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { train } from '../support/terminal';
import { expectPhase } from './marginalia-page';

const folder = mkdtempSync(join(tmpdir(), 'marginalia-lab-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = async (page: Page, hash: string) => {
  await page.goto(`dist/index.html${hash}`);
  await page.waitForFunction(() => window.marginalia !== undefined);
  await page.evaluate(() => window.marginalia.ready.then(() => undefined));
};

const numbers = async (page: Page, scope: string): Promise<Record<string, number>> => {
  await expect(page.getByTestId(scope)).toHaveAttribute('aria-busy', 'false', { timeout: 60_000 });
  return JSON.parse((await page.getByTestId(`${scope}-numbers`).textContent())!);
};

test('three actions in a triangle: IPO rests, DPO does not, from wherever the start is put', async ({
  page,
}) => {
  await open(page, '#/lab/table?backend=wasm');
  await expect(page.locator('lab-triangle')).toHaveCount(2, { timeout: 60_000 });
  const first = await numbers(page, 'lab');
  expect(first['log a/b']).toBeCloseTo(2 / 3, 2); // 1 / (3 tau), tau 0.5
  expect(first['rests']).toBe(1);
  expect(first['dpo/rests']).toBe(0);
  const start = page.getByTestId('lab-start').first();
  await start.focus();
  await page.keyboard.press('Shift+ArrowUp');
  await expect(page.getByTestId('field-lab-a')).toHaveValue('0.44');
  await expect.poll(async () => (await numbers(page, 'lab'))['log a/b']).toBeCloseTo(2 / 3, 2);
  await expect(page.locator('lab-triangle .lab-arrow')).not.toHaveCount(0);
});

test('an experiment has an address, runs in the worker beside a run, and gives the terminal’s numbers', async ({
  page,
}) => {
  await open(page, '#/lab/momentum?backend=wasm');
  const shown = await numbers(page, 'lab');
  await page.getByTestId('lab-margin-adaptive').check();
  await expect.poll(() => new URL(page.url()).hash).toContain('#/lab/margin-adaptive');
  expect((await numbers(page, 'lab'))['madpo at 1']).toBeCloseTo(1.99188, 4);
  await page.goBack();
  await expect(page.getByTestId('lab')).toHaveAttribute('data-lab', 'momentum');
  expect(await numbers(page, 'lab')).toEqual(shown);
});

const tiny = 'data.trees=16&data.maxTokens=40&steps=2&batchSize=4&evaluation.problems=0&backend=wasm';

test('a look into the open run: how easily its pairs are told apart', async ({ page }) => {
  await open(page, `#/?method.id=dpo&${tiny}&start=1`);
  await expectPhase(page, 'finished');
  await page.getByRole('link', { name: 'Lab', exact: true }).click();
  await page.getByTestId('lab-part-looks').click();
  await page.getByTestId('analysis-separability').check();
  await expect.poll(() => new URL(page.url()).hash).toContain('#/lab/probe');
  await page.getByTestId('analysis-run').click();
  await expect(page.getByTestId('analysis-says')).toContainText('length alone', { timeout: 60_000 });
  const found = await numbers(page, 'analysis');
  expect(found['comparisons']).toBe(16);
  expect(found['probe/accuracy']).toBeGreaterThanOrEqual(0);
  await expect(page.getByTestId('lab-probe-table')).toContainText('length alone');
});

test('npm run analysis trains, looks, and writes every number', async () => {
  const json = join(folder, 'neurons.json');
  const small = ['steps=2', 'data.trees=12', 'data.maxTokens=48', 'evaluation.problems=8', 'batchSize=4'];
  const { code, stdout, stderr } = await train(
    [
      'neuron-dynamics',
      ...small.flatMap((field) => ['--set', field]),
      ...[
        '--param',
        'texts=60',
        '--param',
        'problems=20',
        '--seeds',
        '2',
        '--backend',
        'wasm',
        '--json',
        json,
      ],
    ],
    { script: 'scripts/analysis.mjs' },
  );
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
  expect(stdout).toContain('Over 2 seeds the habit goes from');
  const written = JSON.parse(readFileSync(json, 'utf8'));
  expect(written).toMatchObject({ analysis: 'neuron-dynamics', seed: 1, seeds: 2, backend: 'wasm' });
  expect(written.rows).toHaveLength(2);
  expect(written.documents[0].data.task).toBe('manners');
  expect(written.numbers['wrong way'].each).toHaveLength(2);
  const wrong = await train(['neuron-dynamics', '--set', 'steps=none', '--backend', 'wasm'], {
    script: 'scripts/analysis.mjs',
  });
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('steps');
});

test('a search is shown again, simulation by simulation', async ({ page }) => {
  await page.goto('dist/index.html#/lab/tree?backend=wasm');
  const replay = page.getByTestId('tree-replay');
  await expect(replay).toHaveAttribute('data-simulations', /\d/);
  const last = (await replay.getAttribute('data-simulations'))!;
  expect(Number(last)).toBeGreaterThan(4);
  await expect(replay).toHaveAttribute('data-at', '1');
  const rows = page.getByTestId('search-tree').getByRole('treeitem');
  const first = await rows.count();
  expect(first).toBeGreaterThan(1);
  await expect(page.getByTestId('tree-says')).toContainText('begins at the prompt');
  await page.getByTestId('tree-on').click();
  await expect(replay).toHaveAttribute('data-at', '2');
  expect(await rows.count()).toBeGreaterThan(first);
  // What is on the way is said, not only coloured.
  await expect(rows.filter({ hasText: 'on the way' }).first()).toBeVisible();
  await expect(rows.filter({ hasText: 'new' }).first()).toBeVisible();
  await page.getByTestId('tree-at').press('End');
  await expect(replay).toHaveAttribute('data-at', last);
  await page.getByTestId('tree-at').press('Home');
  await expect(rows).toHaveCount(1);
  // What is edited while it searches is searched with as well, the last of it.
  const simulations = page.getByTestId('field-tree-simulations');
  for (const n of [9, 5, 7]) {
    await simulations.fill(String(n));
    await simulations.press('Tab');
  }
  await expect(replay).toHaveAttribute('aria-busy', 'false');
  await expect(replay).toHaveAttribute('data-simulations', '7');
});
