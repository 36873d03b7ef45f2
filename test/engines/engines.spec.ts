import { writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { sumPairs, writeTinyFolder } from '../support/tiny-folder';
import { type EngineName, engines } from './engines';
import { compare, type Outcome, outcomeOf } from './outcome';
import {
  accessibilityFaults,
  deleteAllStored,
  finished,
  giveFolder,
  id,
  openPage,
  pageReady,
  says,
  storedRun,
  unfold,
} from './page';
import { type RunningEngine, type Tab, until } from './tab';

/** Long enough to be reloaded in the middle, short enough for three engines on two cores. */
const run = {
  'method.id': 'step-dpo',
  'data.trees': 20,
  steps: 20,
  batchSize: 6,
  'evaluation.every': 10,
  'evaluation.problems': 80,
  checkpointEvery: 5,
  seed: 3,
  backend: 'wasm',
};

/** Stored again whenever the page takes it up. */
const builtIn = 'Arithmetic, nano';

const outcomes = new Map<EngineName, Outcome>();

const trainInOneGo = async (tab: Tab, base: string): Promise<Outcome> => {
  await openPage(tab, base, run);
  await tab.press(id('train'));
  await finished(tab);
  return outcomeOf(tab);
};

for (const name of ['Firefox', 'WebKit'] as const) {
  test.describe(name, () => {
    let engine: RunningEngine;
    test.beforeAll(async () => {
      engine = await engines[name]();
      console.log(engine.name);
    });
    test.afterAll(() => engine?.close());

    test(`${name}: a run whose page was reloaded ends with the numbers of one left alone`, async ({
      baseURL,
    }) => {
      const tab = await engine.open();
      const whole = await trainInOneGo(tab, baseURL!);
      outcomes.set(name, whole);
      expect(whole.summary.metrics).toHaveLength(run.steps);
      expect(whole.summary.evaluations.map(({ step }) => step)).toEqual([0, 10, 20]);

      await until(
        tab,
        'a curve',
        (chart) => {
          document.querySelector(chart)?.scrollIntoView({ block: 'center' });
          const canvas = document.querySelector<HTMLCanvasElement>(`${chart} canvas`);
          const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
          return pixels?.some((part) => part > 0);
        },
        'line-chart',
      );
      expect(await tab.evaluate(() => window.unheard)).toEqual([]);

      // A storage of its own: nothing that the first run made can help the second.
      const other = await engine.open();
      await openPage(other, baseURL!, run);
      expect(await other.evaluate(() => window.marginalia.api.runs())).toEqual([]);
      await other.press(id('train'));
      await until(other, 'step 8', () =>
        window.marginalia.events.some((e) => e.kind === 'metrics' && e.metrics['step']! >= 8),
      );
      await other.reload();
      await pageReady(other);
      const stored = await storedRun(other);
      expect(stored.step).toBeGreaterThanOrEqual(5);
      expect(stored.step).toBeLessThan(run.steps);
      await other.press(id('offer-resume'));
      await finished(other);

      const resumed = await outcomeOf(other);
      expect(resumed.summary.metrics).toEqual(whole.summary.metrics);
      expect(resumed.summary.evaluations).toEqual(whole.summary.evaluations);
      expect(resumed.trees).toEqual(whole.trees);
      expect(resumed.weights.equals(whole.weights)).toBe(true);
      expect(await other.evaluate(() => window.unheard)).toEqual([]);
    });

    test(`${name}: a model folder and a data file are brought, trained on, listed and deleted`, async ({
      baseURL,
    }, info) => {
      const [model, data] = [info.outputPath('tiny'), info.outputPath('sums.jsonl')];
      writeTinyFolder(model);
      writeFileSync(data, `${sumPairs(10).join('\n')}\n`);

      const tab = await engine.open();
      await openPage(tab, baseURL!, {
        'method.id': 'dpo',
        steps: 2,
        batchSize: 2,
        'evaluation.every': 0,
        backend: 'wasm',
      });
      await unfold(tab);
      await giveFolder(tab, id('model-folder'), model);
      await says(tab, 'model-details', 'kept on this machine');
      await tab.giveFiles(id('data-file'), [data]);
      await says(tab, 'data-format', 'sums.jsonl');
      await tab.press(id('data-check'));
      await says(tab, 'report-rows', '10 used');
      await tab.press(id('train'));
      await finished(tab);
      expect((await storedRun(tab)).metrics).toHaveLength(2);

      // Another visit finds both.
      await tab.reload();
      await pageReady(tab);
      await says(tab, 'model-details', 'kept on this machine');
      await says(tab, 'data-format', 'sums.jsonl');

      await unfold(tab);
      await says(tab, 'storage-list', 'sums.jsonl');
      const used = await tab.evaluate(
        (usage) => document.querySelector(usage)?.textContent,
        id('storage-usage'),
      );
      expect(used).toMatch(/[1-9]\d*\u202f[KM]B .*used/s); // also where the browser gives no estimate
      const kinds = await tab.evaluate(async () =>
        (await window.marginalia.api.storage()).items.map((item) => item.store),
      );
      expect(new Set(kinds)).toEqual(new Set(['runs', 'checkpoints', 'references', 'models', 'dataFiles']));
      await deleteAllStored(tab, builtIn);
      const { items } = await tab.evaluate(() => window.marginalia.api.storage());
      expect(items.filter((item) => item.label !== builtIn)).toEqual([]);
      const models = await tab.evaluate(() => window.marginalia.api.models());
      expect(models.filter((m) => !m.builtIn)).toEqual([]);
      expect(await tab.evaluate(() => window.unheard)).toEqual([]);
    });

    test(`${name}: axe finds nothing before and after a run`, async ({ baseURL }) => {
      const tab = await engine.open();
      await openPage(tab, baseURL!, { ...run, 'data.trees': 8, steps: 2, 'evaluation.problems': 10 });
      // What fades in has, for a while, no contrast.
      expect(await tab.evaluate(() => matchMedia('(prefers-reduced-motion: reduce)').matches)).toBe(true);
      expect(await accessibilityFaults(tab)).toEqual([]);
      await tab.press(id('train'));
      await finished(tab);
      await tab.press(id('tree-0'));
      await tab.press(id('problems-load'));
      await until(
        tab,
        'the problems',
        (table) => document.querySelector(`${table}[aria-busy="false"]`),
        id('problems-table'),
      );
      await unfold(tab);
      expect(await accessibilityFaults(tab)).toEqual([]);
    });
  });
}

test('Chromium, Firefox and WebKit train the same model', async ({ baseURL }) => {
  for (const name of Object.keys(engines) as EngineName[]) {
    if (outcomes.has(name)) continue; // Firefox and WebKit have trained already, unless that failed
    const engine = await engines[name]();
    try {
      console.log(engine.name);
      outcomes.set(name, await trainInOneGo(await engine.open(), baseURL!));
    } finally {
      await engine.close();
    }
  }
  const [first, ...others] = [...outcomes].sort(([a], [b]) => a.localeCompare(b));
  for (const [name, outcome] of others) {
    const difference = compare(first![1], outcome);
    console.log(`${first![0]} and ${name}: ${JSON.stringify(difference)}`);
    // What the model sampled to learn from.
    expect(outcome.trees).toEqual(first![1].trees);
    // WebAssembly leaves no room; JavaScript's own exp and log do, in the last bit of a double.
    expect(difference.first).toBeLessThan(1e-6);
    expect(difference.last).toBeLessThan(1e-4);
    expect(difference.problems).toBeLessThanOrEqual(difference.equal ? 0 : 1);
  }
});
