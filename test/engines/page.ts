/** What the tests in other engines do with the page. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { unzipSync } from 'fflate';
import type { RunSummary } from '../../workers/protocol';
import { type Tab, until } from './tab';

/** Selector of what has this test id. */
export const id = (testId: string) => `[data-testid="${testId}"]`;

declare global {
  interface Window {
    /** Errors that nothing on the page has caught, since `pageReady`. */
    unheard: string[];
  }
}

/** Waits until the page is there and its model answers. */
export const pageReady = async (tab: Tab) => {
  await until(tab, 'the page’s driver', () => window.marginalia !== undefined);
  await tab.evaluate(() => {
    window.unheard = [];
    addEventListener('error', (event) => window.unheard.push(event.message));
    addEventListener('unhandledrejection', (event) => window.unheard.push(String(event.reason)));
  });
  await tab.evaluate(async () => void (await window.marginalia.ready));
};

export const openPage = async (tab: Tab, base: string, fields: Record<string, string | number>) => {
  const hash = Object.entries(fields).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  await tab.goto(`${base}dist/index.html#${hash.join('&')}`);
  await pageReady(tab);
};

/** Opens whatever is folded. */
export const unfold = (tab: Tab) =>
  tab.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });

/** Waits until the element is there and says this. */
export const says = (tab: Tab, testId: string, wanted: string) =>
  until(
    tab,
    `"${wanted}" in ${testId}`,
    ([selector, text]) => document.querySelector(selector!)?.textContent?.includes(text!),
    [id(testId), wanted],
  );

export const finished = async (tab: Tab) => {
  const phase = await until(
    tab,
    'the end of the run',
    (status) => {
      const now = document.querySelector<HTMLElement>(status)?.dataset['phase'];
      return now === 'finished' || now === 'failed' ? now : undefined;
    },
    id('status'),
  );
  if (phase === 'failed')
    throw new Error(await tab.evaluate(() => window.marginalia.run.status?.message ?? 'The run failed.'));
};

/** The one stored run, as the store has it. */
export const storedRun = async (tab: Tab): Promise<RunSummary> => {
  const runs = await tab.evaluate(() => window.marginalia.api.runs());
  if (runs.length !== 1) throw new Error(`There are ${runs.length} stored runs, not one.`);
  return runs[0]!;
};

/** The run's weights as a safetensors file. */
export const exportedWeights = async (tab: Tab): Promise<Buffer> => {
  const zip = await tab.evaluate(async () => {
    const bytes = await window.marginalia.api.exportModel();
    let text = '';
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  });
  const files = Object.entries(unzipSync(Buffer.from(zip, 'base64')));
  return Buffer.from(files.find(([name]) => name.endsWith('model.safetensors'))![1]);
};

/**
 * Gives all files of a folder to the page's folder input. Neither engine's driver takes a folder, so the input takes
 * files for as long as they are chosen.
 */
export const giveFolder = async (tab: Tab, selector: string, folder: string) => {
  const takeFolders = (yes: boolean) =>
    tab.evaluate(
      ({ selector, yes }) => {
        const input = document.querySelector<HTMLInputElement>(selector)!;
        input.webkitdirectory = yes;
        input.multiple = !yes;
      },
      { selector, yes },
    );
  await takeFolders(false);
  await tab.giveFiles(
    selector,
    readdirSync(folder).map((name) => join(folder, name)),
  );
  await takeFolders(true);
};

/** What axe finds on the page as it is now. */
export const accessibilityFaults = async (tab: Tab): Promise<string[]> => {
  await tab.evaluate((source) => {
    // As a script of the page's own, so that it puts itself on the window.
    if (!('axe' in window))
      document.head.append(Object.assign(document.createElement('script'), { text: source }));
  }, axe.source);
  return tab.evaluate(async () => {
    // A formula that has just been set, or got its letters, is measured in the next frame.
    while (!document.querySelector('math-formula .katex')) await new Promise(requestAnimationFrame);
    await document.fonts.ready;
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run();
    return violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.target.join(' ')).join(', ')}`);
  });
};

/** Deletes everything that the page lists as stored, save what comes with it and is stored again by itself. */
export const deleteAllStored = async (tab: Tab, except: string) => {
  const next = () =>
    tab.evaluate(
      ({ rows, except }) =>
        Array.from(document.querySelectorAll(rows))
          .filter((row) => row.querySelector('th')?.textContent !== except)[0]
          ?.querySelector('button')
          ?.getAttribute('aria-label') ?? '',
      { rows: `${id('storage-list')} tbody tr`, except },
    );
  for (let label = await next(); label; label = await next()) {
    const button = `button[aria-label=${JSON.stringify(label)}]`;
    await unfold(tab); // the list may have been drawn, folded, after all else was opened
    await tab.press(`${id('storage-list')} ${button}`);
    const confirm = `dialog[open] ${id('confirm-delete')}`;
    await until(tab, 'the question to stand', (asked) => Boolean(document.querySelector(asked)), confirm);
    await tab.press(confirm);
    await until(tab, `“${label}” to be done`, (gone) => !document.querySelector(gone), button);
  }
};
