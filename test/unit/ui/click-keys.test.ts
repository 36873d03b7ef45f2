import { afterEach, expect, it, vi } from 'vitest';
import { ClickKeys } from '../../../src/ui/click/click-keys';

afterEach(() => vi.unstubAllGlobals());

/** Two panels one within the other, as with a model that draws; each notes what it is told. */
const panels = (outer: boolean, inner: boolean) => {
  const heard: string[] = [];
  const listeners: ((event: unknown) => void)[] = [];
  vi.stubGlobal('addEventListener', (_: string, f: (event: unknown) => void) => listeners.push(f));
  const panel = (name: string, listens: boolean) => {
    const hears = {
      listens: () => listens,
      click: (click: string) => heard.push(`${name} ${click}`),
      undo: () => heard.push(`${name} undo`),
    };
    const host = { addController: (own: { hostConnected?(): void }) => own.hostConnected?.() };
    new ClickKeys(host as never, 'same', hears as never);
  };
  panel('outer', outer);
  panel('inner', inner);
  const press = (key: string, more: object = {}) => {
    const event = {
      key,
      defaultPrevented: false,
      target: { closest: () => null },
      preventDefault: () => void Object.assign(event, { defaultPrevented: true }),
      ...more,
    };
    for (const listener of listeners) listener(event);
    return event.defaultPrevented;
  };
  return { heard, press };
};

it('leaves keys to the panel that has something to click on, and takes each once', () => {
  const drawn = panels(false, true);
  expect(['ArrowLeft', 'u', ' ', 'x'].map((key) => drawn.press(key))).toEqual([true, true, true, false]);
  expect(drawn.heard).toEqual(['inner left', 'inner undo', 'inner same']);
  const both = panels(true, true);
  both.press('ArrowRight');
  both.press('ArrowRight', { ctrlKey: true });
  both.press('ArrowRight', { target: { closest: () => ({}) } });
  expect(both.heard).toEqual(['outer right']);
  const none = panels(false, false);
  expect(none.press('ArrowDown')).toBe(false);
});
