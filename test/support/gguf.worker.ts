import { readGguf } from '../../src/model/gguf/read-gguf';

/** Reads the file that comes in, and answers with what can be sent of it. */
self.onmessage = async ({ data }: MessageEvent<Uint8Array>) => {
  const { configJson, weights } = await readGguf(data, 'model.gguf');
  self.postMessage({ configJson, norm: weights.get('model.norm.weight')!.data, count: weights.size });
};
