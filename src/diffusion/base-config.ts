/** config.json of a base, with the scale of the rewards over its images. */
import type { Weights } from '../model/network';
import type { Tensor } from '../tf';
import { measureScale, SCALE_LISTS } from './measure';
import type { DenoiserConfig } from './net/config';
import { denoiserConfigJson } from './net/config';

/** @param between awaited after each step of the sampler */
export const baseConfig = async (
  config: DenoiserConfig,
  weights: Weights,
  between: () => Promise<void>,
): Promise<string> => {
  const net = { config, weights: weights as ReadonlyMap<string, Tensor> };
  const rewards = await measureScale(net, SCALE_LISTS, between);
  return `${JSON.stringify({ ...denoiserConfigJson(config), rewards }, null, 2)}\n`;
};
