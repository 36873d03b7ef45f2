import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { initBackend } from '../../../src/tf';
import type { TorchFixture } from './torch-parity';
import { expectTorchParity } from './torch-parity';

beforeAll(async () => {
  await initBackend('cpu');
});

const read = (name: string, file: string) =>
  readFileSync(new URL(`../../golden/${name}/${file}`, import.meta.url));

describe('the model against PyTorch', () => {
  it.each(['tiny-llama-tied', 'tiny-llama-untied'])('%s: log-probs, loss and gradients', async (name) => {
    await expectTorchParity(
      JSON.parse(read(name, 'config.json').toString()),
      read(name, 'model.safetensors'),
      JSON.parse(read(name, 'fixture.json').toString()) as TorchFixture,
    );
  });

  it.each([
    ['rope_theta', 9000],
    ['rms_norm_eps', 1e-4],
  ])('tells when %s is %d instead of the true one', async (field, value) => {
    const name = 'tiny-llama-tied';
    const config = { ...JSON.parse(read(name, 'config.json').toString()), [field]: value };
    const fixture = JSON.parse(read(name, 'fixture.json').toString()) as TorchFixture;
    await expect(expectTorchParity(config, read(name, 'model.safetensors'), fixture)).rejects.toThrow(
      /element .* against/,
    );
  });
});
