import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { loneWorkers } from './scripts/lone-workers.mjs';
import { writeServiceWorker } from './scripts/offline-files.mjs';

/** Once everything is written, tells the service worker what there is to keep. */
const offline = (): Plugin => {
  let root = '';
  return {
    name: 'offline',
    apply: 'build',
    configResolved(config) {
      root = join(config.root, config.build.outDir);
    },
    closeBundle() {
      writeServiceWorker(root);
    },
  };
};

/** The page, and the bare page that the terminal drives. Relative addresses, so that it runs from any folder. */
export default defineConfig({
  base: './',
  plugins: [offline()],
  cacheDir: process.env.VITE_CACHE_DIR ?? 'node_modules/.vite',
  worker: { format: 'es', plugins: () => [loneWorkers()] },
  optimizeDeps: {
    include: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu', '@tensorflow/tfjs-backend-wasm'],
  },
  build: {
    target: 'es2022',
    // The three builds of the WebAssembly backend are files of their own, never base64 in a script.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      input: {
        index: 'index.html',
        headless: 'headless.html',
        'service-worker': 'workers/service-worker.ts',
        // A plain script for pages that embed this one.
        embed: 'src/embed.ts',
      },
      output: {
        // The worker's scope is the folder that it lies in, and its name must stay for a browser to find the next one.
        entryFileNames: ({ name }) =>
          name === 'service-worker' || name === 'embed' ? '[name].js' : 'assets/[name]-[hash].js',
      },
    },
  },
});
