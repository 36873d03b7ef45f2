import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { expectPhase, field, hashOf, openPage, pageAddress, tinyRun } from './marginalia-page';

const link = (page: Page, name: string) =>
  page.getByRole('navigation').getByRole('link', { name, exact: true });
const heading = (page: Page, id: string) => page.locator(`#${id}-title`);
const document = (page: Page) => page.evaluate(() => window.marginalia.run.document!);
const hash = (page: Page) => new URL(page.url()).hash;

test('back and forward move between sections, and keep what was edited on the way', async ({ page }) => {
  await openPage(page, { 'method.id': 'dpo', backend: 'wasm' });
  await link(page, 'Teach').click();
  await expect(heading(page, 'teach')).toBeFocused();
  await field(page, 'steps').fill('44');
  await field(page, 'steps').press('Tab');
  await expect.poll(() => hash(page)).toContain('steps=44');
  await link(page, 'Keep').click();
  await expect(heading(page, 'keep')).toBeInViewport();

  await page.goBack();
  await expect(heading(page, 'teach')).toBeFocused();
  await expect(heading(page, 'teach')).toBeInViewport();
  await page.goBack();
  await expect(heading(page, 'teach')).not.toBeFocused();
  // That entry was made before the edit, and still the edit stands.
  expect((await document(page)).steps).toBe(44);
  expect(hash(page)).toBe('#method.id=dpo&steps=44&backend=wasm');
  await page.goForward();
  await page.goForward();
  await expect(heading(page, 'keep')).toBeInViewport();
  expect(hash(page)).toBe('#at=keep&method.id=dpo&steps=44&backend=wasm');

  // An address that is typed is another document, and back brings the one before.
  await page.goto(pageAddress({ 'method.id': 'sft', backend: 'wasm', at: 'learning' }));
  await expect.poll(async () => (await document(page)).method.id).toBe('sft');
  await expect(heading(page, 'learning')).toBeInViewport();
  await page.goBack();
  await expect.poll(async () => (await document(page)).method.id).toBe('dpo');
  expect((await document(page)).steps).toBe(44);

  // A link to a section opens there.
  await page.goto('about:blank');
  await openPage(page, { at: 'credit', backend: 'wasm' });
  await expect(heading(page, 'credit')).toBeInViewport();
});

test('the address holds what differs from the defaults, and one that says everything still works', async ({
  page,
}) => {
  await openPage(page, { backend: 'wasm' });
  await expect.poll(() => hash(page)).toBe('#backend=wasm');
  // As addresses were written before: every field, the defaults as well.
  const whole = { version: 1, model: 'arith-nano', weights: 'f32', adapter: 'null', ...tinyRun };
  await page.evaluate((to) => location.assign(to), hashOf(whole));
  await expect.poll(async () => (await document(page)).method.id).toBe('dpo');
  await expect.poll(() => hash(page)).not.toContain('version');
  expect(hash(page)).toContain('method.id=dpo');
  expect(hash(page)).not.toMatch(/model=|weights|adapter/);
  expect(hash(page).length).toBeLessThan(200);

  const short = await document(page);
  await page.reload();
  await openPage(page, Object.fromEntries(new URLSearchParams(hash(page).slice(1))));
  expect(await document(page)).toEqual(short);
});

test('an address that asks to train does so in a page that is open already, too, and not again on the way back', async ({
  page,
}) => {
  const seeds = () =>
    page.evaluate(() => window.marginalia.api.runs().then((runs) => runs.map((run) => run.document.seed)));
  await openPage(page, { ...tinyRun, start: '1' });
  await expectPhase(page, 'finished');
  await page.goto(pageAddress({ ...tinyRun, seed: '7', start: '1' }));
  await expect.poll(seeds).toEqual([7, 3]);
  await expectPhase(page, 'finished');
  expect(hash(page)).not.toContain('start');

  await page.goBack();
  await expect(field(page, 'seed')).toHaveValue('3');
  expect(await seeds()).toEqual([7, 3]);
});
