// `npm run bench`: the measurements of bench/ in a headless Chromium with WebGPU, as ratios within one run.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { createServer } from 'vite';
import { projectRoot } from './build.mjs';
import { launchOptions } from './chromium.mjs';
import { withoutStacks } from './terminal/tell-error.mjs';

withoutStacks();

const help = `Usage: npm run bench -- [--json FILE] [--only NAME ...]

  --json FILE   write adapter, ratios and every line
  --only NAME   linearLogProb, exactKl, linear, loraMemory, packed, twins, dpoStep, methodCost or treePacking;
                may be repeated

MARGINALIA_ADAPTER=swiftshader forces the software adapter.
`;

const openPage = async (url, adapter) => {
  const browser = await chromium.launch(launchOptions(adapter));
  const page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'log') console.log(message.text());
    else if (message.type() === 'error') console.error(message.text());
  });
  page.on('pageerror', (error) => console.error(error.message));
  await page.goto(url);
  await page.waitForFunction('window.marginaliaBench !== undefined', undefined, { timeout: 120_000 });
  return { browser, page };
};

const main = async () => {
  let options;
  try {
    options = parseArgs({
      options: {
        json: { type: 'string' },
        only: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${error.message}\n\n${help}`);
    return 2;
  }
  if (options.help) {
    console.log(help);
    return 0;
  }
  const server = await createServer({
    root: projectRoot,
    logLevel: 'error',
    server: { port: 0, hmr: false, watch: null },
  });
  await server.listen();
  const url = new URL('bench/index.html', server.resolvedUrls?.local[0]).href;
  let opened;
  try {
    opened = await openPage(url, process.env.MARGINALIA_ADAPTER ?? 'default');
    const hasAdapter = await opened.page.evaluate(
      'navigator.gpu?.requestAdapter().then((adapter) => adapter !== null)',
    );
    if (!hasAdapter) {
      await opened.browser.close();
      opened = await openPage(url, 'swiftshader');
    }
    const names = await opened.page.evaluate('window.marginaliaBench.names');
    const unknown = options.only.find((name) => !names.includes(name));
    if (unknown) {
      console.error(`--only: "${unknown}" is not a part; use one of ${names.join(', ')}.`);
      return 2;
    }
    const result = await opened.page.evaluate(`window.marginaliaBench.run(${JSON.stringify(options.only)})`);
    console.log(
      `\nAdapter: ${result.adapter}${result.software ? ' (a CPU plays the GPU: read the ratios only)' : ''}`,
    );
    for (const [name, value] of Object.entries(result.ratios))
      console.log(`${name.padEnd(22)} ${value.toFixed(2)}`);
    if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
    return Object.values(result.parts).some((part) => part.error) ? 1 : 0;
  } finally {
    await opened?.browser.close();
    await server.close();
  }
};

process.exit(await main());
