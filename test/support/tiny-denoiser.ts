import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { denoiserFromFiles } from '../../src/diffusion/denoiser-model';
import { denoiserConfigJson } from '../../src/diffusion/net/config';
import type { LoadedModel } from '../../src/load/loaded-model';

/** Two layers of width 16 with random weights. */
export const tinyDenoiserConfig = { hiddenSize: 16, layers: 2, heads: 2, patch: 3 };

export const tinyDenoiserFiles = (changes: Record<string, unknown> = {}): Map<string, Uint8Array> => {
  const each = { mean: 0, sd: 0.5 };
  const json = {
    ...denoiserConfigJson(tinyDenoiserConfig),
    rewards: { brightness: each, symmetry: each, colour: each, shape: each },
    ...changes,
  };
  return new Map([
    ['config.json', new TextEncoder().encode(JSON.stringify(json))],
    [
      'model.safetensors',
      new Uint8Array(readFileSync(join(process.cwd(), 'test/golden/diffusion/reference.safetensors'))),
    ],
  ]);
};

export const tinyDenoiser = (): Promise<LoadedModel> =>
  denoiserFromFiles(
    { id: 'shapes-tiny', name: 'Shapes, tiny', description: '', parameters: 0, builtIn: true },
    tinyDenoiserFiles(),
  );
