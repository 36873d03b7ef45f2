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

  it('gives unknown fields back for export, with the element type that the weights have', () => {
    expect(modelConfigToJson(parseModelConfig(good))).toEqual({ ...good, torch_dtype: 'float32' });
    const { torch_dtype: _, ...rest } = good;
    expect(modelConfigToJson(parseModelConfig({ ...rest, dtype: 'bfloat16' }))).toEqual({
      ...rest,
      dtype: 'float32',
    });
  });

  it.each([
    [{ model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'] }, /model_type is "qwen2".*only "llama"/],
    [{ model_type: undefined, architectures: undefined }, /model_type is missing.*only "llama"/],
    [{ model_type: 'mistral', architectures: undefined }, /only "llama"/],
    [
      { architectures: ['LlamaForSequenceClassification'] },
      /LlamaForSequenceClassification.*LlamaForCausalLM/,
    ],
    [{ rope_scaling: { type: 'linear', factor: 2 } }, /rope_scaling is .*"linear".*"rope_scaling": null/],
    [{ rope_parameters: { rope_type: 'llama3' } }, /rope_parameters.rope_type is "llama3"/],
    [{ hidden_act: 'gelu' }, /hidden_act is "gelu": only "silu"/],
    [{ attention_bias: true }, /attention_bias is true/],
    [{ mlp_bias: true }, /mlp_bias is true/],
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
    [{ eos_token_id: 24 }, /eos_token_id is 24: it must be below vocab_size, which is 24/],
    [{ eos_token_id: 'end' }, /eos_token_id is "end": it must be a whole number or a list/],
  ])('refuses %j', (change, message) => {
    expect(refusal(change)).toMatch(message);
  });

  it('names every wrong field at once', () => {
    expect(refusal({ vocab_size: -1, hidden_size: null, attention_bias: true }).split('\n')).toHaveLength(4);
  });

  it.each([[null], [[]], ['text'], [3]])('refuses %j, which is no object', (json) => {
    expect(() => parseModelConfig(json)).toThrow(ModelConfigError);
  });
});
