// `npm start`: builds the page, the library and its examples if need be, serves them here and opens the browser.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, projectRoot } from './build.mjs';
import { serveFolder } from './static-server.mjs';
import { withoutStacks } from './terminal/tell-error.mjs';

withoutStacks();

const help = `Usage: npm start -- [--port N] [--no-open]

  --port N    port on this machine (4747, or the next free one)
  --no-open   only print the address
`;

const fail = (message) => {
  console.error(message);
  process.exit(1);
};

const readOptions = () => {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '4747' },
        'no-open': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    return fail(`${error.message}\n\n${help}`);
  }
};

const openBrowser = (url) => {
  const [command, args] =
    process.platform === 'darwin'
      ? ['open', [url]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '', url]]
        : ['xdg-open', [url]];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {}); // no browser here; the address is printed
  child.unref();
};

const options = readOptions();
if (options.help) {
  console.log(help);
  process.exit(0);
}
const port = Number(options.port);
if (!Number.isInteger(port) || port < 0 || port > 65535)
  fail(`--port: "${options.port}" is not a port; use 0 to 65535.`);

try {
  await ensureBuilt({ library: true, note: (line) => console.log(line) });
  const server = await serveFolder({ root: join(projectRoot, 'dist'), port, fallback: true });
  console.log(`Marginalia is at ${server.url}  (Ctrl-C ends it)`);
  const canShow = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (!options['no-open'] && !process.env.CI && canShow) openBrowser(server.url);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(signal, async () => {
      await server.close();
      process.exit(0);
    });
  }
} catch (error) {
  fail(error.message);
}
