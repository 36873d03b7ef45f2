import { expect, it, vi } from 'vitest';
import { readGguf } from '../../src/model/gguf/read-gguf';
import { smallModel, writeGguf } from '../unit/model/gguf-file';

// The parser is made for addresses on the web, and looks where it runs; it must not fetch anything, in a page or in a worker.
it('reads a GGUF file in the page and in a worker, from memory', async () => {
  const bytes = writeGguf(smallModel());
  const fetches = vi.spyOn(globalThis, 'fetch');
  const here = await readGguf(bytes, 'model.gguf');
  expect(fetches.mock.calls.filter(([target]) => String(target).includes('memory.invalid'))).toEqual([]);
  fetches.mockRestore();
  expect(here.weights.size).toBe(11);

  const worker = new Worker(new URL('../support/gguf.worker.ts', import.meta.url), { type: 'module' });
  const there = await new Promise<{ configJson: unknown; norm: Float32Array; count: number }>(
    (resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(bytes);
    },
  ).finally(() => worker.terminate());
  expect(there.configJson).toEqual(here.configJson);
  expect([there.count, ...there.norm]).toEqual([11, 1, 1]);
});
