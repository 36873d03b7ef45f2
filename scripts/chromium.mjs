// Where the browser is, and the flags under which WebGPU runs on a machine without a GPU.
import { existsSync } from 'node:fs';

const candidates = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of a Chromium on this machine, or undefined to let Playwright use one of its own. */
export const chromiumPath = () => candidates.find((path) => path && existsSync(path));

/** Flags for a headless Chromium. `adapter` is 'swiftshader' (software) or 'default' (the machine's own GPU). */
export const chromiumFlags = (adapter = process.env.MARGINALIA_ADAPTER ?? 'swiftshader') => [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  ...(adapter === 'swiftshader' ? ['--use-webgpu-adapter=swiftshader'] : []),
  ...(process.platform === 'linux' ? ['--enable-features=Vulkan'] : []),
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];

/** Playwright launch options that both test runners and the command-line scripts share. */
export const launchOptions = (adapter) => {
  const executablePath = chromiumPath();
  return {
    headless: true,
    args: ['--headless=new', ...chromiumFlags(adapter)],
    ...(executablePath ? { executablePath } : { channel: 'chromium' }),
  };
};
