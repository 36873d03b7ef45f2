import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { expectPhase, field, tinyRun } from './marginalia-page';

/** A class: a link is built and followed, a run handed in and gathered, and a page put into a foreign one. */

const { 'method.id': _, ...fields } = { ...tinyRun, steps: 3 };
const query = new URLSearchParams(Object.entries(fields).map(([key, value]) => [key, String(value)]));

test('a teacher’s link hides, locks and asks for a name; what is handed in becomes dots', async ({
  page,
}) => {
  await page.goto(`dist/index.html#/class?${query}`);
  await page.getByTestId('class-hide-keep').check();
  await page.getByTestId('class-lock-steps').check();
  await page.getByTestId('class-lock').fill('optimizer.learningRat');
  await page.getByTestId('class-lock').press('Tab');
  await expect(page.getByTestId('class-unknown')).toHaveAttribute('data-count', '1');
  await expect(page.getByTestId('class-unknown')).toContainText('optimizer.learningRate');
  await page.getByTestId('class-lock').fill('');
  await page.getByTestId('class-lock').press('Tab');
  await page.getByTestId('class-seed').check();
  const link = page.getByTestId('class-link-pupils');
  await expect(link).toHaveValue(/view\.hide=keep&view\.lock=steps&view\.seed=name/);
  await expect(page.getByTestId('class-link-colleagues')).not.toHaveValue(/view\./);
  const pupils = await link.inputValue();

  await page.goto('about:blank');
  await page.goto(pupils);
  await expect(page.getByTestId('locked')).toContainText('Steps');
  await expect(field(page, 'steps')).toHaveJSProperty('readOnly', true);
  await expect(page.locator('#keep')).toBeHidden();
  await page.getByTestId('class-name').fill('  Ada  Example');
  await page.getByTestId('class-take').click();
  const strip = page.getByTestId('class-strip');
  await expect(strip).not.toHaveAttribute('data-seed', String(tinyRun.seed));
  const seed = await strip.getAttribute('data-seed');
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  const saved = page.waitForEvent('download');
  await page.getByTestId('class-hand-in').click();
  const path = await (await saved).path();
  const text = readFileSync(path, 'utf8');
  expect(text.length).toBeLessThan(1024);
  expect(text.toLowerCase()).not.toContain('ada');

  await page.goto('about:blank');
  await page.goto('dist/index.html#/class?backend=wasm');
  const other = JSON.stringify({ ...JSON.parse(text), seed: Number(seed) + 1 });
  await page.getByTestId('class-files').setInputFiles([
    { name: 'a.json', mimeType: 'application/json', buffer: Buffer.from(text) },
    { name: 'b.json', mimeType: 'application/json', buffer: Buffer.from(other) },
    { name: 'c.json', mimeType: 'application/json', buffer: Buffer.from('{}') },
  ]);
  await expect(page.getByTestId('class-pupils')).toHaveAttribute('data-pupils', '2');
  await expect(page.getByTestId('class-problems')).toContainText('c.json: was not saved by');
  await expect(page.locator('[data-testid^="class-run-"]')).toHaveAttribute('data-pupils', '2');
});

test('an element in a foreign page shows the page, as high as it is, and tells of the run', async ({
  page,
  baseURL,
}) => {
  const base = new URL('dist/', baseURL).href;
  // Another origin on this machine: from elsewhere a browser would not let a page ask for what is here.
  await page.goto(new URL('examples/course/', baseURL).href.replace('localhost', '127.0.0.1'));
  await page.evaluate(() => {
    document.body.innerHTML = '';
  });
  await page.evaluate(() => {
    const heard: [string, unknown][] = [];
    Object.assign(window, { heard });
    for (const type of ['step', 'metrics', 'finished'])
      addEventListener(type, (event) => heard.push([type, (event as CustomEvent).detail]));
  });
  await page.evaluate(
    ([src, query]) => {
      document.body.innerHTML = `<marginalia-page src="${src}" page="?method.id=dpo&${query}" hide="nav,keep" lock="steps"></marginalia-page>`;
    },
    [base, query.toString()] as const,
  );
  expect(new URL((await page.locator('iframe').getAttribute('src'))!).origin).not.toBe(
    new URL(page.url()).origin,
  );
  const frame = page.frameLocator('iframe');
  await expect(frame.getByTestId('locked')).toContainText('Steps');
  await expect(frame.locator('#keep')).toBeHidden();
  // All of it is in the frame: nothing scrolls but the page around it.
  const inner = page.frames().at(-1)!;
  await expect
    .poll(() => inner.evaluate(() => document.documentElement.scrollHeight - innerHeight))
    .toBeLessThanOrEqual(2);
  await expect(frame.getByTestId('train')).not.toHaveAttribute('aria-disabled', 'true');
  await inner.evaluate(() => window.marginalia.ready.then(() => undefined));
  await frame.getByTestId('train').click();
  await page.waitForFunction(() =>
    (window as unknown as { heard: [string][] }).heard.some(([type]) => type === 'finished'),
  );
  const heard = await page.evaluate(
    () => (window as unknown as { heard: [string, Record<string, unknown>][] }).heard,
  );
  expect(heard.filter(([type]) => type === 'metrics').at(-1)![1]['metrics']).toHaveProperty('loss');
  expect(heard.filter(([type]) => type === 'finished').at(-1)![1]).toMatchObject({
    phase: 'finished',
    step: 3,
  });
  const before = await page.locator('iframe').getAttribute('src');
  await page.locator('marginalia-page').evaluate((element) => element.setAttribute('page', 'about'));
  await expect(frame.getByRole('heading', { level: 1 })).toHaveText('About');
  expect(await page.locator('iframe').getAttribute('src')).not.toBe(before);
});

test('charts of the page can be used in another', async ({ page }) => {
  await page.goto('examples/embed/');
  const label = await page.evaluate(async () => {
    await import(new URL('../../dist/lib/charts.js', location.href).href);
    const view = document.createElement('credit-response') as HTMLElement & Record<string, unknown>;
    const token = {
      text: '7',
      step: 0,
      policyLogProb: -1,
      referenceLogProb: -2,
      weight: 1,
      reward: 0.1,
      push: 0.2,
    };
    Object.assign(view, {
      response: {
        role: 'chosen',
        reward: 0.1,
        tokens: [token],
        steps: [{ text: '7', scored: true, reward: 0.1, push: 0.2, correct: true }],
      },
      measure: 'reward',
      scale: 0.1,
      stepScale: 0.1,
    });
    document.body.append(view);
    await (view['updateComplete'] as Promise<unknown>);
    return view.querySelector('button')?.getAttribute('aria-label');
  });
  expect(label).toContain('7');
});
