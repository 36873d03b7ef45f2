import { chromium } from 'playwright';
import { spawn } from 'node:child_process';
import { launchOptions } from './chromium.mjs';
const port = process.env.MARGINALIA_E2E_PORT;
const server = process.env.NOSERVE ? undefined : spawn('node', ['scripts/e2e-server.mjs', port], { stdio: ['ignore','inherit','inherit'], detached: true });
const url = `http://localhost:${port}/`;
for (let i = 0; i < 400; i++) { try { const r = await fetch(url + 'examples/embed/'); if (r.ok) break; } catch {} await new Promise(r => setTimeout(r, 300)); }
try {
  for (let round = 0; round < Number(process.argv[2] ?? 3); round++) {
    const browser = await chromium.launch(launchOptions());
    const page = await browser.newPage();
    const visit = async (label) => {
      const t0 = performance.now();
      await page.goto(url + 'dist/index.html' + (process.argv[3] ?? ''));
      await page.waitForFunction(() => window.marginalia !== undefined);
      await page.evaluate(async () => { await window.marginalia.ready; });
      const ready = performance.now() - t0;
      const out = await page.evaluate(async () => {
        const t = performance.now(); const marks = {}; let last; let phase0 = t;
        const phases = [];
        let at = window.marginalia.events.length;
        window.marginalia.train();
        for (;;) {
          const events = window.marginalia.events;
          const now = performance.now();
          for (; at < events.length; at++) { const e = events[at];
            if (e.kind === 'status' && e.status.phase !== last) { phases.push([e.status.phase, Math.round(now - t)]); last = e.status.phase; }
            if (e.kind === 'metrics') return { first: Math.round(now - t), phases, doc: window.marginalia.run.document.method.id };
            if (e.kind === 'error') return e;
          }
          await new Promise(r => setTimeout(r, 5));
        }
      });
      console.log(label, 'ready', Math.round(ready), 'total', Math.round(ready + out.first), JSON.stringify(out));
    };
    await visit('fresh');
    await page.waitForFunction(() => ['finished','failed'].includes(window.marginalia.run.status?.phase), null, { timeout: 200000 });
    await visit('second visit');
    await browser.close();
  }
} finally { if (server) process.kill(-server.pid); }
