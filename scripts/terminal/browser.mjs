// The headless page as the terminal sees it: calls in, JSON out.

import { existsSync } from 'node:fs';
import { chromium } from 'playwright';
import { launchOptions } from '../chromium.mjs';
import { UsageError } from './usage-error.mjs';

const INSTALL =
  'Install one (Debian, Ubuntu: apt-get install chromium; elsewhere: npx playwright install chromium), or set CHROMIUM_PATH to its program file.';

const launch = async (profile, adapter) => {
  const named = process.env.CHROMIUM_PATH;
  if (named && !existsSync(named)) {
    throw new UsageError(`CHROMIUM_PATH: there is no "${named}"; set it to the program file of a Chromium.`);
  }
  const options = launchOptions(adapter);
  try {
    // A first Ctrl-C or SIGTERM lets the step end and be saved, see train.mjs.
    return await chromium.launchPersistentContext(profile, {
      ...options,
      handleSIGINT: false,
      handleSIGTERM: false,
    });
  } catch (error) {
    if (/executable doesn't exist|distribution 'chromium' is not found|ENOENT/i.test(error.message)) {
      throw new UsageError(`No Chromium was found. ${INSTALL}`);
    }
    if (/ProcessSingleton|profile appears to be in use/i.test(error.message)) {
      throw new UsageError('--store: another run is using that folder; wait for it, or choose another.');
    }
    const program = 'executablePath' in options ? options.executablePath : 'Playwright’s Chromium';
    if (/launch|process did exit|has been closed|EACCES/i.test(error.message)) {
      throw new UsageError(`${program} could not be started as a browser. ${INSTALL}`, { cause: error });
    }
    throw error;
  }
};

/**
 * @param {string} profile folder of the browser's data
 * @param {string} adapter 'default' or 'swiftshader', see chromium.mjs
 * @param {string} url of the server
 * @param {(event: any) => void} onEvent
 */
export const openPage = async (profile, adapter, url, onEvent) => {
  const context = await launch(profile, adapter);
  const page = context.pages()[0] ?? (await context.newPage());
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  await page.exposeFunction('marginaliaEvent', onEvent);
  await page.goto(`${url}headless.html`);
  await page.waitForFunction('window.marginaliaHeadless !== undefined', undefined, { timeout: 60_000 });
  return {
    /**
     * Calls a function of src/headless.ts. What the person gave travels as an argument, never as part of the script.
     * @param {string} name
     * @param {...unknown} args
     * @returns {Promise<any>}
     */
    call: (name, ...args) =>
      page.evaluate((told) => window['marginaliaHeadless'][told.name](...told.args), { name, args }),
    close: () => context.close(),
  };
};
