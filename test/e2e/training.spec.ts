import { expect, test } from '@playwright/test';
import { expectPhase, openPage, status, storedRun, tinyRun, waitForStep } from './marginalia-page';

test('trains from the button, and shows every step and the accuracy before and after', async ({ page }) => {
  await openPage(page, { ...tinyRun, steps: 3 });
  await expect(page.getByTestId('backend')).toContainText(/WebAssembly/i);
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');

  const rows = (await storedRun(page)).metrics.map((row) => row.metrics);
  expect(rows.map((row) => row['step'])).toEqual([1, 2, 3]);
  for (const row of rows) {
    for (const name of ['loss', 'grad_norm', 'rewards/margins', 'rewards/accuracies', 'logps/chosen']) {
      expect(row[name], name).toEqual(expect.any(Number));
    }
  }
  expect(rows[0]!['loss']).toBeCloseTo(Math.log(2), 4); // policy and reference are still the same
  const table = page.getByTestId('loss-table');
  await expect(table.locator('tbody tr')).toHaveCount(3);
  const accuracy = page.getByTestId('accuracy');
  await expect(accuracy).toHaveAttribute('data-before', /^[01]/);
  await expect(accuracy).toHaveAttribute('data-now', /^[01]/);
});

test('pauses, takes single steps, goes on and stops', async ({ page }) => {
  await openPage(page, { ...tinyRun, steps: 500 });
  await page.getByTestId('train').click();
  await waitForStep(page, 2);
  await page.getByTestId('pause').click();
  await expectPhase(page, 'paused');
  const paused = Number(await status(page).getAttribute('data-step'));
  expect(paused).toBeGreaterThanOrEqual(2);
  expect(paused).toBeLessThan(500);

  await page.getByTestId('step').click();
  await expect(status(page)).toHaveAttribute('data-step', String(paused + 1));
  await expectPhase(page, 'paused');

  await page.getByTestId('resume').click();
  await waitForStep(page, paused + 3);
  await page.getByTestId('stop').click();
  await expectPhase(page, 'stopped');
  const steps = (await storedRun(page)).metrics.map((row) => row.metrics['step']);
  expect(steps).toEqual(steps.map((_, i) => i + 1));
});

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  dur?: number;
  tdur?: number;
  args: { name?: string };
}

test('keeps the page free while the worker trains', async ({ page, browser }) => {
  await openPage(page, { ...tinyRun, steps: 500 });
  await page.getByTestId('train').click();
  await waitForStep(page, 2);
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  const from = await waitForStep(page, 3);
  await waitForStep(page, from + 20);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  await page.getByTestId('stop').click();
  await expectPhase(page, 'stopped');

  const mainThreads = new Set(
    traceEvents
      .filter((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain')
      .map((e) => `${e.pid}/${e.tid}`),
  );
  const tasks = traceEvents.filter(
    (e) => /RunTask$/.test(e.name) && e.dur !== undefined && mainThreads.has(`${e.pid}/${e.tid}`),
  );
  expect(tasks.length).toBeGreaterThan(20);
  // The thread's own time where the browser measures it: on a loaded machine a task also waits for a core.
  const longest = Math.max(...tasks.map((e) => e.tdur ?? e.dur ?? 0)) / 1000;
  const wall = Math.max(...tasks.map((e) => e.dur ?? 0)) / 1000;
  console.log(
    `longest task of the page: ${longest.toFixed(1)} ms of work, ${wall.toFixed(1)} ms with waiting, ${tasks.length} tasks`,
  );
  expect(longest).toBeLessThan(50);
});
