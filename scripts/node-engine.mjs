// The engine in this process, on WebAssembly: what the page's worker runs, with a store that forgets.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'vite';
import { projectRoot } from './build.mjs';
import { serveFolder } from './static-server.mjs';

/**
 * Makes the sources loadable, and serves the built-in models to them.
 * @returns {Promise<{ load: (path: string) => Promise<any>, models: any[],
 *   start: () => Promise<{ api: any, device: string }>, close: () => Promise<void> }>}
 *   `start` gives a trainer with nothing stored; what it keeps goes with it
 */
export const openNodeEngine = async () => {
  const vite = await createServer({
    root: projectRoot,
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  });
  const load = (path) => vite.ssrLoadModule(path);
  const { createTrainerApi } = await load('/src/trainer.ts');
  const files = await serveFolder({ root: join(projectRoot, 'public') });
  return {
    load,
    models: JSON.parse(readFileSync(join(projectRoot, 'public/models/index.json'), 'utf8')),
    start: async () => {
      const api = createTrainerApi(files.url);
      const { adapter } = await api.init('wasm');
      const processor = cpus()[0]?.model.trim() ?? 'a CPU';
      return { api, device: `${adapter} in Node ${process.versions.node} on ${processor}` };
    },
    close: async () => {
      await files.close();
      await vite.close();
    },
  };
};
