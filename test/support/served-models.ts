import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';

/** Lets `fetch` read the built-in models from the folder that a server would give. Undone by `vi.unstubAllGlobals`. */
export const servedModels = () =>
  vi.stubGlobal(
    'fetch',
    async (url: string) => new Response(readFileSync(join('public', new URL(url).pathname))),
  );
