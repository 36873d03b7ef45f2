import { readFileSync } from 'node:fs';
import { beforeAll, describe, it } from 'vitest';
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
});
