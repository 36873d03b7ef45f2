import { beforeAll, describe, expect, it } from 'vitest';
import { withPlainKernels } from '../../../src/kernels/op';
import { generate } from '../../../src/model/generate';
import type { Parameters } from '../../../src/model/parameters';
import { disposeParameters, loadParameters } from '../../../src/model/parameters';
import { disposeBatch, forwardHidden, scoreBatch, uploadBatch } from '../../../src/model/transformer';
import type { Tensor } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import type { PackedBatch } from '../../../src/tree/packed-batch';
import { createRng } from '../../../src/util/rng';
import { leftPath, onePath, rightPath, twoBranches } from './one-tree';
import { tidily } from './tidily';
import { randomWeights, tinyConfig } from './tiny-model';

beforeAll(async () => {
  await initBackend('cpu');
});

const tied = tinyConfig({ tie_word_embeddings: true });
const untied = tinyConfig({ tie_word_embeddings: false, num_key_value_heads: 2, head_dim: 6 });

/** Log-probs, step sums, and the gradient of sum_s factor_s * stepSum_s for every parameter. */
const scoreWithGradients = (
  config: typeof tied,
  params: Parameters,
  batch: PackedBatch,
  factor: number[],
) => {
  const names = [...params.keys()];
  let logProb: number[] = [];
  let stepSum: number[] = [];
  return tidily(() => {
    const tensors = uploadBatch(batch, config);
    const gradients = tf.grads((...values: Tensor[]) => {
      const scores = scoreBatch(
        { config, weights: new Map(names.map((name, i) => [name, values[i]!])) },
        tensors,
      );
      logProb = [...scores.logProb.dataSync()];
      stepSum = [...scores.stepSum.dataSync()];
      return tf.sum(tf.mul(scores.stepSum, factor));
    })([...params.values()]);
    return {
      logProb,
      stepSum,
      gradients: new Map(names.map((name, i) => [name, [...gradients[i]!.dataSync()]])),
    };
  });
};

const plain = <T>(f: () => T) => withPlainKernels(f);
const fast = <T>(f: () => T) => f();

describe.each([
  ['tied head', tied],
  ['free head, heads of their own size', untied],
])('the model with a %s', (_name, config) => {
  let params: Parameters;
  beforeAll(() => {
    params = loadParameters(config, randomWeights(config, 2));
    return () => disposeParameters(params);
  });

  it.each([
    ['plain kernels', plain],
    ['fast kernels', fast],
  ])('scores a packed tree as its paths alone, values and gradients, by %s', (_kind, by) => {
    const packed = by(() => scoreWithGradients(config, params, twoBranches(), [0.7, -1.3]));
    const left = by(() => scoreWithGradients(config, params, leftPath(), [0.7]));
    const right = by(() => scoreWithGradients(config, params, rightPath(), [-1.3]));
    expect(packed.logProb).toBeAllclose([...left.logProb, ...right.logProb], { rtol: 1e-5, atol: 1e-5 });
    expect(packed.stepSum).toBeAllclose([...left.stepSum, ...right.stepSum], { rtol: 1e-5, atol: 1e-5 });
    for (const [name, gradient] of packed.gradients) {
      const apart = left.gradients.get(name)!.map((g, i) => g + right.gradients.get(name)![i]!);
      const size = Math.max(...apart.map(Math.abs));
      expect(size, name).toBeGreaterThan(1e-4); // every parameter takes part
      expect(gradient, name).toBeAllclose(apart, { rtol: 1e-4, atol: 1e-4 * size });
    }
  });

  it('has the gradients that finite differences give', () => {
    const { gradients } = scoreWithGradients(config, params, twoBranches(), [0.7, -1.3]);
    const arrays = randomWeights(config, 2);
    const value = () => {
      const moved = loadParameters(config, arrays);
      const stepSum = tf.tidy(() =>
        scoreBatch({ config, weights: moved }, uploadBatch(twoBranches(), config)).stepSum.dataSync(),
      );
      disposeParameters(moved);
      return 0.7 * stepSum[0]! - 1.3 * stepSum[1]!;
    };
    const h = 1e-2;
    for (const [name, gradient] of gradients) {
      const i = gradient.reduce((best, g, j) => (Math.abs(g) > Math.abs(gradient[best]!) ? j : best), 0);
      const { data } = arrays.get(name)!;
      const at = data[i]!;
      data[i] = at + h;
      const above = value();
      data[i] = at - h;
      const below = value();
      data[i] = at;
      expect((above - below) / (2 * h), name).toBeAllclose(gradient[i]!, { rtol: 0.03, atol: 0.01 });
    }
  });

  it('gives generated text the log-probs that generation gave it', async () => {
    const prompt = [1, 5, 3];
    const options = { temperature: 1, topK: 6, count: 4, maxTokens: 10 };
    const [samples] = await generate(
      { config, weights: params },
      [{ tokens: prompt }],
      options,
      createRng(6),
    );
    for (const { tokens, logProbs } of samples!) {
      const batch = onePath([...prompt, ...tokens], prompt.length);
      const scored = tf.tidy(() =>
        scoreBatch({ config, weights: params }, uploadBatch(batch, config)).logProb.dataSync(),
      );
      expect(logProbs).toBeAllclose(scored, { rtol: 1e-4, atol: 1e-5 });
    }
  });
});

describe('scoring', () => {
  let params: Parameters;
  beforeAll(() => {
    params = loadParameters(tied, randomWeights(tied, 2));
    return () => disposeParameters(params);
  });

  it('takes the weights that are set on the batch', () => {
    const sums = (weight?: Float32Array) =>
      tf.tidy(() => {
        const batch = twoBranches();
        if (weight) batch.entries.weight = weight;
        return scoreBatch({ config: tied, weights: params }, uploadBatch(batch, tied)).stepSum.dataSync();
      });
    const { logProb } = scoreWithGradients(tied, params, twoBranches(), [1, 1]);
    expect(sums(Float32Array.of(1, 0, 0, 2, 0))).toBeAllclose([logProb[0]!, 2 * logProb[3]!]);
    expect(sums()).toBeAllclose([
      logProb[0]! + 0.5 * logProb[1]! + 2 * logProb[2]!,
      1.5 * logProb[4]! - logProb[3]!,
    ]);
  });

  it('leaves no tensors behind', () => {
    const before = tf.memory().numTensors;
    const tensors = uploadBatch(twoBranches(), tied);
    const hidden = forwardHidden({ config: tied, weights: params }, tensors);
    expect(hidden.shape).toEqual([10, 8]);
    const scores = scoreBatch({ config: tied, weights: params }, tensors);
    tf.dispose([hidden, { ...scores }]);
    disposeBatch(tensors);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses tokens outside the vocabulary and paths longer than the model', () => {
    const batch = twoBranches();
    batch.tokens[4] = 11;
    expect(() => uploadBatch(batch, tied)).toThrow(/token 11, but the model's vocabulary is 0 to 10/);
    const target = twoBranches();
    target.entries.target[1] = -1;
    expect(() => uploadBatch(target, tied)).toThrow(/token -1/);
    const short = tinyConfig({ max_position_embeddings: 5 });
    expect(() => uploadBatch(twoBranches(), short)).toThrow(
      /path of the batch has 6 tokens, but the model was made for 5/,
    );
  });
});
