import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  adamWFromArrays,
  adamWStep,
  adamWToArrays,
  copyTensor,
  createAdamW,
  disposeAdamW,
} from '../../src/kernels/adamw';
import { embedding, embeddingOrder, uploadEmbeddingOrder } from '../../src/kernels/embedding';
import { uploadEntries } from '../../src/kernels/entry-tensors';
import { kernelChoice, resetKernelChoices, setKernelChoice } from '../../src/kernels/kernel-choice';
import { linear } from '../../src/kernels/linear';
import { linearLogProb } from '../../src/kernels/linear-log-prob';
import type { PackedFormat } from '../../src/kernels/packed-format';
import type { PackedMatrix } from '../../src/kernels/packed-matrix';
import { disposePacked, uploadPacked } from '../../src/kernels/packed-matrix';
import { treeAttention, uploadMask } from '../../src/kernels/tree-attention';
import type { Tensor, Tensor2D } from '../../src/tf';
import { guardGpu, initBackend, submitLimit, tf } from '../../src/tf';
import { createRng } from '../../src/util/rng';
import { randomTensor, valueAndGrads } from '../support/gradients';
import { withBindingLimit } from '../support/limit-bindings';
import { randomEntries } from '../support/random-entries';
import { randomPacked } from '../support/random-packed';

const LIMIT = 16_384; // bytes: 4,096 numbers

beforeAll(async () => {
  await initBackend('webgpu');
});
afterEach(resetKernelChoices);

/** The same computation with whole bindings and in windows. */
const both = async <T>(f: () => Promise<T>) => {
  const whole = await guardGpu(f);
  const { result, windows } = await withBindingLimit(LIMIT, () => guardGpu(f));
  expect(windows).toBeGreaterThan(1);
  return [result, whole] as const;
};

const tokens = [499, 3, 0, 250, 3, 187, 188, 190];

describe('a table that is too large for one binding', () => {
  it('is looked up, and has its gradient, bit for bit', async () => {
    const table = randomTensor([500, 20], 1);
    const ids = tf.tensor1d(tokens, 'int32');
    const order = uploadEmbeddingOrder(embeddingOrder(Int32Array.from(tokens), 500));
    for (const lists of [undefined, order]) {
      const [parts, whole] = await both(() =>
        valueAndGrads((t) => embedding(t as Tensor2D, ids, lists), [table]),
      );
      expect(parts).toEqual(whole);
      expect(whole.grads[0]!.some((g) => g !== 0)).toBe(true);
    }
  });

  it('is added to and scaled like any tensor', async () => {
    const [a, b] = [randomTensor([50, 100], 2), randomTensor([50, 100], 3)];
    const [parts, whole] = await both(async () => {
      const results = [tf.add(a, b), tf.mul(a, 0.3), tf.mul(tf.scalar(-2), b)];
      return Promise.all(results.map(async (t) => (await t.data()) as Float32Array));
    });
    expect(parts).toEqual(whole);
  });

  it.each(['f16', 'int8', 'int4'] as PackedFormat[])('is read packed as %s', async (format) => {
    const table = uploadPacked(randomPacked(createRng(5), format, [1000, 64]));
    const ids = tf.tensor1d([999, 0, 512, 511, 333], 'int32');
    const [parts, whole] = await both(async () => (await embedding(table, ids).data()) as Float32Array);
    expect(parts).toEqual(whole);
    disposePacked(table);
  });
});

describe.each(['tiled', 'subgroup'] as const)('a head that is too large for one binding, %s', (matmul) => {
  const heads: [string, () => Tensor2D | PackedMatrix][] = [
    ['plain', () => randomTensor([500, 20], 4, 0.3) as Tensor2D],
    ['int4', () => uploadPacked(randomPacked(createRng(6), 'int4', [1000, 64], 32, 0.3))],
    ['f16', () => uploadPacked(randomPacked(createRng(7), 'f16', [500, 64], 32, 0.3))],
  ];

  it.each(heads)('gives the logits bit for bit: %s', async (_, make) => {
    setKernelChoice({ ...kernelChoice(), matmul });
    const head = make();
    const x = randomTensor([3, head.shape[1]!], 8) as Tensor2D;
    const [parts, whole] = await both(async () => (await linear(x, head).data()) as Float32Array);
    expect(parts).toEqual(whole);
  });

  it.each(heads)('gives log-probs and gradients: %s', async (_, make) => {
    setKernelChoice({ ...kernelChoice(), matmul });
    const head = make();
    const [V, d] = head.shape as [number, number];
    const entries = randomEntries(createRng(9), { N: 10, V, R: 7, M: 12, S: 3, padding: 2 });
    const hidden = randomTensor([10, d], 10);
    const trained = 'format' in head ? [] : [head];
    const f = (h: Tensor, w?: Tensor) => {
      const lists = uploadEntries(entries);
      const result = linearLogProb(h as Tensor2D, (w as Tensor2D) ?? head, lists);
      return tf.concat([result.logProb, result.stepSum, result.logSumExp]);
    };
    const [parts, whole] = await both(() => valueAndGrads(f, [hidden, ...trained]));
    // Chunks of the vocabulary are others, and their sums with them.
    expect(parts.value).toBeAllclose(whole.value, { rtol: 1e-5, atol: 1e-5 });
    parts.grads.forEach((grad, i) => {
      expect(grad).toBeAllclose(whole.grads[i], { rtol: 1e-4, atol: 1e-5 });
    });
  });
});

it('says so where a product cannot be cut', async () => {
  const [x, w] = [randomTensor([2, 500], 1) as Tensor2D, randomTensor([20, 500], 2) as Tensor2D];
  const gradient = async () => tf.grads((a) => linear(a as Tensor2D, w))([x]);
  await expect(withBindingLimit(LIMIT, gradient)).rejects.toThrow(/\[20, 500\] .* in one piece/);
});

describe('AdamW over more numbers than one binding holds', () => {
  const shapes = { a: [70, 90], b: [7], c: [45, 100] };
  const upload = (seed: number) =>
    new Map(Object.entries(shapes).map(([name, shape], i) => [name, randomTensor(shape, seed + i)]));
  const read = (tensors: Map<string, Tensor>) =>
    Promise.all([...tensors.values()].map(async (t) => (await t.data()) as Float32Array));

  it('steps, saves and loads as in one piece', async () => {
    const hyper = { learningRate: 0.01, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.1 };
    const decay = (name: string) => name !== 'b';
    const train = async () => {
      const parameters = new Map([...upload(1)].map(([name, t]) => [name, copyTensor(t)]));
      let state = createAdamW(parameters);
      const norms: number[] = [];
      for (let step = 1; step <= 3; step++) {
        const norm = adamWStep(state, parameters, upload(10 * step), {
          ...hyper,
          decay,
          maxGradNorm: 1,
          step,
        });
        norms.push(((await norm.data()) as Float32Array)[0]!);
        const saved = await adamWToArrays(state);
        disposeAdamW(state);
        state = await adamWFromArrays(parameters, saved);
      }
      const { m, v } = await adamWToArrays(state);
      disposeAdamW(state);
      return { norms, values: [...(await read(parameters)), ...m.values(), ...v.values()] };
    };
    const whole = await train();
    const { result: parts } = await withBindingLimit(LIMIT, () => guardGpu(train));
    expect(parts.norms).toBeAllclose(whole.norms, { rtol: 1e-6 });
    parts.values.forEach((values, i) => {
      expect(values).toBeAllclose(whole.values[i], { rtol: 1e-5, atol: 1e-7 });
    });
  });

  it('writes nothing anywhere when one gradient is not finite', async () => {
    await withBindingLimit(LIMIT, async () => {
      const parameters = new Map([...upload(1)].map(([name, t]) => [name, copyTensor(t)]));
      const before = await read(parameters);
      const state = createAdamW(parameters);
      const bad = upload(5);
      const infinite = new Float32Array(4500).fill(1, 1).fill(Number.POSITIVE_INFINITY, 4400, 4401);
      bad.set('c', tf.tensor2d(infinite, [45, 100]));
      const hyper = { learningRate: 0.1, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0, step: 1 };
      const norm = adamWStep(state, parameters, bad, { ...hyper, maxGradNorm: 0 });
      expect(Number.isFinite(((await norm.data()) as Float32Array)[0])).toBe(false);
      expect(await read(parameters)).toEqual(before);
      disposeAdamW(state);
    });
  });
});

it('a product or an attention in several command buffers gives the same bits', async () => {
  const [x, w] = [randomTensor([130, 40], 1), randomTensor([70, 40], 2)];
  const q = randomTensor([150, 4 * 8], 3);
  const [k, v] = [randomTensor([150, 2 * 8], 4), randomTensor([150, 2 * 8], 5)];
  const treeStart = Int32Array.from({ length: 150 }, (_, i) => (i < 90 ? 0 : 90));
  const visibleUntil = Int32Array.from({ length: 150 }, (_, i) => (i < 90 ? 90 : 150));
  const f = async () => ({
    linear: await valueAndGrads((a, b) => linear(a as Tensor2D, b as Tensor2D), [x, w]),
    attention: await valueAndGrads(
      (...qkv) => {
        const mask = uploadMask({ treeStart, visibleUntil });
        return treeAttention(...(qkv as [Tensor2D, Tensor2D, Tensor2D]), mask, { heads: 4, kvHeads: 2 });
      },
      [q, k, v],
    ),
  });
  const whole = await guardGpu(f);
  const { work } = submitLimit;
  submitLimit.work = 100_000;
  try {
    expect(await guardGpu(f)).toEqual(whole);
  } finally {
    submitLimit.work = work;
  }
});
