import { beforeAll, describe, expect, it } from 'vitest';
import { parseModelConfig } from '../../../src/model/config';
import { outputHead } from '../../../src/model/head';
import type { Parameters } from '../../../src/model/parameters';
import {
  copyParameters,
  disposeParameters,
  hashParameters,
  loadParameters,
  parameterCount,
  parameterShapes,
  parametersToArrays,
  withShapes,
} from '../../../src/model/parameters';
import { readSafetensors } from '../../../src/model/safetensors';
import { writeSafetensors } from '../../../src/model/write-safetensors';
import { initBackend, tf } from '../../../src/tf';
import { randomWeights, tinyConfig } from './tiny-model';

beforeAll(async () => {
  await initBackend('cpu');
});

describe('parameters', () => {
  const tied = tinyConfig({ tie_word_embeddings: true });
  const untied = tinyConfig({ tie_word_embeddings: false });

  it('have the names and shapes of Hugging Face', () => {
    const shapes = parameterShapes(untied);
    expect(shapes.get('model.layers.1.self_attn.k_proj.weight')).toEqual([4, 8]);
    expect(shapes.get('model.layers.0.mlp.down_proj.weight')).toEqual([8, 12]);
    expect(shapes.get('lm_head.weight')).toEqual([11, 8]);
    expect(parameterShapes(tied).has('lm_head.weight')).toBe(false);
  });

  it('are counted', () => {
    // per layer: q and o 8x8, k and v 4x8, three MLP matrices 12x8, two norms of 8
    const layer = 2 * 64 + 2 * 32 + 3 * 96 + 16;
    expect(parameterCount(tied)).toBe(11 * 8 + 2 * layer + 8);
    expect(parameterCount(untied)).toBe(2 * 11 * 8 + 2 * layer + 8);
    const nano = parseModelConfig({
      ...untied.source,
      vocab_size: 24,
      hidden_size: 64,
      intermediate_size: 160,
      num_hidden_layers: 4,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      tie_word_embeddings: true,
    });
    expect(parameterCount(nano)).toBe(24 * 64 + 4 * (2 * 4096 + 2 * 2048 + 3 * 10240 + 128) + 64);
  });

  it('go to a safetensors file and back', async () => {
    const weights = randomWeights(untied, 1);
    const params = loadParameters(untied, weights);
    const arrays = await parametersToArrays(params);
    const { tensors } = readSafetensors(writeSafetensors(withShapes(untied, arrays)), 'model.safetensors');
    for (const [name, { data }] of weights) expect([...tensors.get(name)!.data]).toEqual([...data]);
    disposeParameters(params);
  });

  it('outlive tidy scopes and are disposed whole', () => {
    const before = tf.memory().numTensors;
    let params: Parameters = new Map();
    tf.tidy(() => {
      params = loadParameters(tied, randomWeights(tied, 1));
    });
    expect(tf.memory().numTensors).toBe(before + parameterShapes(tied).size);
    expect(outputHead({ config: tied, weights: params }).shape).toEqual([11, 8]);
    disposeParameters(params);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('are copied into buffers of their own, every bit', async () => {
    const weights = randomWeights(tied, 1);
    weights.get('model.norm.weight')!.data.set([-0, 1e-45, 3e38]);
    const params = loadParameters(tied, weights);
    const copy = copyParameters(params);
    for (const [name, tensor] of params) expect(copy.get(name)!.dataId).not.toBe(tensor.dataId);
    const before = await parametersToArrays(params);
    disposeParameters(params);
    const after = await parametersToArrays(copy);
    expect(await hashParameters(after)).toBe(await hashParameters(before));
    expect(Object.is(after.get('model.norm.weight')![0], -0)).toBe(true);
    disposeParameters(copy);
  });

  it('have a hash of their content, whatever the order', async () => {
    const arrays = new Map([...randomWeights(tied, 1)].map(([name, { data }]) => [name, data]));
    const hash = await hashParameters(arrays);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await hashParameters(new Map([...arrays].reverse()))).toBe(hash);
    const [first, second] = [...arrays.keys()].filter((name) => name.endsWith('layernorm.weight'));
    const swapped = new Map([...arrays, [first!, arrays.get(second!)!], [second!, arrays.get(first!)!]]);
    expect(await hashParameters(swapped)).not.toBe(hash);
    const changed = arrays.get('model.norm.weight')!.slice();
    changed[3]! += 1e-6;
    expect(await hashParameters(new Map([...arrays, ['model.norm.weight', changed]]))).not.toBe(hash);
  });

  it('that do not fit are refused by name, and nothing is uploaded', () => {
    const weights = randomWeights(untied, 1);
    weights.delete('model.layers.1.mlp.up_proj.weight');
    weights.set('model.layers.2.mlp.up_proj.weight', { shape: [1], data: new Float32Array(1) });
    weights.set('model.norm.weight', { shape: [9], data: new Float32Array(9) });
    const before = tf.memory().numTensors;
    expect(() => loadParameters(untied, weights)).toThrow(
      /1 missing: model\.layers\.1\.mlp\.up_proj\.weight\n- 1 not part of this model: model\.layers\.2\.mlp\.up_proj\.weight\n- 1 of the wrong shape: model\.norm\.weight is \[9\] instead of \[8\]/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('may bring a copy of a tied head and the frequencies of old checkpoints', () => {
    const weights = randomWeights(untied, 1);
    weights.set('model.layers.0.self_attn.rotary_emb.inv_freq', { shape: [2], data: new Float32Array(2) });
    const params = loadParameters(tied, weights);
    expect([...params.keys()]).toEqual([...parameterShapes(tied).keys()]);
    disposeParameters(params);
  });
});
