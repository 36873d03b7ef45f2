import { chromium, firefox } from '@playwright/test';
import { launchOptions } from '../../scripts/chromium.mjs';
import { programOf } from '../../scripts/other-browsers.mjs';
import { playwrightEngine } from './playwright-engine';
import type { RunningEngine } from './tab';
import { startWebKit } from './webkit-engine';

const size = { width: 1440, height: 900 };

/** How each engine is started; rejects with what to install where it is not there. */
export const engines = {
  Chromium: async (): Promise<RunningEngine> =>
    playwrightEngine(await chromium.launch(launchOptions()), size),
  Firefox: async (): Promise<RunningEngine> => {
    const executablePath = programOf('firefox-esr');
    const browser = await firefox.launch({
      channel: 'moz-firefox', // as its makers build it; Playwright's own is a changed one
      executablePath,
      firefoxUserPrefs: { 'ui.prefersReducedMotion': 1 },
    });
    return playwrightEngine(browser, size);
  },
  WebKit: async (): Promise<RunningEngine> =>
    startWebKit({ driver: programOf('webkit2gtk-driver'), display: programOf('xvfb') }, size),
};

export type EngineName = keyof typeof engines;
