import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAdamW, disposeAdamW } from '../../../src/kernels/adamw';
import { logistic } from '../../../src/methods/pairwise/dpo';
import { disposeParameters, loadParameters } from '../../../src/model/parameters';
import { initBackend, submitLimit } from '../../../src/tf';
import { scoreTrees } from '../../../src/train/score';
import type { StepState } from '../../../src/train/step';
import { trainStep } from '../../../src/train/step';
import { pairTree } from '../../../src/tree/build';
import type { MockOptions, MockTraffic } from '../../support/mock-gpu';
import { mockGpu } from '../../support/mock-gpu';
import { randomWeights, tinyConfig } from '../model/tiny-model';

const trees = [0, 1, 2, 3].map((i) =>
  pairTree({ id: `${i}`, prompt: [1, 3 + i], chosenSteps: [[4, 5, 2]], rejectedSteps: [[6, 2]] }),
);
const hyper = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };

/** What a few steps ask of a device. */
const traffic = async (
  options: MockOptions = {},
  { steps = 1, micro = 1, config = tinyConfig() } = {},
): Promise<{ before: MockTraffic; after: MockTraffic }> => {
  const seen = mockGpu(options);
  await initBackend('webgpu');
  const parameters = loadParameters(config, randomWeights(config, 1));
  const optimizer = createAdamW(parameters);
  const byTree = await scoreTrees({ config, weights: parameters }, trees, async () => {});
  const state: StepState = {
    config,
    parameters,
    optimizer,
    objective: logistic({ beta: 0.1 }),
    constants: { reference: { read: 'logProb', byTree } },
  };
  const microBatches = Array.from({ length: micro }, (_, i) => (micro === 1 ? trees : [trees[i]!]));
  const before = structuredClone(seen);
  for (let step = 1; step <= steps; step++) await trainStep(state, microBatches, { ...hyper, step });
  disposeAdamW(optimizer);
  disposeParameters(parameters);
  return { before, after: seen };
};

describe('what a step asks of the device', () => {
  beforeEach(() => {
    vi.stubGlobal('console', { ...console, warn: () => undefined });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('is one read, with however many micro-batches', async () => {
    for (const micro of [1, 3]) {
      const { before, after } = await traffic({}, { micro });
      expect(after.reads - before.reads).toBe(1);
    }
  });

  it('is the same when the device does not tell its adapter, as in Safari 26.0', async () => {
    const plain = await traffic();
    const silent = await traffic({ deviceHasInfo: false });
    expect(silent.after).toEqual(plain.after);
  });

  it('compiles nothing that it has compiled before', async () => {
    const { after: one } = await traffic({}, { steps: 1 });
    const { after: three } = await traffic({}, { steps: 3 });
    expect(three.pipelines).toBe(one.pipelines);
    expect(three.modules).toBe(one.modules);
    expect(three.submits.flat().length).toBeGreaterThan(one.submits.flat().length + 100);
  });

  it('binds no more than the device allows, in full fine-tuning with a large vocabulary', async () => {
    const config = tinyConfig({ vocab_size: 8000, hidden_size: 16 }); // a table of 512 kB, which is the head too
    const maxStorageBufferBindingSize = 300_000;
    for (const micro of [1, 2]) {
      const { after } = await traffic(
        { limits: { maxStorageBufferBindingSize } },
        { config, micro, steps: 2 },
      );
      expect(after.largestBinding.bytes).toBeGreaterThan(maxStorageBufferBindingSize / 2);
      expect(after.submits.flat()).toContain('wide add');
      const segments = after.submits.flat().filter((label) => label === 'adamW');
      expect(segments.length / 2).toBeGreaterThan(1); // per step
    }
  });

  it('is cut into command buffers by its work', async () => {
    const dispatches = (submits: string[][]) => submits.map((list) => list.length);
    const { after: usual } = await traffic();
    expect(Math.max(...dispatches(usual.submits))).toBe(15);
    const { work } = submitLimit;
    submitLimit.work = 20_000; // a dispatch or a few of this model
    try {
      const { after: cut } = await traffic();
      expect(cut.submits.length).toBeGreaterThan(2 * usual.submits.length);
      submitLimit.work = 1;
      const { after: single } = await traffic();
      expect(Math.max(...dispatches(single.submits))).toBe(1);
    } finally {
      submitLimit.work = work;
    }
  });
});
