import { readFile } from 'node:fs/promises';
import type { GoldenFiles } from './golden-files';

export const goldenFiles: GoldenFiles = {
  bytes: async (path) => new Uint8Array(await readFile(new URL(`../golden/${path}`, import.meta.url))),
};
