import { beforeAll, describe, expect, it } from 'vitest';
import { methodById, methods } from '../../src/methods';
import type { Method } from '../../src/methods/method';
import { mainPass } from '../../src/methods/method';
import { defaultParams } from '../../src/methods/params';
import type { Tensor1D, Tensor2D } from '../../src/tf';
import { gpuStats, guardGpu, initBackend, readFloats, resetGpuStats, tf } from '../../src/tf';
import { lossInput } from '../../src/train/inputs/loss-input';
import { computeLoss } from '../../src/train/loss-case/compute-loss';
import { packForest } from '../../src/tree/pack';
import type { PreferenceTree } from '../../src/tree/tree';
import { differences, goldenLosses } from '../support/golden-losses';

beforeAll(async () => {
  await initBackend('webgpu');
});

const pair = (id: string): PreferenceTree => ({
  id,
  nodes: [
    { parent: -1, tokens: [1], role: 'prompt', scored: false },
    { parent: 0, tokens: [2, 3], role: 'step', scored: true },
    { parent: 0, tokens: [4], role: 'step', scored: true },
  ],
  responses: [{ leaf: 1 }, { leaf: 2 }],
  comparisons: [{ chosen: 0, rejected: 1 }],
});
const batch = packForest(['a', 'b', 'c'].map(pair));
const zeros = new Float32Array(batch.entries.count);

/** Loss and its derivative by the step sums, from step sums that lie on the GPU as the kernel leaves them. */
const run = (method: Method, stepSums: number[]) =>
  guardGpu(async () => {
    const identity = tf.eye(stepSums.length);
    const onGpu = tf.tidy(
      () =>
        tf.reshape(
          tf.matMul(tf.tensor2d(stepSums, [1, stepSums.length]), identity as Tensor2D),
          [-1],
        ) as Tensor1D,
    );
    const logProb = tf.tensor1d(zeros);
    resetGpuStats();
    const { value, grad } = tf.tidy(() =>
      tf.valueAndGrad((stepSum) => {
        const policy = { logProb, stepSum: stepSum as Tensor1D };
        const { objective } = mainPass(method, defaultParams(method));
        return objective.loss(lossInput(batch, policy, { reference: zeros })).loss; // computes the rewards too
      })(onGpu),
    );
    const { dispatches } = gpuStats();
    const result = {
      loss: (await readFloats(value))[0]!,
      gradient: [...(await readFloats(grad))],
      dispatches,
    };
    tf.dispose([identity, onGpu, logProb, value, grad]);
    return result;
  });

describe('losses on the GPU', () => {
  it.each(methods.map((m) => [m.id] as const))('%s gives the numbers of the oracle', async (id) => {
    const names = ['defaults, unequal lengths', 'a margin of 1e3', 'a margin of -1e3'];
    const ofMethod = goldenLosses.filter((c) => c.case.method === id);
    const named = ofMethod.filter((c) => names.includes(c.name));
    // Losses on images have cases of their own.
    const own = methodById(id).chapter === 'denoising' ? ofMethod.slice(0, 3) : named;
    expect(own).toHaveLength(names.length);
    for (const c of own) {
      const result = await guardGpu(() => computeLoss(c.case));
      expect(differences(result, c), c.name).toEqual([]);
    }
  });

  it.each(['sft', 'dpo', 'step-dpo', 'tgdpo'])('%s takes few dispatches', async (id) => {
    const { dispatches } = await run(methodById(id), [-1, -2, -3, -1, -2, -2]);
    console.log(`${id}: ${dispatches} dispatches, forward, backward and rewards`);
    expect(dispatches).toBeGreaterThan(0);
    expect(dispatches).toBeLessThanOrEqual(10);
  });

  it.each(['dpo', 'step-dpo', 'tgdpo'])('%s is finite and right at extremes', async (id) => {
    const method = methodById(id);
    const beta = defaultParams(method)['beta'] as number;
    const won = await run(method, [0, -1e5, 0, -1e5, 0, -1e5]);
    expect(won.loss).toBeCloseTo(0, 6);
    expect(won.gradient).toBeAllclose([0, 0, 0, 0, 0, 0]);
    const lost = await run(method, [-1e5, 0, -1e5, 0, -1e5, 0]);
    expect(lost.loss).toBeAllclose(1e5 * beta);
    const slope = beta / 3;
    expect(lost.gradient).toBeAllclose([-slope, slope, -slope, slope, -slope, slope]);
  });
});
