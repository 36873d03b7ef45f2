import { describe, expect, it } from 'vitest';
import { ModelConfigError, modelConfigToJson, parseModelConfig } from '../../../src/model/config';

const good = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 24,
  hidden_size: 64,
  intermediate_size: 160,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  max_position_embeddings: 128,
  tie_word_embeddings: true,
  hidden_act: 'silu',
  eos_token_id: 2,
  torch_dtype: 'bfloat16',
  something_of_theirs: { kept: [1, 2] },
};

const refusal = (change: Record<string, unknown>): string => {
  try {
    parseModelConfig({ ...good, ...change });
  } catch (error) {
    expect(error).toBeInstanceOf(ModelConfigError);
    return (error as Error).message;
  }
  return 'accepted';
};

describe('config.json', () => {
  it('is read with its fields', () => {
    expect(parseModelConfig(good)).toMatchObject({
      vocabSize: 24,
      hiddenSize: 64,
      intermediateSize: 160,
      layers: 4,
      heads: 4,
      kvHeads: 2,
      headDim: 16,
      normEps: 1e-5,
      ropeTheta: 10000,
      maxPositions: 128,
      tieWordEmbeddings: true,
      bosTokenId: undefined,
      eosTokenIds: [2],
      padTokenId: undefined,
    });
  });

  it("takes the defaults of transformers' LlamaConfig", () => {
    const { vocab_size, hidden_size, intermediate_size, num_hidden_layers, num_attention_heads } = good;
    const bare = { vocab_size, hidden_size, intermediate_size, num_hidden_layers, num_attention_heads };
    const config = parseModelConfig({ ...bare, model_type: 'llama', pad_token_id: null, rope_scaling: null });
    expect(config).toMatchObject({
      kvHeads: 4,
      headDim: 16,
      normEps: 1e-6,
      ropeTheta: 10000,
      maxPositions: 2048,
    });
    expect(config).toMatchObject({ tieWordEmbeddings: false, eosTokenIds: [], padTokenId: undefined });
  });

  it('reads a head size of its own, several end tokens, and the newer place of rope_theta', () => {
    const { rope_theta: _, ...rest } = good;
    const config = parseModelConfig({
      ...rest,
      head_dim: 32,
      eos_token_id: [2, 5],
      rope_parameters: { rope_type: 'default', rope_theta: 5000 },
    });
    expect(config).toMatchObject({ headDim: 32, eosTokenIds: [2, 5], ropeTheta: 5000 });
  });

  it('reads the relatives of Llama', () => {
    const as = (model_type: string, change = {}) =>
      parseModelConfig({ ...good, architectures: undefined, model_type, ...change });
    expect(as('llama')).toMatchObject({ family: 'llama', biases: [], qkNorm: false });
    expect(as('llama', { attention_bias: true, mlp_bias: true }).biases).toHaveLength(7);
    expect(as('mistral', { sliding_window: null })).toMatchObject({ family: 'llama', biases: [] });
    expect(as('mistral', { sliding_window: 128 }).maxPositions).toBe(128);
    expect(as('qwen2', { sliding_window: 16, use_sliding_window: false })).toMatchObject({
      family: 'qwen2',
      biases: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
    });
    expect(as('qwen3')).toMatchObject({ family: 'qwen3', headDim: 128, qkNorm: true, biases: [] });
    expect(as('qwen3', { head_dim: 24 }).headDim).toBe(24);
  });

  it('reads GPT-2 by its own names and the common ones', () => {
    const own = { vocab_size: 60, n_embd: 24, n_layer: 2, n_head: 4, n_positions: 32 };
    const config = parseModelConfig({ ...own, model_type: 'gpt2', eos_token_id: 59 });
    expect(config).toMatchObject({
      family: 'gpt2',
      hiddenSize: 24,
      intermediateSize: 96,
      layers: 2,
      heads: 4,
      kvHeads: 4,
      headDim: 6,
      maxPositions: 32,
      normEps: 1e-5,
      activation: 'gelu-tanh',
      tieWordEmbeddings: true,
      eosTokenIds: [59],
    });
    const { source: _, ...same } = parseModelConfig({
      architectures: ['GPT2LMHeadModel'],
      vocab_size: 60,
      hidden_size: 24,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      max_position_embeddings: 32,
      activation_function: 'gelu_new',
      eos_token_id: 59,
    });
    expect(config).toMatchObject(same);
    expect(() => parseModelConfig({ ...own, model_type: 'gpt2', activation_function: 'relu' })).toThrow(
      /activation_function is "relu": only gelu_new, gelu_pytorch_tanh/,
    );
    expect(() =>
      parseModelConfig({ ...own, model_type: 'gpt2', scale_attn_by_inverse_layer_idx: true }),
    ).toThrow(/scale_attn_by_inverse_layer_idx is true/);
  });

  it('lets the longest path grow with the scaling of the positions', () => {
    const positions = (rope_scaling: object, change = {}) =>
      parseModelConfig({ ...good, rope_scaling, ...change }).maxPositions;
    expect(positions({ type: 'linear', factor: 2.5 })).toBe(320);
    expect(positions({ rope_type: 'dynamic', factor: 2 })).toBe(256);
    expect(positions({ type: 'yarn', factor: 4, original_max_position_embeddings: 64 })).toBe(256);
    expect(positions({ type: 'yarn', factor: 4, original_max_position_embeddings: 16 })).toBe(128);
    expect(
      positions({
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 32,
      }),
    ).toBe(128);
  });

  it('gives unknown fields back for export, with the element type that the weights have', () => {
    expect(modelConfigToJson(parseModelConfig(good))).toEqual({ ...good, torch_dtype: 'float32' });
    const { torch_dtype: _, ...rest } = good;
    expect(modelConfigToJson(parseModelConfig({ ...rest, dtype: 'bfloat16' }))).toEqual({
      ...rest,
      dtype: 'float32',
    });
  });

  it.each([
    [{ model_type: 'phi3', architectures: ['Phi3ForCausalLM'] }, /model_type is "phi3".*only "llama"/],
    [{ model_type: undefined, architectures: undefined }, /model_type is missing.*only "llama"/],
    [{ model_type: 'qwen2' }, /model_type is "qwen2" with architectures "LlamaForCausalLM": only/],
    [
      { model_type: 'mistral', architectures: ['MistralForCausalLM'], sliding_window: 64 },
      /sliding_window is 64, less than max_position_embeddings \(128\)/,
    ],
    [
      { model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'], use_sliding_window: true },
      /use_sliding_window is true: attention over a window/,
    ],
    [
      { model_type: 'qwen3', architectures: undefined, layer_types: ['sliding_attention'] },
      /layer_types names layers other than "full_attention"/,
    ],
    [
      { architectures: ['LlamaForSequenceClassification'] },
      /LlamaForSequenceClassification.*LlamaForCausalLM/,
    ],
    [
      { rope_scaling: { type: 'longrope' } },
      /rope_scaling\.rope_type is "longrope": only "default", "linear", "dynamic", "llama3", "yarn"/,
    ],
    [{ rope_scaling: 'linear' }, /rope_scaling is "linear": it must be an object or null/],
    [{ rope_scaling: { type: 'linear' } }, /rope_scaling\.factor is missing: it must be a number from 1/],
    [{ rope_scaling: { type: 'linear', factor: 0.5 } }, /rope_scaling\.factor is 0\.5/],
    [{ rope_parameters: { rope_type: 'llama3' } }, /rope_parameters\.low_freq_factor is missing/],
    [
      { rope_scaling: { rope_type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 4 } },
      /high_freq_factor is 4: it must be above low_freq_factor/,
    ],
    [{ partial_rotary_factor: 0.5 }, /partial_rotary_factor is not 1/],
    [{ hidden_act: 'gelu' }, /hidden_act is "gelu": only "silu"/],
    [{ attention_bias: 'yes' }, /attention_bias is "yes": it must be true or false/],
    [{ vocab_size: undefined }, /vocab_size is missing: it must be a whole number/],
    [{ vocab_size: '24' }, /vocab_size is "24": it must be a whole number/],
    [{ vocab_size: 0 }, /vocab_size is 0: it must be at least 1/],
    [{ hidden_size: 1e12 }, /hidden_size is 1000000000000: it must be at most 65536/],
    [{ num_hidden_layers: 2.5 }, /num_hidden_layers is 2.5/],
    [{ num_attention_heads: 5 }, /hidden_size is 64 and num_attention_heads is 5/],
    [{ num_key_value_heads: 3 }, /num_key_value_heads is 3: it must divide num_attention_heads, which is 4/],
    [{ head_dim: 5 }, /head_dim is 5.*even/],
    [{ rms_norm_eps: 0 }, /rms_norm_eps is 0: it must be above 0/],
    [{ rope_theta: 'x' }, /rope_theta is "x": it must be a number/],
    [{ tie_word_embeddings: 1 }, /tie_word_embeddings is 1: it must be true or false/],
    [{ eos_token_id: 2.5 }, /eos_token_id is 2\.5: it must be a whole number or a list/],
    [{ eos_token_id: 'end' }, /eos_token_id is "end": it must be a whole number or a list/],
  ])('refuses %j', (change, message) => {
    expect(refusal(change)).toMatch(message);
  });

  it('names every wrong field at once', () => {
    expect(refusal({ vocab_size: -1, hidden_size: null, hidden_act: 'gelu' }).split('\n')).toHaveLength(4);
  });

  it.each([[null], [[]], ['text'], [3]])('refuses %j, which is no object', (json) => {
    expect(() => parseModelConfig(json)).toThrow(ModelConfigError);
  });
});
