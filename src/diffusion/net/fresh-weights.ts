/** Random weights that a denoiser is trained from. */
import type { HostWeights } from '../../model/host-weights';
import { createRng } from '../../util/rng';
import type { DenoiserConfig } from './config';
import { denoiserShapes } from './config';

/** Spread of what stands for places, shapes and hues. */
const EMBEDDED = 0.02;

/**
 * As PyTorch begins linear layers, uniform within 1 / sqrt(in), with every modulation and the output at nothing (adaLN-zero): each block
 * leaves its input as it is, and v is 0.
 */
export const freshDenoiser = (config: DenoiserConfig, seed: number): HostWeights => {
  const rng = createRng(seed).fork('denoiser');
  const weights: HostWeights = new Map();
  const shapes = denoiserShapes(config);
  for (const [name, shape] of shapes) {
    const own = rng.fork(name);
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    if (/^(position|shape|hue)$/.test(name)) {
      for (let i = 0; i < data.length; i++) data[i] = EMBEDDED * own.normal();
    } else if (!/^final\.|modulation/.test(name)) {
      const inputs = shapes.get(name.replace(/\.bias$/, '.weight'))![1]!;
      for (let i = 0; i < data.length; i++) data[i] = (2 * own.next() - 1) / Math.sqrt(inputs);
    }
    weights.set(name, { shape, data });
  }
  return weights;
};
