import { beforeAll, describe, expect, it } from 'vitest';
import { packRows } from '../../../src/kernels/packed-format';
import type { PackedMatrix } from '../../../src/kernels/packed-matrix';
import { isPacked } from '../../../src/kernels/packed-matrix';
import { parseModelConfig } from '../../../src/model/config';
import { outputHead } from '../../../src/model/head';
import type { HostTensor, WeightStorage } from '../../../src/model/host-weights';
import type { Weights } from '../../../src/model/network';
import type { Parameters } from '../../../src/model/parameters';
import {
  copyParameters,
  disposeParameters,
  hashParameters,
  loadParameters,
  loadWeights,
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

describe('weights', () => {
  // Rows of 32 can be packed in any way, those of 24 as f16 only.
  const config = tinyConfig({ hidden_size: 32, intermediate_size: 24, head_dim: 8 });
  const load = (storage: WeightStorage, change: Record<string, Partial<HostTensor>> = {}) => {
    const tensors = new Map<string, HostTensor>(randomWeights(config, 1));
    for (const [name, part] of Object.entries(change)) tensors.set(name, { ...tensors.get(name)!, ...part });
    return loadWeights(config, tensors, storage);
  };
  const formats = (weights: Weights) =>
    Object.fromEntries([...weights].map(([name, w]) => [name, isPacked(w) ? w.format : 'f32']));

  it.each(['f16', 'int8', 'int4'] as const)('are stored as %s where their rows allow it', (storage) => {
    const before = tf.memory().numTensors;
    const weights = load(storage);
    expect([...weights.keys()]).toEqual([...parameterShapes(config).keys()]);
    expect(formats(weights)).toMatchObject({
      'model.embed_tokens.weight': storage,
      'model.layers.1.self_attn.q_proj.weight': storage,
      'model.layers.0.mlp.down_proj.weight': 'f16',
      'model.layers.0.input_layernorm.weight': 'f32',
      'model.norm.weight': 'f32',
    });
    disposeParameters(weights);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('are stored as the file has them, or as f32', () => {
    const name = 'model.layers.0.self_attn.k_proj.weight';
    const packed = packRows(randomWeights(config, 1).get(name)!.data, [8, 32], 'int8');
    const weights = load('file', { [name]: { packed: () => packed } });
    const found = formats(weights);
    expect(found[name]).toBe('int8');
    expect(new Set(Object.values({ ...found, [name]: 'f32' }))).toEqual(new Set(['f32']));
    expect((weights.get(name) as PackedMatrix).values.dataSync()).toEqual(packed.values);
    disposeParameters(weights);
  });

  it('keep the blocks of the file where they are of the format asked for', () => {
    const name = 'model.layers.0.self_attn.k_proj.weight';
    const packed = packRows(new Float32Array(8 * 32).fill(2), [8, 32], 'int4');
    const weights = load('int4', { [name]: { packed: () => packed } });
    expect((weights.get(name) as PackedMatrix).values.dataSync()).toEqual(packed.values);
    disposeParameters(weights);
  });

  it('that cannot be packed are named, and what was uploaded is freed', () => {
    const before = tf.memory().numTensors;
    const data = new Float32Array(8 * 32);
    data[35] = 1e6;
    expect(() => load('f16', { 'model.layers.1.self_attn.v_proj.weight': { data } })).toThrow(
      /^The weight model\.layers\.1\.self_attn\.v_proj\.weight cannot be stored as f16: .*\[1, 3\] is 1000000/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('in learned positions and biases stay f32', () => {
    const gpt2 = parseModelConfig({
      model_type: 'gpt2',
      vocab_size: 40,
      n_embd: 32,
      n_layer: 1,
      n_head: 2,
      n_positions: 16,
      eos_token_id: 1,
    });
    const weights = loadWeights(gpt2, randomWeights(gpt2, 1), 'int8');
    const found = formats(weights);
    expect(found).toMatchObject({ 'transformer.wte.weight': 'int8', 'transformer.wpe.weight': 'f32' });
    expect(found['transformer.h.0.attn.c_attn.bias']).toBe('f32');
    expect(found['transformer.h.0.mlp.c_proj.weight']).toBe('int8');
    disposeParameters(weights);
  });
});
