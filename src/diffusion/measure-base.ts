/** What finish-shapes.mjs needs of the program, in one module: each import of a script has modules of its own. */

import { initBackend, tf } from '../tf';
import { denoiserFromFiles } from './denoiser-model';
import { evaluateDenoiser, measureScale } from './measure';
import type { Denoiser } from './net/denoiser';
import type { Scale } from './world/preference';

const soon = async () => undefined;

export const denoiserOnDevice = async (config: Uint8Array, weights: Uint8Array): Promise<Denoiser> => {
  await initBackend('wasm');
  const summary = { id: 'shapes-nano', name: 'Shapes, nano', description: '', parameters: 0, builtIn: true };
  const files = new Map([
    ['config.json', config],
    ['model.safetensors', weights],
  ]);
  const { denoiser, weights: own } = await denoiserFromFiles(summary, files);
  return {
    config: denoiser!.config,
    weights: new Map([...own].map(([name, { data, shape }]) => [name, tf.keep(tf.tensor(data, [...shape]))])),
  };
};

/** Over 2,048 images. */
export const scaleOfBase = (net: Denoiser): Promise<Scale> => measureScale(net, 57, soon);

export const evaluationOf = (net: Denoiser, scale: Scale, count: number) =>
  evaluateDenoiser(net, count, scale, soon);
