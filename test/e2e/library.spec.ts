import { expect, test } from '@playwright/test';
import type { TrainResult } from '../../src/index';

declare global {
  interface Window {
    exampleResult?: TrainResult & { error?: string };
  }
}

test('another page trains with the built library', async ({ page }) => {
  const requests: string[] = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await page.goto('examples/embed/?backend=wasm&steps=2&trees=8&batch=4&problems=4');
  await page.locator('#train').click();
  await page.waitForFunction(() => window.exampleResult !== undefined, undefined, { timeout: 90_000 });
  const result = await page.evaluate(() => window.exampleResult!);
  expect(result.error).toBeUndefined();
  expect(result.status.phase).toBe('finished');
  expect(result.metrics.map((row) => row.metrics['step'])).toEqual([1, 2]);
  expect(result.before?.problems).toBe(4);
  expect(result.after?.step).toBe(2);
  await expect(page.locator('#log')).toContainText('step 2: loss');

  const fetched = requests.filter((path) => path.startsWith('/dist/'));
  expect(fetched.every((path) => path.startsWith('/dist/lib/'))).toBe(true);
  expect(fetched.some((path) => path.endsWith('.wasm'))).toBe(true);
});

test('the library says what is wrong, and ends cleanly', async ({ page }) => {
  await page.goto('examples/embed/');
  const outcome = await page.evaluate(async () => {
    const address: string = '/dist/lib/marginalia.js';
    const { createTrainer, defaultRun } = (await import(address)) as typeof import('../../src/index');
    const messages: string[] = [];
    const note = (error: unknown) => messages.push((error as Error).message);
    await createTrainer({ backend: 'wasm', workerUrl: '/nowhere.js' }).catch(note);
    await createTrainer({ backend: 'webgpu', baseUrl: '/nowhere/' })
      .then((trainer) => trainer.dispose())
      .catch(note);
    const trainer = await createTrainer({ backend: 'wasm' });
    const dpo = (await trainer.methods()).find((m) => m.id === 'dpo')!;
    await trainer.train({ ...defaultRun(dpo), steps: 0 }).catch(note);

    const controller = new AbortController();
    const run = defaultRun(dpo);
    const long = {
      ...run,
      steps: 500,
      data: { ...run.data, trees: 8 },
      batchSize: 4,
      evaluation: { every: 0, problems: 0 },
    };
    const seen: string[] = [];
    const off = trainer.on('metrics', () => seen.push('metrics'));
    const events = trainer.events();
    const result = await trainer.train(long, {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.kind === 'metrics') controller.abort();
      },
    });
    const first = await events.next();
    off();
    await trainer.dispose();
    await trainer.models().catch(note);
    return {
      messages,
      phase: result.status.phase,
      steps: result.metrics.length,
      seen: seen.length,
      first: first.done,
    };
  });
  expect(outcome.messages[0]).toContain('could not be loaded');
  expect(outcome.messages.at(-2)).toContain('steps');
  expect(outcome.messages.at(-1)).toContain('disposed');
  expect(outcome.phase).toBe('stopped');
  expect(outcome.steps).toBeGreaterThan(0);
  expect(outcome.steps).toBeLessThan(500);
  expect(outcome.seen).toBe(outcome.steps);
  expect(outcome.first).toBe(false);
});
