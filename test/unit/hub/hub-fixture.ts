import { createHash } from 'node:crypto';
import type { HubOptions } from '../../../src/hub/download';

export const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Bytes that say where they are, so that a wrong join shows. */
export const pattern = (length: number, seed = 1): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed) & 255));

export const weights = pattern(50_000);

/** A small model with a hash for the large file alone, as a hub gives it. */
export const modelFiles = () => ({
  'config.json': { body: '{"model_type":"llama"}' },
  'tokenizer.json': { body: '{}' },
  'tokenizer_config.json': { body: '{}' },
  'README.md': { body: '# no' },
  'model.safetensors': { body: weights, sha256: sha(weights) },
});

/** Waits that a test can afford. */
export const quick: HubOptions = {
  retry: { firstWait: 1, longestWait: 1500, stall: 400, progress: 1_000_000, retries: 5 },
};

export const errorOf = async (promise: Promise<unknown>): Promise<Error> => {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It did not fail.');
};
