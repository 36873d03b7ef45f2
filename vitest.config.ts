import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { launchOptions } from './scripts/chromium.mjs';

// Runs side by side in one checkout must not share a dependency cache.
const cacheDir = process.env.VITE_CACHE_DIR ?? 'node_modules/.vite';

export default defineConfig({
  cacheDir,
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 60_000,
          // One thread less than the cores, as vitest has it, leaves one of two cores idle: these tests have no other process.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          setupFiles: ['test/support/setup.ts'],
        },
      },
      {
        cacheDir,
        optimizeDeps: {
          include: [
            '@tensorflow/tfjs',
            '@tensorflow/tfjs-backend-webgpu',
            '@tensorflow/tfjs-backend-wasm',
            'comlink',
            'idb',
            'zod/mini',
            'fflate',
            'fast-check',
            '@huggingface/gguf',
            'oniguruma-to-es',
            'hyparquet',
            'hyparquet-compressors',
            'papaparse',
            'lit',
            'uplot',
          ],
        },
        test: {
          name: 'gpu',
          include: ['test/gpu/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          globalSetup: ['test/support/hub-global.ts'],
          setupFiles: ['test/support/setup.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: launchOptions() }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
