import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { writeServiceWorker } from '../../scripts/offline-files.mjs';
import { serveFolder } from '../../scripts/static-server.mjs';
import { expectPhase, hashOf, tinyRun } from './marginalia-page';

test.use({ serviceWorkers: 'allow' });

const started = async (page: Page) => {
  await page.waitForFunction(() => window.marginalia !== undefined);
  await page.evaluate(() => window.marginalia.ready.then(() => undefined));
};

/** Waits until this many builds are kept and the newest of them answers. */
const keptBuilds = (page: Page, count: number) =>
  expect
    .poll(
      () =>
        page.evaluate(async () => {
          const registration = await navigator.serviceWorker.getRegistration();
          const busy = registration?.installing ?? registration?.waiting;
          return !busy && registration?.active?.state === 'activated' ? (await caches.keys()).length : 0;
        }),
      { timeout: 60_000 },
    )
    .toBe(count);

test('after one visit it opens and trains without its server, and a new build comes with the next reload', async ({
  page,
}, info) => {
  const root = info.outputPath('page');
  cpSync('dist', root, { recursive: true });
  const asked: string[] = [];
  const serve = (port = 0) =>
    serveFolder({
      root,
      port,
      handle: (request) => {
        asked.push(request.url ?? '');
        return false;
      },
    });
  const times = (pattern: RegExp) => asked.filter((url) => pattern.test(url)).length;
  let server = await serve();
  const address = `${server.url}${hashOf({ ...tinyRun, steps: 2 })}`;

  await page.goto(address);
  await started(page);
  await keptBuilds(page, 1);
  // What the visit had loaded is not loaded again for keeping, and what few need is left.
  for (const once of [
    /train\.worker-/,
    /assets\/index-.*\.js/,
    /arith-nano\/model\.safetensors/,
    /wasm-simd-/,
  ])
    expect(times(once), String(once)).toBe(1);
  expect(times(/arith-small\/model|threaded|\.ttf|headless/)).toBe(0);

  // Other pages beside it are not its business.
  const example = await page.context().newPage();
  await example.goto(`${server.url}examples/embed/`);
  await expect(example.locator('#train')).toBeVisible();
  expect(times(/\/examples\/embed\//)).toBe(1);
  expect(times(/\/lib\/marginalia\.js/)).toBe(1);
  await example.close();

  await server.close();
  await page.reload();
  await started(page);
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  await expect(page.locator('math-formula .katex').first()).toBeAttached();

  // A model that was never used is not here, and no other answers in its place: in the same engine, and in one begun for it.
  const problem = page.getByTestId('problem');
  const open = (hash: string) =>
    page.evaluate((to) => {
      location.hash = to;
    }, hash);
  for (const backend of ['&backend=wasm', '']) {
    await open(`#method.id=egida${backend}`);
    await expect(problem).toContainText('could not be loaded');
    await expect(page.getByTestId('trouble')).toContainText('guard-nano');
    await open(`#method.id=step-dpo${backend}`);
    await expect(problem).toContainText(/\d,[*+-]/);
  }

  // Another build at the same address.
  const html = readFileSync(join(root, 'index.html'), 'utf8');
  writeFileSync(join(root, 'index.html'), html.replace('<html ', '<html data-build="next" '));
  writeServiceWorker(root);
  server = await serve(server.port);
  asked.length = 0;
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-build', 'next');
  await started(page);
  await keptBuilds(page, 2); // the one before stays for tabs that have it open
  expect(times(/train\.worker-/), 'what did not change is not fetched again').toBe(0);
  await server.close();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-build', 'next');
  await started(page);
});
