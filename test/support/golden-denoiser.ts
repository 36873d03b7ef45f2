import type { DenoiserConfig } from '../../src/diffusion/net/config';
import { denoiserShapes } from '../../src/diffusion/net/config';
import type { Denoiser } from '../../src/diffusion/net/denoiser';
import type { Condition } from '../../src/diffusion/world/condition';
import type { HostWeights } from '../../src/model/host-weights';
import { readSafetensors } from '../../src/model/safetensors';
import { tf } from '../../src/tf';
import type { GoldenFiles } from './golden-files';
import { goldenJson } from './golden-files';

/** What test/golden/make_diffusion.py writes. */
export interface GoldenDenoiser {
  config: DenoiserConfig;
  schedule: { alphaBar: Record<string, number> };
  forward: {
    images: number[];
    times: number[];
    shapes: number[];
    hues: number[];
    dy: number[];
    v: number[];
    gradient: number[];
    norms: Record<string, number>;
    weights: Record<string, number[]>;
  };
  training: {
    beta: number;
    learningRate: number;
    images: number[];
    noise: number[];
    times: number[];
    loss: number;
    norm: number;
    after: Record<string, number[]>;
  };
  sampling: {
    noise: number[];
    draws: number[];
    trajectories: { eta: number; clamp: boolean; images: number[] }[];
  };
  transitions: { from: number; to: number; sigma: number; target: number[]; logProb: number[] }[];
}

export interface Golden {
  fixture: GoldenDenoiser;
  policy: HostWeights;
  reference: HostWeights;
  conditions: Condition[];
}

export const loadGoldenDenoiser = async (files: GoldenFiles): Promise<Golden> => {
  const fixture = await goldenJson<GoldenDenoiser>(files, 'diffusion/fixture.json');
  const read = async (name: string) =>
    new Map(readSafetensors(await files.bytes(`diffusion/${name}.safetensors`), name).tensors);
  const { shapes, hues } = fixture.forward;
  const conditions = shapes.map((shape, i) => ({ shape, hue: hues[i]! }));
  return { fixture, policy: await read('policy'), reference: await read('reference'), conditions };
};

/** On the device, in the order of the network's own list. */
export const onDevice = (config: DenoiserConfig, weights: HostWeights): Denoiser => ({
  config,
  weights: new Map(
    [...denoiserShapes(config)].map(([name, shape]) => [
      name,
      tf.keep(tf.tensor(weights.get(name)!.data, shape)),
    ]),
  ),
});
