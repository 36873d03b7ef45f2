import type { App } from './app';

/** Keys with Alt and Shift, so that no single letter is taken from a screen reader or a text field. */
export const shortcuts = [
  {
    code: 'KeyT',
    keys: 'Alt + Shift + T',
    does: 'Train, or go on with a paused run',
    run: (app: App) => app.control.train(),
  },
  {
    code: 'KeyP',
    keys: 'Alt + Shift + P',
    does: 'Pause after this step',
    run: (app: App) => app.control.pause(),
  },
  { code: 'KeyS', keys: 'Alt + Shift + S', does: 'Take one step', run: (app: App) => app.control.step() },
  { code: 'KeyX', keys: 'Alt + Shift + X', does: 'Stop', run: (app: App) => app.control.stop() },
] as const;

/** "?" where nothing is typed: the keys of this page. */
const asksForKeys = (event: KeyboardEvent): boolean => {
  const { key, ctrlKey, metaKey, altKey, defaultPrevented } = event;
  const target = event.target instanceof Element ? event.target : undefined; // a script may send it to the window
  const typing = target?.closest(
    'input:not([type="radio"], [type="checkbox"], [type="range"]), textarea, select, [contenteditable]',
  );
  return key === '?' && !ctrlKey && !metaKey && !altKey && !defaultPrevented && !typing;
};

export const listenForShortcuts = (app: App): (() => void) => {
  const listener = (event: KeyboardEvent) => {
    if (asksForKeys(event)) {
      event.preventDefault();
      void import('./keys/keys-dialog').then(({ showKeys }) =>
        showKeys(
          app.store.get().place.path,
          shortcuts.map(({ keys, does }) => [keys, does] as const),
        ),
      );
      return;
    }
    if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey || event.repeat) return;
    const shortcut = shortcuts.find((s) => s.code === event.code);
    if (!shortcut || app.store.get().connection !== 'ready') return;
    event.preventDefault();
    void shortcut.run(app);
  };
  addEventListener('keydown', listener);
  return () => removeEventListener('keydown', listener);
};
