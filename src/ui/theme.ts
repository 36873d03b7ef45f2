/** Light, dark, or as the system has it. The choice is kept on this device. */
export type Theme = 'auto' | 'light' | 'dark';

const key = 'marginalia-theme';

const storedTheme = (): Theme => {
  try {
    const value = localStorage.getItem(key);
    return value === 'light' || value === 'dark' ? value : 'auto';
  } catch {
    return 'auto'; // storage may be forbidden
  }
};

/** What the page has now, also where the choice could not be kept. */
export const currentTheme = (): Theme =>
  (document.documentElement.dataset['theme'] as Theme | undefined) ?? 'auto';

/** Tells who draws; the browser's own bar takes the colour of the paper. */
const announce = () => {
  const { backgroundColor } = getComputedStyle(document.documentElement);
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]'))
    meta.content = backgroundColor;
  dispatchEvent(new Event('themechange'));
};

export const applyTheme = (theme: Theme) => {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem(key, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
  announce();
};

/** Paper is white: what is drawn for it, before the page is set, is drawn in the light theme. */
const printLight = () => {
  let before: string | undefined;
  addEventListener('beforeprint', () => {
    before = document.documentElement.dataset['theme'];
    document.documentElement.dataset['theme'] = 'light';
  });
  addEventListener('afterprint', () => {
    if (before === undefined) delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = before;
  });
};

let watched = false;

/** Applies the stored choice, tells of changes of the system's, and prints light. */
export const watchTheme = () => {
  applyTheme(storedTheme());
  if (watched) return;
  watched = true;
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', announce);
  printLight();
};

export const prefersStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
