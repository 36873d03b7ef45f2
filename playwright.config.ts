import { availableParallelism } from 'node:os';
import { defineConfig } from '@playwright/test';
import { launchOptions } from './scripts/chromium.mjs';

const port = Number(process.env.MARGINALIA_E2E_PORT ?? 4817);

export default defineConfig({
  projects: [
    { name: 'e2e', testDir: 'test/e2e' },
    { name: 'engines', testDir: 'test/engines' },
  ],
  outputDir: 'test-results',
  timeout: 120_000,
  expect: { timeout: 30_000 },
  // A page trains on one thread and waits a good deal of the time: two tests at once fill two cores.
  workers: Math.min(2, availableParallelism()),
  fullyParallel: false,
  forbidOnly: true,
  // Browsers and their drivers have hiccups of their own. What needed a second try is named at the end of `npm test`.
  retries: 1,
  reporter: 'list',
  use: {
    baseURL: `http://localhost:${port}/`,
    launchOptions: launchOptions(),
    // Kept for visits without a connection it is in offline.spec.ts alone; elsewhere every test loads the build afresh.
    serviceWorkers: 'block',
    trace: 'off',
    screenshot: 'off',
  },
  webServer: {
    command: `node scripts/e2e-server.mjs ${port}`,
    url: `http://localhost:${port}/examples/embed/`,
    timeout: 240_000,
    reuseExistingServer: false,
  },
});
