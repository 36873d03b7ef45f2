import { beforeAll, describe, expect, it } from 'vitest';
import type { EntryTensors } from '../../src/kernels/entry-tensors';
import { uploadEntries } from '../../src/kernels/entry-tensors';
import type { LogProbs } from '../../src/kernels/log-softmax-gather';
import { logSoftmaxGather, logSoftmaxGatherPlain } from '../../src/kernels/log-softmax-gather';
import type { Tensor, Tensor2D } from '../../src/tf';
import { guardGpu, initBackend, tf } from '../../src/tf';
import { createRng } from '../../src/util/rng';
import { randomEntries } from '../support/random-entries';

const rng = createRng(5);
const random = (m: number, n: number, scale = 1) =>
  tf.tensor2d(
    Float32Array.from({ length: m * n }, () => scale * (rng.next() * 2 - 1)),
    [m, n],
  );
const values = ({ logProb, stepSum, logSumExp }: LogProbs) => [logProb, stepSum, logSumExp];
const lossOf = (results: LogProbs): Tensor =>
  values(results)
    .map((t, i) => tf.sum(tf.mul(t, tf.cos(tf.add(tf.range(0, t.size), i)))))
    .reduce((a, b) => tf.add(a, b));
const gradient = (op: typeof logSoftmaxGather, logits: Tensor2D, entries: EntryTensors) =>
  tf.grad((x) => lossOf(op(x as Tensor2D, entries)))(logits);

const compare = async (logits: Tensor2D, entries: EntryTensors, atol = 1e-5) => {
  const ours = [...values(logSoftmaxGather(logits, entries)), gradient(logSoftmaxGather, logits, entries)];
  const theirs = [
    ...values(logSoftmaxGatherPlain(logits, entries)),
    gradient(logSoftmaxGatherPlain, logits, entries),
  ];
  for (const [i, t] of ours.entries()) {
    expect(t.shape).toEqual(theirs[i]!.shape);
    expect(await t.data()).toBeAllclose(await theirs[i]!.data(), { rtol: 2e-5, atol });
  }
};

describe.each(['webgpu', 'wasm', 'cpu'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each([
    { N: 3, V: 31, R: 3, M: 7, S: 2, padding: 2 },
    { N: 47, V: 123, R: 30, M: 61, S: 6, padding: 0 },
    { N: 4, V: 1, R: 1, M: 1, S: 1, padding: 0 },
    { N: 70, V: 5, R: 69, M: 130, S: 70, padding: 9 },
  ])('is its twin at %o', (sizes) =>
    guardGpu(async () => {
      await compare(random(sizes.R, sizes.V, 3), uploadEntries(randomEntries(rng, sizes)));
    }),
  );

  it('is right at logits of +-1e4, and with weights of 0', () =>
    guardGpu(async () => {
      const list = randomEntries(rng, { N: 5, V: 20, R: 5, M: 12, S: 3, padding: 2 });
      await compare(random(5, 20, 1e4), uploadEntries(list), 1e-3);
      const logits = tf.tensor2d([1e4, -1e4, 0, 1e4], [2, 2]);
      const small = randomEntries(rng, { N: 2, V: 2, R: 2, M: 4, S: 1, padding: 0 });
      const entries = { ...small, row: Int32Array.of(0, 0, 1, 1), target: Int32Array.of(0, 1, 0, 1) };
      const { logProb } = logSoftmaxGather(logits, uploadEntries(entries));
      expect(await logProb.data()).toBeAllclose([0, -2e4, -1e4, 0]);
      const masked = logSoftmaxGather(logits, uploadEntries(entries, new Float32Array(4)));
      expect(await masked.stepSum.data()).toBeAllclose([0]);
    }));

  it('repeats bit for bit', () =>
    guardGpu(async () => {
      const entries = uploadEntries(randomEntries(rng, { N: 20, V: 77, R: 20, M: 41, S: 4, padding: 1 }));
      const logits = random(20, 77);
      const [a, b] = [
        gradient(logSoftmaxGather, logits, entries),
        gradient(logSoftmaxGather, logits, entries),
      ];
      expect(await a.data()).toEqual(await b.data());
    }));

  it('takes empty lists', () =>
    guardGpu(async () => {
      const entries = uploadEntries(randomEntries(rng, { N: 2, V: 3, R: 2, M: 0, S: 0, padding: 0 }));
      const results = logSoftmaxGather(tf.zeros([2, 3]), entries);
      expect(values(results).map((t) => t.shape)).toEqual([[0], [0], [2]]);
      expect(await results.logSumExp.data()).toBeAllclose([Math.log(3), Math.log(3)]);
    }));
});
