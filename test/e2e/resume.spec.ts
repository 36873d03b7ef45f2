import type { Browser, Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { unzipSync } from 'fflate';
import { createRng } from '../../src/util/rng';
import type { RunSummary } from '../../workers/protocol';
import { expectPhase, openPage, storedRun, tinyRun, waitForStep } from './marginalia-page';

const run = { ...tinyRun, steps: 60, 'evaluation.every': 15, checkpointEvery: 5 };

const weightsOf = async (page: Page): Promise<Uint8Array> => {
  const zip = await page.evaluate(async () => Array.from(await window.marginalia.api.exportModel()));
  const file = Object.entries(unzipSync(Uint8Array.from(zip))).find(([name]) =>
    name.endsWith('model.safetensors'),
  );
  return file![1];
};

interface Outcome {
  summary: RunSummary;
  weights: Uint8Array;
}

const finish = async (page: Page): Promise<Outcome> => {
  await expectPhase(page, 'finished');
  return { summary: await storedRun(page), weights: await weightsOf(page) };
};

/** A context of its own has a store of its own: nothing made by the one run can help the other. */
const inFreshContext = async <T>(
  browser: Browser,
  baseURL: string | undefined,
  f: (open: () => Promise<Page>) => Promise<T>,
) => {
  const context = await browser.newContext(baseURL ? { baseURL } : {});
  try {
    return await f(() => context.newPage());
  } finally {
    await context.close();
  }
};

test('a run whose tab was killed ends with the same numbers as one left alone', async ({
  browser,
  baseURL,
}) => {
  test.setTimeout(300_000);
  const seed = Number(process.env.MARGINALIA_KILL_SEED ?? Date.now() % 100_000);
  const killAt = 1 + createRng(seed).int(30);
  console.log(`the tab is killed after step ${killAt} (MARGINALIA_KILL_SEED=${seed})`);

  const whole = await inFreshContext(browser, baseURL, async (open) => {
    const page = await open();
    await openPage(page, run);
    await page.getByTestId('train').click();
    return finish(page);
  });

  const resumed = await inFreshContext(browser, baseURL, async (open) => {
    const first = await open();
    await openPage(first, run);
    await first.getByTestId('train').click();
    await waitForStep(first, killAt);
    const crashed = first.waitForEvent('crash', { timeout: 30_000 });
    // The renderer dies at once, its worker with it: no handler of the page runs.
    const session = await first.context().newCDPSession(first);
    session.send('Page.crash').catch(() => {});
    await crashed;
    await first.close();

    const second = await open();
    await openPage(second);
    const before = await storedRun(second);
    expect(before.phase).not.toBe('finished');
    expect(before.step).toBeLessThan(run.steps);
    await second.getByTestId('offer-resume').click();
    return finish(second);
  });

  expect(resumed.summary.metrics).toEqual(whole.summary.metrics);
  expect(resumed.summary.evaluations).toEqual(whole.summary.evaluations);
  expect(Buffer.compare(resumed.weights, whole.weights)).toBe(0);
});
