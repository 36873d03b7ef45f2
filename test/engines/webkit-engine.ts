import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { RunningEngine } from './tab';
import { beginSession, driverAt, type Session } from './webdriver';

/** In a process group of its own, so that whatever it starts can be ended with it. */
const start = (program: string, args: string[], env: Record<string, string> = {}) =>
  spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  });

const end = async (child: ChildProcess) => {
  if (child.pid === undefined) return;
  const gone = child.exitCode === null ? new Promise((done) => child.once('exit', done)) : undefined;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
  await gone;
};

/** Starts an X server without a screen; gives the display it took. */
const startDisplay = async (program: string, { width, height }: { width: number; height: number }) => {
  const server = start(program, [
    '-displayfd',
    '1',
    '-screen',
    '0',
    `${width}x${height}x24`,
    '-nolisten',
    'tcp',
  ]);
  const number = await new Promise<string>((done, fail) => {
    server.once('error', fail);
    server.once('exit', (code) => fail(new Error(`Xvfb ended with ${code} before it had a display.`)));
    createInterface(server.stdout!).once('line', done);
  });
  return { server, display: `:${number.trim()}` };
};

const freePort = () =>
  new Promise<number>((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });

/** WebKitGTK on a display of its own. Each tab is a session of its own, which keeps nothing of the one before. */
export const startWebKit = async (
  programs: { driver: string; display: string },
  size: { width: number; height: number },
): Promise<RunningEngine> => {
  const home = mkdtempSync(join(tmpdir(), 'marginalia-webkit-'));
  const children: ChildProcess[] = [];
  const endAll = () => {
    for (const child of children) void end(child);
    rmSync(home, { recursive: true, force: true });
  };
  process.once('exit', endAll); // the tests may end without having closed it
  let session: Session | undefined;
  const close = async () => {
    await session?.end().catch(() => undefined); // what follows ends it in any case
    await Promise.all(children.map(end));
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    process.off('exit', endAll);
  };
  try {
    // The setting behind prefers-reduced-motion.
    mkdirSync(join(home, 'config', 'gtk-3.0'), { recursive: true });
    writeFileSync(join(home, 'config', 'gtk-3.0', 'settings.ini'), '[Settings]\ngtk-enable-animations=0\n');
    const { server, display } = await startDisplay(programs.display, size);
    children.push(server);
    const port = await freePort();
    const driver = start(programs.driver, [`--port=${port}`], {
      DISPLAY: display,
      GDK_BACKEND: 'x11',
      HOME: home,
      XDG_CACHE_HOME: join(home, 'cache'),
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_DATA_HOME: join(home, 'data'),
    });
    children.push(driver);
    const call = driverAt(`http://127.0.0.1:${port}`);
    for (let tries = 0; ; tries++) {
      try {
        await call('GET', '/status');
        break;
      } catch (error) {
        if (tries > 100 || driver.exitCode !== null) throw error;
        await wait(50);
      }
    }
    const begin = async () => {
      await session?.end();
      session = undefined;
      session = await beginSession(call, size);
      return session;
    };
    const { name } = await begin();
    return { name, open: async () => (await begin()).tab, close };
  } catch (error) {
    await close();
    throw error;
  }
};
