import { beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../src/model/generate';
import type { Parameters } from '../../src/model/parameters';
import {
  copyParameters,
  disposeParameters,
  hashParameters,
  loadParameters,
  parametersToArrays,
} from '../../src/model/parameters';
import { scoreBatch, uploadBatch } from '../../src/model/transformer';
import { gpuStats, guardGpu, initBackend, tf } from '../../src/tf';
import { createRng } from '../../src/util/rng';
import { onePath } from '../unit/model/one-tree';
import { randomWeights, tinyConfig } from '../unit/model/tiny-model';

const config = tinyConfig({ num_key_value_heads: 1, tie_word_embeddings: false });
const requests = [{ tokens: [1, 5, 3] }, { tokens: [4] }, { tokens: [7, 7, 2, 9, 10, 6, 3] }];
const options = { temperature: 0.9, topK: 8, topP: 0.95, count: 5, maxTokens: 12 };
let params: Parameters;
let drawnBefore: string[] | undefined;

describe.each(['webgpu', 'wasm', 'cpu'] as const)('generation on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
    params = loadParameters(config, randomWeights(config, 3));
    return () => disposeParameters(params);
  });

  it('draws the same tokens from a seed as elsewhere, with the log-probs that scoring gives', async () => {
    await guardGpu(async () => {
      const samples = await generate({ config, weights: params }, requests, options, createRng(1));
      const tokens = samples.flat().map((s) => s.tokens.join(' '));
      drawnBefore ??= tokens; // by the first backend; the last bits of the logits do not change a draw
      expect(tokens).toEqual(drawnBefore);
      for (const [r, list] of samples.entries()) {
        const { tokens, logProbs } = list[0]!;
        const path = [...requests[r]!.tokens, ...tokens];
        const scored = tf.tidy(
          () =>
            scoreBatch(
              { config, weights: params },
              uploadBatch(onePath(path, requests[r]!.tokens.length), config),
            ).logProb,
        );
        expect(logProbs).toBeAllclose(await scored.data(), { rtol: 1e-4, atol: 1e-5 });
        scored.dispose();
      }
    });
  });

  it('leaves no tensors and no GPU bytes behind', async () => {
    await guardGpu(async () => {
      const twice: { tensors: number; bytes: number }[] = [];
      for (let i = 0; i < 3; i++) {
        await generate({ config, weights: params }, requests, options, createRng(i));
        twice.push({ tensors: tf.memory().numTensors, bytes: gpuStats().bytes });
      }
      expect(twice[2]).toEqual(twice[1]);
    });
  });

  it('copies parameters into buffers of their own', async () => {
    await guardGpu(async () => {
      const copy = copyParameters(params);
      const before = await hashParameters(await parametersToArrays(params));
      const name = 'model.norm.weight';
      const old = copy.get(name)!;
      expect(old.dataId).not.toBe(params.get(name)!.dataId);
      copy.set(name, tf.keep(tf.add(old, 1)));
      old.dispose();
      expect(await hashParameters(await parametersToArrays(params))).toBe(before);
      expect(await hashParameters(await parametersToArrays(copy))).not.toBe(before);
      disposeParameters(copy);
    });
  });
});
