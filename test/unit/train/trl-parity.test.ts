import { beforeAll, describe, expect, it } from 'vitest';
import { initBackend } from '../../../src/tf';
import { goldenFiles } from '../../support/golden-node';
import { expectTrlBatch, expectTrlSteps } from './trl-parity';

beforeAll(async () => {
  await initBackend('cpu');
});

describe("a batch of TRL's DPOTrainer", () => {
  it.each(['batch-lora', 'batch-rslora'] as const)('%s: loss, metrics and gradients', async (name) => {
    await expectTrlBatch(goldenFiles, name);
  });

  it('is the same with every layer computed twice', async () => {
    await expectTrlBatch(goldenFiles, 'batch-lora', { checkpointing: true });
  });

  it('is the same over a base of halves, which this one is exact in, and not over one of 8 bits', async () => {
    await expectTrlBatch(goldenFiles, 'batch-lora', { storage: 'f16' });
    await expect(expectTrlBatch(goldenFiles, 'batch-lora', { storage: 'int8' })).rejects.toThrow(/against/);
  });

  it('differs by another scale', async () => {
    await expect(expectTrlBatch(goldenFiles, 'batch-lora', { scale: 2.001 })).rejects.toThrow(/against/);
  });
});

describe("twenty steps of TRL's DPOTrainer", () => {
  it.each(['lora', 'lora-accumulated', 'full'] as const)('%s', async (run) => {
    await expectTrlSteps(goldenFiles, run);
  });
});
