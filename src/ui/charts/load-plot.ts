const isLanguage = (tag: string) => {
  try {
    return Intl.NumberFormat.supportedLocalesOf(tag) !== undefined;
  } catch {
    return false;
  }
};

/**
 * uPlot, loaded with the first chart. As it loads it asks for number formats in the browser's language, and throws where
 * that is no language tag (WebKitGTK says "c" under the POSIX locale): there it is told English.
 */
export const loadPlot = async () => {
  if (isLanguage(navigator.language)) return (await import('uplot')).default;
  Object.defineProperty(navigator, 'language', { value: 'en', configurable: true });
  try {
    return (await import('uplot')).default;
  } finally {
    Reflect.deleteProperty(navigator, 'language'); // the browser's own shows again
  }
};
