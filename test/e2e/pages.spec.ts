import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { expectNoViolations } from './axe';
import { expectPhase, field, openPage, pageAddress, tinyRun } from './marginalia-page';

/** Every page by its address: it opens, says what it is, is clean, and a run goes on while pages are turned. */

const hash = (page: Page) => new URL(page.url()).hash;
const title = (page: Page) => page.locator('.page-title');
const runDocument = (page: Page) => page.evaluate(() => window.marginalia.run.document!);

const open = async (page: Page, hash: string) => {
  await page.goto(`dist/index.html${hash}`);
  await page.waitForFunction(() => window.marginalia !== undefined);
  await page.evaluate(() => window.marginalia.ready.then(() => undefined));
};

const expectClean = async (page: Page, view: string, colours = false) => {
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await expectNoViolations(page, view, { colours });
  const { width } = page.viewportSize()!;
  expect(await page.evaluate(() => document.documentElement.scrollWidth), view).toBeLessThanOrEqual(width);
};

/** Addresses of the pages with what their heading says. */
const pages: [string, RegExp][] = [
  ['#/kept', /^Kept$/],
  ['#/about', /^About$/],
  ['#/class', /^For teachers$/],
  ['#/compare', /^Compare$/],
  ['#/methods', /^Methods$/],
  ['#/methods/simpo', /^SimPO/],
  ['#/methods/no-such', /There is no method/],
  ['#/studies', /^Studies$/],
  ['#/studies/ipo', /^Where preferences are certain/],
  ['#/studies/no-such', /There is no study/],
  ['#/lessons', /^Lessons$/],
  ['#/lessons/glossary', /^Glossary$/],
  ['#/lessons/why-chosen-fall/4', /^Why do the chosen/],
  ['#/lessons/no-such', /There is no lesson/],
  ['#/lab', /^Lab$/],
  ['#/lab/loss', /^Lab$/],
  ['#/lab/click', /^Lab$/],
  ['#/lab/tree', /^Lab$/],
  ['#/lab/recipes', /^Lab$/],
  ['#/lab/daa-blur', /^Lab$/],
  ['#/lab/neurons', /^Lab$/],
];

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every page opens by its address and axe finds nothing, ${colorScheme}`, async ({ page }) => {
    test.setTimeout(240_000);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    if (colorScheme === 'dark') await open(page, '#backend=wasm');
    for (const [address, heading] of pages) {
      await page.setViewportSize({ width: 1440, height: 900 });
      const hash = `${address}?backend=wasm`;
      if (colorScheme === 'light') {
        await page.goto('about:blank');
        await open(page, hash);
      } else {
        // The second time without a load: a followed link.
        await page.evaluate((own) => {
          location.hash = own;
        }, hash);
      }
      await expect(title(page)).toHaveText(heading);
      // Every rule once at each width, and what a theme can change in all four.
      await expectClean(page, address, colorScheme === 'dark');
      await page.setViewportSize({ width: 390, height: 844 });
      await expectClean(page, `${address}, narrow`, colorScheme === 'light');
    }
  });
}

test('old addresses are the first page’s, and one with a slash as well', async ({ page }) => {
  await open(page, '#/?method.id=dpo&steps=7&backend=wasm');
  expect(await runDocument(page)).toMatchObject({ method: { id: 'dpo' }, steps: 7 });
  await expect.poll(() => hash(page)).toBe('#method.id=dpo&steps=7&backend=wasm');
  await page.goto('about:blank');
  await open(page, '#loss');
  await expect(page.locator('#loss-title')).toBeInViewport();
});

test('a run goes on while pages are turned; back and forward bring them, with what was edited', async ({
  page,
}) => {
  await openPage(page, { ...tinyRun, steps: 400 });
  await page.getByTestId('train').click();
  await expect(page.getByTestId('status')).toHaveAttribute('data-phase', 'training', { timeout: 60_000 });
  await page.getByRole('link', { name: 'Kept', exact: true }).click();
  await expect(title(page)).toBeFocused();
  expect(hash(page)).toMatch(/^#\/kept\?/);
  await expect(page.getByTestId('status')).toBeVisible();
  const before = Number(await page.getByTestId('status').getAttribute('data-step'));
  await expect
    .poll(async () => Number(await page.getByTestId('status').getAttribute('data-step')))
    .toBeGreaterThan(before);
  await page.getByRole('link', { name: 'About', exact: true }).click();
  await expect(title(page)).toHaveText('About');
  await page.goBack();
  await expect(title(page)).toHaveText('Kept');
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Marginalia' })).toBeVisible();
  // What was missed on the way is there.
  await expect(
    page
      .getByTestId('loss-table')
      .locator('tbody tr')
      .nth(before - 1),
  ).toBeAttached();
  await page.getByTestId('stop').click();
  await expectPhase(page, 'stopped');
  await field(page, 'steps').fill('12');
  await field(page, 'steps').press('Tab');
  await page.goForward();
  await expect(title(page)).toHaveText('Kept');
  await expect.poll(() => hash(page)).toContain('steps=12');
});

test('a page that there is not says so and names the nearest', async ({ page }) => {
  await open(page, '#/abuot?backend=wasm');
  await expect(page.getByTestId('no-page')).toBeVisible();
  await page.getByRole('link', { name: 'About', exact: true }).first().click();
  await expect(title(page)).toHaveText('About');
});

test('the catalogue is found through: what I have, what I want, a name; the address keeps it', async ({
  page,
}) => {
  await open(page, '#/methods?backend=wasm');
  const shown = page.getByTestId('methods-count');
  const all = Number(await shown.getAttribute('data-count'));
  expect(all).toBeGreaterThan(60);
  await page.getByTestId('methods-have-pairs').check();
  await page.getByTestId('methods-want-length').check();
  await expect(page.getByTestId('methods-row-simpo')).toBeVisible();
  await expect(page.getByTestId('methods-row-dpo')).toHaveCount(0);
  expect(hash(page)).toMatch(/have=pairs&want=length/);
  await page.getByTestId('methods-row-simpo').getByRole('link').click();
  await expect(title(page)).toContainText('SimPO');
  await page.goBack();
  await expect(page.getByTestId('methods-want-length')).toBeChecked();
  await page.getByTestId('methods-q').fill('2405.14734');
  await expect(shown).toHaveAttribute('data-count', '1');
  await page.getByTestId('methods-q').fill('no such thing');
  await page.getByTestId('methods-none').getByRole('button').click();
  await expect(shown).toHaveAttribute('data-count', String(all));
  for (const order of ['chapters', 'years', 'cost']) {
    await page.getByTestId(`methods-order-${order}`).check();
    await expect(page.locator('.method')).toHaveCount(all);
  }
});

test('a method’s page shows its formula with a pair’s numbers, its own file, and trains it', async ({
  page,
}) => {
  const { 'method.id': _, ...fields } = tinyRun;
  await open(
    page,
    `#/methods/hinge?${new URLSearchParams(Object.entries(fields).map(([k, v]) => [k, String(v)]))}`,
  );
  const value = async (id: string) =>
    Number(await page.getByTestId(`symbol-${id}`).getAttribute('data-value'));
  await expect(page.getByTestId('symbol-loss')).toHaveAttribute('data-value', /\d/);
  // The numbers are the loss's: max(0, 1 - beta h).
  const recombined = async () => Math.max(0, 1 - (await value('param-beta')) * (await value('margin')));
  expect(await value('loss')).toBeCloseTo(await recombined(), 4);
  await expect(page.locator('.formula-place [data-s=param-beta]').first()).toBeAttached();
  await page.getByTestId('symbol-param-beta').hover();
  await expect(page.locator('.formula-place [data-s=param-beta].is-lit').first()).toBeAttached();
  await expect(page.getByTestId('method-code')).toContainText('export const');
  await page.getByTestId('method-whole').click();
  await expect(page.getByTestId('method-code')).toContainText('defineMethod');
  await page.getByTestId('method-train').click();
  await expectPhase(page, 'finished');
  expect((await runDocument(page)).method.id).toBe('hinge');
  await expect(page.getByTestId('method-pair-from')).toContainText('of the open run');
  await expect.poll(async () => Math.abs((await value('loss')) - (await recombined()))).toBeLessThan(1e-3);
});

test('two methods and another seed are compared from an address, in lock-step, and gone on with after a reload', async ({
  page,
}) => {
  const { 'method.id': _, ...shared } = {
    ...tinyRun,
    steps: 6,
    'evaluation.every': 3,
    'evaluation.problems': 30,
    'data.trees': 16,
    checkpointEvery: 1,
  };
  const fields = { 'a.method.id': 'dpo', 'b.method.id': 'hinge', ...shared };
  const address = `#/compare?${new URLSearchParams(Object.entries(fields).map(([k, v]) => [k, String(v)]))}`;
  await open(page, address);
  await page.getByTestId('compare-add-seed').click();
  await expect(page.getByTestId('compare-arm-c')).toContainText('seed 4');
  expect(hash(page)).toContain('c.seed=4');
  await expect(page.getByTestId('compare-same')).toContainText('Not the same: seed');
  await page.getByTestId('step').click();
  await expectPhase(page, 'paused');
  await page.getByTestId('step').click();
  await expect(page.getByTestId('status')).toHaveAttribute('data-step', '2');
  await expectPhase(page, 'paused');
  const steps = await page.evaluate(() =>
    window.marginalia.events.flatMap((e) => (e.kind === 'metrics' ? [[e.arm, e.metrics['step']]] : [])),
  );
  expect(steps).toEqual([0, 1, 2].map((arm) => [arm, 1]).concat([0, 1, 2].map((arm) => [arm, 2])));

  await page.reload();
  await page.waitForFunction(() => window.marginalia !== undefined);
  await page.evaluate(() => window.marginalia.ready.then(() => undefined));
  await page.getByTestId('offer-resume').click();
  await expectPhase(page, 'finished');
  await expect(page.getByTestId('compare-table')).toBeVisible();
  await expect(page.getByTestId('compare-paired-b')).toHaveAttribute('data-difference', /\d/);
  await expect(page.getByTestId('compare-mended')).toBeVisible();
  await expect(page.getByTestId('compare-apart')).toBeVisible();
  const compared = await page.evaluate(
    async () => (await window.marginalia.api.runs()).find((run) => run.group?.arm === 1)!.metrics,
  );
  await expectClean(page, 'after a comparison');

  // The same numbers as the run alone.
  await page.goto('about:blank');
  await open(
    page,
    `#${new URLSearchParams(Object.entries({ ...shared, 'method.id': 'hinge', 'optimizer.learningRate': 0.00005 }).map(([k, v]) => [k, String(v)]))}`,
  );
  await page
    .getByTestId('offer-dismiss')
    .click({ timeout: 1000 })
    .catch(() => {});
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  const alone = await page.evaluate(
    async () => (await window.marginalia.api.runs()).find((run) => !run.group)!.metrics,
  );
  expect(compared.map((row) => row.metrics['loss'])).toEqual(alone.map((row) => row.metrics['loss']));
});

test('a study shows its verdict, is run again here, and the stored one stays', async ({ page }) => {
  await open(page, '#/studies?backend=wasm');
  const all = Number(await page.getByTestId('studies-count').getAttribute('data-count'));
  expect(all).toBeGreaterThanOrEqual(12);
  await expect(page.locator('.study')).toHaveCount(all);
  await expect(page.getByTestId('study-ipo')).toHaveAttribute('data-verdict', 'shown');
  await page.getByTestId('studies-exact').check();
  await expect(page.getByTestId('study-ipo')).toHaveCount(0);
  expect(hash(page)).toMatch(/^#\/studies\?verdict=exact/);
  await page.getByTestId('studies-all').check();
  await page.getByRole('link', { name: /^Where preferences are certain/ }).click();
  await expect(title(page)).toBeFocused();
  const verdict = page.getByTestId('study-verdict');
  await expect(verdict).toHaveAttribute('data-verdict', 'shown');
  const effect = await verdict.getAttribute('data-effect');
  await expect(page.getByTestId('study-table').locator('tbody tr')).toHaveCount(6);
  await page.getByTestId('study-one-more').click();
  const here = page.getByTestId('study-here');
  await expect(here).toContainText('1 seed');
  await expect(page.getByTestId('study-own-table')).toContainText('further');
  await page.reload();
  await expect(here).toContainText('1 seed');
  await expect(verdict).toHaveAttribute('data-effect', effect!);
  await page.getByTestId('study-forget').click();
  await expect(here).toHaveCount(0);

  // On its second base model a study has a verdict of its own.
  await page.goto('about:blank');
  await open(page, '#/studies/step-dpo?backend=wasm');
  await expect(verdict).toHaveAttribute('data-verdict', /shown|opposite/);
  const first = await verdict.getAttribute('data-effect');
  const second = page.getByTestId('study-on-arith-nano-2');
  await second.click();
  await expect(second).toHaveAttribute('aria-current', 'page');
  expect(hash(page)).toMatch(/base=arith-nano-2/);
  await expect(verdict).not.toHaveAttribute('data-effect', first!);
  await expect(page.getByRole('link', { name: 'open', exact: true }).first()).toHaveAttribute(
    'href',
    /model=arith-nano-2/,
  );

  // What a model's arm links to is a document that the page takes.
  await page.goto('about:blank');
  await open(page, '#/studies/simpo?backend=wasm');
  await page.getByRole('link', { name: 'open', exact: true }).first().click();
  await expect
    .poll(() => runDocument(page))
    .toMatchObject({
      model: 'talk-nano',
      method: { id: 'simpo' },
      steps: 40,
      data: { task: 'talk', trees: 320 },
    });
  await expect(page.getByTestId('document-problems')).toHaveCount(0);
});

test('a link may hide parts of the page and lock fields', async ({ page }) => {
  await open(page, '#steps=9&backend=wasm&view.hide=nav,keep&view.lock=steps');
  await expect(page.getByRole('navigation', { name: 'Pages' })).toBeHidden();
  await expect(page.locator('#keep')).toBeHidden();
  await expect(page.getByTestId('locked')).toContainText('Steps');
  await expect(field(page, 'steps')).not.toBeEditable();
  // Nor from another control that would change it.
  await page.evaluate(() => {
    const input = document.querySelector<HTMLInputElement>('[data-testid="field-steps"]')!;
    input.value = '10';
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await expect(page.getByTestId('document-problems')).toContainText('not to be changed');
  expect((await runDocument(page)).steps).toBe(9);
  expect(hash(page)).toContain('view.lock=steps');
});

test('the first screen holds a wrong problem, then what it became, the curves and the dock', async ({
  page,
}) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(
    pageAddress({
      'data.trees': 32,
      steps: 6,
      'evaluation.every': 3,
      'evaluation.problems': 40,
      backend: 'wasm',
    }),
  );
  await page.evaluate(() => window.marginalia.ready.then(() => undefined));
  await expect(page.getByTestId('reference-answer').locator('.is-wrong').first()).toBeVisible();
  await expect(page.getByTestId('live')).toContainText('New here?');
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  await expect(page.getByTestId('policy-answer').locator('.line').first()).toBeVisible();
  const dock = (await page.getByRole('region', { name: 'Training' }).boundingBox())!.y;
  for (const id of ['problem', 'reference-answer', 'policy-answer', 'live-solved', 'live-start']) {
    const box = (await page.getByTestId(id).boundingBox())!;
    expect(box.y, id).toBeGreaterThanOrEqual(0);
    expect(box.y + box.height, id).toBeLessThanOrEqual(dock + 1);
  }
  await expect(page.getByTestId('live-mended')).toHaveAttribute('data-mended', /\d/);
});
