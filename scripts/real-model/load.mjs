// How long a stored model takes from IndexedDB to the device, and how much memory of the page's process that takes:
//
//   node scripts/real-model/load.mjs FILE.gguf [webgpu|wasm]
//
// Linux only: memory is the resident set of the process that runs the page and its worker, from /proc. The baseline is the
// same page with the built-in model loaded; the peak is the kernel's own high-water mark, set back before.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { ensureBuilt, projectRoot } from '../build.mjs';
import { launchOptions } from '../chromium.mjs';
import { serveFolder } from '../static-server.mjs';

const [gguf, backend = 'webgpu'] = process.argv.slice(2);
if (!gguf) {
  console.error('Usage: node scripts/real-model/load.mjs FILE.gguf [webgpu|wasm]');
  process.exit(2);
}

const field = (pid, name) =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) *
  1024;

/** Whether a process is this script's, through its parents. */
const isOurs = (pid) => {
  for (
    let at = Number(pid);
    at > 1;
    at = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${at}/status`, 'utf8'))?.[1])
  ) {
    if (at === process.pid) return true;
  }
  return false;
};

/** The renderer that uses most memory: the page's own, beside those of the browser's empty tabs. */
const rendererPid = () => {
  let best = 0;
  let most = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer') || !isOurs(pid)) continue;
      const size = field(pid, 'VmRSS');
      if (size > most) [best, most] = [Number(pid), size];
    } catch {
      // it has ended
    }
  }
  return best;
};

await ensureBuilt({ note: (line) => console.log(line) });
const server = await serveFolder({ root: join(projectRoot, 'dist') });
const browser = await chromium.launch(launchOptions(backend === 'webgpu' ? 'swiftshader' : 'default'));
try {
  const context = await browser.newContext();
  const open = async () => {
    const page = await context.newPage();
    await page.goto(`${server.url}#backend=${backend}`);
    await page.evaluate('window.marginalia.ready');
    return page;
  };
  const first = await open();
  await first.locator('[data-testid="model-files"]').setInputFiles(gguf);
  await first.waitForFunction(
    () => document.querySelector('[data-testid=model-details]')?.textContent?.includes('kept'),
    undefined,
    { timeout: 300_000 },
  );
  const id = await first.evaluate('window.marginalia.run.document.model');
  await first.close();

  const page = await open(); // a process of its own, with nothing of the first reading in it
  await page.waitForTimeout(2000);
  const pid = rendererPid();
  writeFileSync(`/proc/${pid}/clear_refs`, '5'); // the high-water mark begins anew
  const baseline = field(pid, 'VmRSS');
  const [ownBefore, sharedBefore] = [field(pid, 'RssAnon'), field(pid, 'RssShmem')];
  let [own, shared] = [0, 0];
  const timer = setInterval(() => {
    own = Math.max(own, field(pid, 'RssAnon') - ownBefore);
    shared = Math.max(shared, field(pid, 'RssShmem') - sharedBefore);
  }, 10);
  const seconds = await page.evaluate(async (model) => {
    const start = performance.now();
    await window['marginalia'].api.load(model);
    await window['marginalia'].api.memory();
    return (performance.now() - start) / 1000;
  }, id);
  clearInterval(timer);
  const peak = field(pid, 'VmHWM');
  const file = statSync(gguf).size;
  const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
  const extra = peak - baseline;
  console.log(
    `${backend}: ${seconds.toFixed(1)} s from IndexedDB to the device; file ${megabytes(file)} MB; ` +
      `${megabytes(extra)} MB of memory more than before (${megabytes(extra - file)} MB beside the file; at most ${megabytes(own)} MB its own, ${megabytes(shared)} MB shared with the browser)`,
  );
} finally {
  await browser.close();
  await server.close();
}
