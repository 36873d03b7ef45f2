import { describe, expect, it } from 'vitest';
import {
  DenoiserError,
  denoiserConfigJson,
  denoiserShapes,
  forwardFlops,
  parseDenoiserConfig,
} from '../../../src/diffusion/net/config';
import { alphaBar, grid, IMAGE, transition } from '../../../src/diffusion/net/schedule';
import { describeDenoiserParity } from '../../support/denoiser-parity';
import type { GoldenDenoiser } from '../../support/golden-denoiser';
import { goldenJson } from '../../support/golden-files';
import { goldenFiles } from '../../support/golden-node';

describeDenoiserParity('cpu', goldenFiles);

describe('the schedule', () => {
  it('is PyTorch’s, floored, and ends at the image', async () => {
    const { schedule } = await goldenJson<GoldenDenoiser>(goldenFiles, 'diffusion/fixture.json');
    for (const [t, value] of Object.entries(schedule.alphaBar))
      expect(alphaBar(Number(t))).toBeCloseTo(value, 10);
    expect(alphaBar(999)).toBe(1e-5);
    expect(grid).toHaveLength(21);
    expect([grid[0], grid[1], grid[19], grid[20]]).toEqual([999, 949, 49, IMAGE]);
    expect(transition(49, IMAGE, 1).sigma).toBe(0);
  });
});

describe('a denoiser’s configuration', () => {
  const nano = { hiddenSize: 48, layers: 3, heads: 4, patch: 3 };
  it('goes to config.json and back, and counts', () => {
    expect(parseDenoiserConfig(denoiserConfigJson(nano))).toEqual(nano);
    let numbers = 0;
    for (const shape of denoiserShapes(nano).values()) numbers += shape.reduce((a, b) => a * b, 1);
    expect(numbers).toBe(140_763);
    expect(forwardFlops(nano) / 1e6).toBeCloseTo(3, 1);
  });

  it.each([
    ['a list', [], /must hold an object/],
    [
      'another size of image',
      { ...denoiserConfigJson(nano), image_size: 16 },
      /image_size: is 16, and has to be 12/,
    ],
    ['another schedule', { ...denoiserConfigJson(nano), schedule: 'linear' }, /schedule: is "linear"/],
    ['no prediction', { ...denoiserConfigJson(nano), prediction: undefined }, /prediction: is missing/],
    [
      'a patch that does not divide',
      { ...denoiserConfigJson(nano), patch_size: 5 },
      /patch_size: is 5, which does not divide/,
    ],
    [
      'heads of an odd size',
      { ...denoiserConfigJson(nano), hidden_size: 20 },
      /hidden_size: .*multiple of 8/,
    ],
    [
      'a fraction',
      { ...denoiserConfigJson(nano), num_layers: 2.5 },
      /num_layers: is 2.5; it has to be a whole number/,
    ],
  ])('refuses %s, naming the field', (_, json, message) => {
    expect(() => parseDenoiserConfig(json)).toThrow(DenoiserError);
    expect(() => parseDenoiserConfig(json)).toThrow(message);
  });
});
