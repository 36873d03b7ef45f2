import type { Browser, BrowserContext, Page } from '@playwright/test';
import type { RunningEngine, Tab } from './tab';

const tabOf = (page: Page): Tab => ({
  goto: async (address) => void (await page.goto(address)),
  reload: async () => void (await page.reload()),
  evaluate: (run, argument) => page.evaluate(run as never, argument) as never,
  press: (selector) => page.locator(selector).click(),
  giveFiles: (selector, paths) => page.locator(selector).setInputFiles([...paths]),
  screenshot: () => page.screenshot(),
});

/** An engine that Playwright speaks with. Each tab has a context, and so a storage, of its own. */
export const playwrightEngine = (
  browser: Browser,
  size: { width: number; height: number },
): RunningEngine => {
  let context: BrowserContext | undefined;
  return {
    name: `${browser.browserType().name()} ${browser.version()}`,
    open: async () => {
      await context?.close();
      context = await browser.newContext({ viewport: size });
      return tabOf(await context.newPage());
    },
    close: () => browser.close(),
  };
};
