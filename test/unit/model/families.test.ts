import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { initBackend } from '../../../src/tf';
import { expectFamilyGradients, expectFamilyParity, expectGreedyText, fixtureNames } from './family-fixture';

const folder = join(process.cwd(), 'test/golden/families');
const filesOf = (name: string) =>
  new Map(
    readdirSync(join(folder, name)).map((file) => [
      file,
      new Uint8Array(readFileSync(join(folder, name, file))),
    ]),
  );

beforeAll(async () => {
  await initBackend('cpu');
});

describe('a tiny checkpoint', () => {
  it('of every kind is tested', () => {
    expect(readdirSync(folder).sort()).toEqual([...fixtureNames].sort());
  });

  it.each(fixtureNames)('%s has the logits of transformers', (name) => expectFamilyParity(filesOf(name)));

  it.each(fixtureNames)('%s generates what its forward pass says', (name) => expectGreedyText(filesOf(name)));

  it.each(['qwen2', 'qwen3', 'gpt2'])("%s has PyTorch's gradients", (name) =>
    expectFamilyGradients(filesOf(name), false),
  );

  it.each(['qwen3', 'gpt2'])('%s has them with its layers computed twice, too', (name) =>
    expectFamilyGradients(filesOf(name), true),
  );
});
