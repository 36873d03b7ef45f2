import { defineConfig } from 'vite';

/** The page, and the bare page that the terminal drives. Relative addresses, so that it runs from any folder. */
export default defineConfig({
  base: './',
  cacheDir: process.env.VITE_CACHE_DIR ?? 'node_modules/.vite',
  worker: { format: 'es' },
  optimizeDeps: {
    include: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu', '@tensorflow/tfjs-backend-wasm'],
  },
  build: {
    target: 'es2022',
    // The three builds of the WebAssembly backend are files of their own, never base64 in a script.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: { index: 'index.html', headless: 'headless.html' } },
  },
});
