import { beforeAll, describe, it } from 'vitest';
import { initBackend } from '../../../src/tf';
import { expectPackedLikeFull, packedConfigs } from './packed-network';

beforeAll(async () => {
  await initBackend('cpu');
});

describe.each(Object.keys(packedConfigs))('%s', (name) => {
  it.each(['f16', 'int8', 'int4'] as const)('stored as %s computes as its weights in full do', (storage) =>
    expectPackedLikeFull(name, storage),
  );
});
