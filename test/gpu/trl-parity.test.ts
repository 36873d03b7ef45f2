import { afterAll, beforeAll, describe, it } from 'vitest';
import { guardGpu, initBackend } from '../../src/tf';
import { goldenFiles } from '../support/golden-browser';
import { expectTrlBatch, expectTrlSteps } from '../unit/train/trl-parity';

describe.each(['webgpu', 'wasm'] as const)("TRL's DPOTrainer on %s", (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });
  afterAll(() => guardGpu(() => {}));

  it.each(['batch-lora', 'batch-rslora'] as const)('%s: loss, metrics and gradients', async (name) => {
    await guardGpu(() => expectTrlBatch(goldenFiles, name));
  });

  it('a batch with every layer computed twice', async () => {
    await guardGpu(() => expectTrlBatch(goldenFiles, 'batch-lora', { checkpointing: true }));
  });

  it('a batch over a base of halves, which this one is exact in', async () => {
    await guardGpu(() => expectTrlBatch(goldenFiles, 'batch-lora', { storage: 'f16' }));
  });

  it.each(['lora', 'lora-accumulated', 'full'] as const)('twenty steps, %s', async (run) => {
    await guardGpu(() => expectTrlSteps(goldenFiles, run));
  });
});
