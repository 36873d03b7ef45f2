import { afterAll, beforeAll, describe, it } from 'vitest';
import { guardGpu, initBackend } from '../../src/tf';
import {
  expectFamilyGradients,
  expectFamilyParity,
  expectGreedyText,
  fixtureNames,
} from '../unit/model/family-fixture';

const urls = import.meta.glob<string>('../golden/families/*/*', {
  query: '?url',
  import: 'default',
  eager: true,
});

/** A fixture's files by name. */
const filesOf = async (name: string) => {
  const files = new Map<string, Uint8Array>();
  for (const [path, url] of Object.entries(urls)) {
    const [folder, file] = path.split('/').slice(-2);
    if (folder === name) files.set(file!, new Uint8Array(await (await fetch(url)).arrayBuffer()));
  }
  return files;
};

describe.each(['webgpu', 'wasm'] as const)('a tiny checkpoint on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });
  afterAll(() => guardGpu(() => {}));

  it.each(fixtureNames)('%s has the logits of transformers', (name) =>
    guardGpu(async () => expectFamilyParity(await filesOf(name))),
  );

  it.each(['llama-biased', 'qwen3', 'gpt2', 'rope-yarn'])('%s generates what its forward pass says', (name) =>
    guardGpu(async () => expectGreedyText(await filesOf(name))),
  );

  it.each([
    ['qwen2', false],
    ['qwen3', true],
    ['gpt2', false],
    ['gpt2', true],
  ])("%s has PyTorch's gradients, layers computed twice: %s", (name, checkpointing) =>
    guardGpu(async () => expectFamilyGradients(await filesOf(name), checkpointing)),
  );
});
