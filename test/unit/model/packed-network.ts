import { expect } from 'vitest';
import { unpackRows } from '../../../src/kernels/packed-format';
import type { PackedMatrix } from '../../../src/kernels/packed-matrix';
import { isPacked } from '../../../src/kernels/packed-matrix';
import type { ModelConfig } from '../../../src/model/config';
import { parseModelConfig } from '../../../src/model/config';
import { generate } from '../../../src/model/generate';
import type { WeightStorage } from '../../../src/model/host-weights';
import { linearModules } from '../../../src/model/linear-modules';
import { freshLora, uploadLora } from '../../../src/model/lora';
import type { Network } from '../../../src/model/network';
import { disposeParameters, loadParameters, loadWeights } from '../../../src/model/parameters';
import { scoreBatch, uploadBatch } from '../../../src/model/transformer';
import type { Tensor } from '../../../src/tf';
import { tf } from '../../../src/tf';
import { createRng } from '../../../src/util/rng';
import { twoBranches } from './one-tree';
import { randomWeights, tinyConfig } from './tiny-model';

/** Two families whose rows can be packed in every way: grouped queries with a norm of their own, and fused biased ones. */
export const packedConfigs: Record<string, ModelConfig> = {
  qwen3: tinyConfig({ model_type: 'qwen3', hidden_size: 32, intermediate_size: 64, head_dim: 16 }),
  gpt2: parseModelConfig({
    model_type: 'gpt2',
    vocab_size: 11,
    n_embd: 32,
    n_layer: 2,
    n_head: 2,
    n_positions: 64,
    eos_token_id: 2,
  }),
};

const arrays = async (packed: PackedMatrix): Promise<Float32Array> =>
  unpackRows({
    ...packed,
    values: (await packed.values.data()) as Int32Array,
    scales: packed.scales && ((await packed.scales.data()) as Int32Array),
  });

/** A network with packed weights and an adapter, and the same with these weights in full. */
const makePair = async (config: ModelConfig, storage: WeightStorage) => {
  const host = randomWeights(config, 4);
  const packed = loadWeights(config, host, storage);
  let count = 0;
  for (const [name, weight] of packed) {
    if (!isPacked(weight)) continue;
    host.get(name)!.data.set(await arrays(weight));
    count++;
  }
  expect(count).toBe(1 + linearModules(config).size); // the table, which is also the head
  const settings = { rank: 3, targetModules: ['all-linear'] };
  const adapter = freshLora(linearModules(config), settings, createRng(3));
  const rng = createRng(5);
  // B is zero in a fresh adapter, and A would have no gradient.
  for (const { data } of adapter.values())
    for (let i = 0; i < data.length; i++) data[i]! += 0.2 * rng.normal();
  const full = loadParameters(config, host);
  return { packed, full, lora: uploadLora(adapter) };
};

const score = (network: Omit<Network, 'weights'>, base: Network['weights'], lora: Map<string, Tensor>) => {
  const names = [...lora.keys()];
  const kept: { logProb?: Tensor } = {};
  const { value, grads } = tf.tidy(() => {
    const batch = uploadBatch(twoBranches(), network.config);
    return tf.valueAndGrads((...values: Tensor[]) => {
      const weights = new Map([...base, ...names.map((name, i) => [name, values[i]!] as const)]);
      const { logProb, stepSum } = scoreBatch({ ...network, weights }, batch);
      kept.logProb = tf.keep(logProb);
      return tf.sum(tf.mul(stepSum, [0.7, -1.3]));
    })([...lora.values()]);
  });
  return { names, logProb: kept.logProb!, value, grads };
};

/**
 * Scores, gradients of the adapter (layers computed twice, too) and greedy text of a packed network, against those of the
 * same weights in full.
 */
export const expectPackedLikeFull = async (name: string, storage: WeightStorage) => {
  const config = packedConfigs[name]!;
  const { packed, full, lora } = await makePair(config, storage);
  const close = { rtol: 1e-3, atol: 1e-4 };
  for (const how of [
    { lora: { scale: 1.5 } },
    { lora: { scale: 1.5 }, checkpointing: true },
    { lora: { scale: 1.5, dropout: { rate: 0.3, seed: 9 } }, checkpointing: true },
  ]) {
    const a = score({ config, ...how }, packed, lora);
    const b = score({ config, ...how, checkpointing: false }, full, lora);
    expect(await a.logProb.data()).toBeAllclose(await b.logProb.data(), close);
    for (const [i, module] of a.names.entries()) {
      const expected = (await b.grads[i]!.data()) as Float32Array;
      const largest = expected.reduce((max, g) => Math.max(max, Math.abs(g)), 0);
      expect(largest, module).toBeGreaterThan(0);
      expect(await a.grads[i]!.data(), module).toBeAllclose(expected, { rtol: 1e-3, atol: 1e-4 * largest });
    }
    tf.dispose([a.logProb, a.value, a.grads, b.logProb, b.value, b.grads]);
  }
  const textOf = (base: Network['weights']) =>
    generate(
      { config, weights: new Map([...base, ...lora]), lora: { scale: 1.5 } },
      [{ tokens: [1, 5, 3] }, { tokens: [4] }],
      { temperature: 0, count: 1, maxTokens: 8 },
      createRng(1),
    );
  const [ours, theirs] = [await textOf(packed), await textOf(full)];
  expect(ours.flat().map((s) => s.tokens)).toEqual(theirs.flat().map((s) => s.tokens));
  expect(ours.flat().flatMap((s) => s.logProbs)).toBeAllclose(
    theirs.flat().flatMap((s) => s.logProbs),
    close,
  );
  for (const weights of [packed, full, lora]) disposeParameters(weights);
};
