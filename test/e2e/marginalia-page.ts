/** Everything the tests know of the page: its addresses, its test ids and its driver. */
import type { Locator, Page } from '@playwright/test';
import { expect } from '@playwright/test';
import type { RunPhase, RunSummary } from '../../workers/protocol';

/** Small enough for a slow machine; every field may be overridden. */
export const tinyRun = {
  'method.id': 'dpo',
  'data.difficulty': 'medium',
  'data.trees': 8,
  'data.maxTokens': 64,
  steps: 4,
  batchSize: 4,
  'evaluation.every': 0,
  'evaluation.problems': 8,
  checkpointEvery: 2,
  seed: 3,
  backend: 'wasm',
};

export type RunFields = Record<string, string | number>;

/** The fields as an address has them. */
export const hashOf = (fields: RunFields) =>
  `#${Object.entries(fields)
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join('&')}`;

export const pageAddress = (fields: RunFields = {}) =>
  Object.keys(fields).length > 0 ? `dist/index.html${hashOf(fields)}` : 'dist/index.html';

/** A control of the form, by its path in the run document. */
export const field = (page: Page, path: string): Locator =>
  page.getByTestId(`field-${path.replaceAll('.', '-')}`);

export const status = (page: Page): Locator => page.getByTestId('status');

/** Opens the page with these fields and waits until the engine runs and the model answers. */
export const openPage = async (page: Page, fields: RunFields = {}) => {
  await page.goto(pageAddress(fields));
  await page.waitForFunction(() => window.marginalia !== undefined);
  await page.evaluate(async () => {
    await window.marginalia.ready;
  });
};

export const expectPhase = async (page: Page, phase: RunPhase, timeout = 90_000) => {
  await expect(status(page)).toHaveAttribute('data-phase', phase, { timeout });
};

/** Waits until the page has the metrics of a step, and gives that step. */
export const waitForStep = async (page: Page, step: number): Promise<number> => {
  const handle = await page.waitForFunction(
    (wanted) => {
      const last = window.marginalia.events.filter((event) => event.kind === 'metrics').at(-1);
      const reached = last?.metrics['step'] ?? 0;
      return reached >= wanted ? reached : 0;
    },
    step,
    { polling: 20, timeout: 90_000 },
  );
  return handle.jsonValue();
};

/** The one stored run, as the store has it. */
export const storedRun = async (page: Page): Promise<RunSummary> => {
  const runs = await page.evaluate(() => window.marginalia.api.runs());
  expect(runs).toHaveLength(1);
  return runs[0]!;
};
