/** Light, dark, or as the system has it. The choice is kept on this device. */
export type Theme = 'auto' | 'light' | 'dark';

const key = 'marginalia-theme';

export const storedTheme = (): Theme => {
  try {
    const value = localStorage.getItem(key);
    return value === 'light' || value === 'dark' ? value : 'auto';
  } catch {
    return 'auto'; // storage may be forbidden
  }
};

export const isDark = (): boolean => {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
};

const announce = () => dispatchEvent(new Event('themechange'));

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

/** Applies the stored choice and tells of changes of the system's. */
export const watchTheme = () => {
  applyTheme(storedTheme());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', announce);
};

export const prefersStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
