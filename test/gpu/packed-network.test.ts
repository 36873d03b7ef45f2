import { beforeAll, describe, it } from 'vitest';
import { guardGpu, initBackend } from '../../src/tf';
import { expectPackedLikeFull, packedConfigs } from '../unit/model/packed-network';

// Few on WebGPU, where a software adapter takes ten seconds and more to compile the shaders of each.
describe.each([
  [
    'webgpu',
    [
      ['qwen3', 'int4'],
      ['gpt2', 'int8'],
    ],
  ],
  [
    'wasm',
    Object.keys(packedConfigs).flatMap((name) =>
      ['f16', 'int8', 'int4'].map((s): [string, string] => [name, s]),
    ),
  ],
] as ['webgpu' | 'wasm', [string, 'f16' | 'int8' | 'int4'][]][])('on %s', (backend, cases) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each(cases)('%s stored as %s computes as its weights in full do', (name, storage) =>
    guardGpu(() => expectPackedLikeFull(name, storage)),
  );
});
