import { defineConfig } from 'vite';
import { loneWorkers } from './scripts/lone-workers.mjs';

/**
 * The library: dist/lib/marginalia.js, with its worker, the WebAssembly files and the built-in models beside it, all found
 * relative to the module's own address; and charts.js, the page's own elements. Not Vite's library mode, which would put them into the script as base64.
 */
export default defineConfig({
  base: './',
  cacheDir: process.env.VITE_CACHE_DIR ?? 'node_modules/.vite',
  worker: { format: 'es', plugins: () => [loneWorkers()] },
  build: {
    target: 'es2022',
    outDir: 'dist/lib',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { marginalia: 'src/index.ts', charts: 'src/charts.ts' },
      preserveEntrySignatures: 'strict',
      output: {
        entryFileNames: '[name].js',
        // The looks of the elements are to be linked by whoever uses them.
        assetFileNames: ({ names }) =>
          names.some((name) => name.endsWith('.css')) ? '[name][extname]' : 'assets/[name]-[hash][extname]',
      },
    },
  },
});
