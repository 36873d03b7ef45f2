import { beforeAll, describe, expect, it } from 'vitest';
import { methods } from '../../src/methods';
import type { Method } from '../../src/methods/method';
import { comparesAnswers, mainPass } from '../../src/methods/method';
import { defaultParams } from '../../src/methods/params';
import type { Tensor1D, Tensor2D } from '../../src/tf';
import { gpuStats, guardGpu, initBackend, readFloats, resetGpuStats, tf } from '../../src/tf';
import { lossInput } from '../../src/train/inputs/loss-input';
import { packForest } from '../../src/tree/pack';
import type { PreferenceTree } from '../../src/tree/tree';

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
  it.each(methods.map((m) => [m.id, m] as const))('%s takes few dispatches', async (id, method) => {
    const { dispatches } = await run(method, [-1, -2, -3, -1, -2, -2]);
    console.log(`${id}: ${dispatches} dispatches, forward, backward and rewards`);
    expect(dispatches).toBeGreaterThan(0);
    expect(dispatches).toBeLessThanOrEqual(10);
  });

  it.each(methods.filter((m) => comparesAnswers(m.eats)).map((m) => [m.id, m] as const))(
    '%s is finite and right at extremes',
    async (_, method) => {
      const beta = defaultParams(method)['beta'] as number;
      const won = await run(method, [0, -1e5, 0, -1e5, 0, -1e5]);
      expect(won.loss).toBeCloseTo(0, 6);
      expect(won.gradient).toBeAllclose([0, 0, 0, 0, 0, 0]);
      const lost = await run(method, [-1e5, 0, -1e5, 0, -1e5, 0]);
      expect(lost.loss).toBeAllclose(1e5 * beta);
      const slope = beta / 3;
      expect(lost.gradient).toBeAllclose([-slope, slope, -slope, slope, -slope, slope]);
    },
  );
});
