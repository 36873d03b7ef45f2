import { expect, vi } from 'vitest';
import type { App } from '../../src/ui/app';
import { mountPage } from '../../src/ui/mount';
import { createFakeTrainer, type FakeOptions, type FakeTrainer } from './fake-trainer';

/* The page over the stand-in for the engine, for tests in a real browser. */

export const byId = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
export const text = (id: string) => (byId(id)?.textContent ?? '').replace(/\s+/g, ' ').trim();
export const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 30 });
export const phase = () => byId('status')?.dataset['phase'];

/** The control with this test id, once it is there. */
export const control = async <T extends HTMLElement = HTMLInputElement>(id: string): Promise<T> => {
  await until(() => expect(byId(id), id).not.toBeNull());
  return byId(id) as T;
};

export const fill = async (id: string, value: string) => {
  const input = await control(id);
  input.value = value;
  input.dispatchEvent(new Event('change', { bubbles: true }));
};

export const choose = async (id: string, value: string) => {
  const select = await control<HTMLSelectElement>(id);
  select.value = value;
  expect(select.value, `${id} has the option ${value}`).toBe(value);
  select.dispatchEvent(new Event('change', { bubbles: true }));
};

export const file = (name: string, content: string) => new File([content], name);

const transferOf = (files: readonly File[]) => {
  const transfer = new DataTransfer();
  for (const one of files) transfer.items.add(one);
  return transfer;
};

/** Puts files into a file input, as choosing them does. */
export const give = async (id: string, ...files: File[]) => {
  const input = await control(id);
  input.files = transferOf(files).files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
};

/** Drops files on an element. */
export const drop = async (id: string, ...files: File[]) => {
  const target = await control(id);
  const dataTransfer = transferOf(files);
  for (const type of ['dragover', 'drop'])
    target.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
};

export const openUi = async (
  options: FakeOptions = {},
  hash = '',
): Promise<{ app: App; fake: FakeTrainer }> => {
  history.replaceState(null, '', hash || location.pathname + location.search);
  document.body.innerHTML = '<div id="app"></div>';
  const fake = createFakeTrainer({ pace: 4, ...options });
  const app = mountPage(document.getElementById('app')!, () => fake);
  await until(() => expect(app.store.get().connection).not.toBe('starting'));
  return { app, fake };
};

export const closeUi = (app: App | undefined) => {
  app?.end();
  document.body.innerHTML = '';
  history.replaceState(null, '', location.pathname + location.search);
};
