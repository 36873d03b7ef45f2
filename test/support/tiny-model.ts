import type { LoadedModel } from '../../src/load/loaded-model';
import { parseModelConfig } from '../../src/model/config';
import type { HostWeights } from '../../src/model/host-weights';
import { parameterShapes } from '../../src/model/parameters';
import { loadTokenizer } from '../../src/tokenizer/load';
import type { Tokenizer } from '../../src/tokenizer/tokenizer';
import { createRng } from '../../src/util/rng';
import { arithmeticCharacters, charTokenizer } from './char-tokenizer';

/** A random model of a few thousand weights for a tokenizer: small enough for any backend. */
export const tinyModelOf = (
  tokenizer: Tokenizer,
  seed = 1,
  tokenizerFiles: Record<string, string> = {},
): LoadedModel => {
  const configJson = {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    vocab_size: tokenizer.vocabSize,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 8,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    max_position_embeddings: 256,
    tie_word_embeddings: true,
    hidden_act: 'silu',
    attention_bias: false,
    bos_token_id: 1,
    eos_token_id: 2,
    pad_token_id: 0,
  };
  const config = parseModelConfig(configJson);
  const rng = createRng(seed);
  const weights: HostWeights = new Map();
  for (const [name, shape] of parameterShapes(config)) {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = shape.length === 1 ? 1 : rng.normal() * 0.2;
    weights.set(name, { shape, data });
  }
  return {
    summary: {
      id: 'tiny',
      name: 'tiny',
      description: 'random',
      parameters: [...weights.values()].reduce((sum, w) => sum + w.data.length, 0),
      builtIn: false,
    },
    config,
    tokenizer,
    weights,
    hash: `tiny-${seed}`,
    files: {
      'config.json': JSON.stringify(configJson),
      ...tokenizerFiles,
    },
  };
};

/** One that reads the built-in task. */
export const tinyModel = (seed = 1): LoadedModel => {
  const { tokenizerJson, tokenizerConfig } = charTokenizer([...arithmeticCharacters, ',']);
  return tinyModelOf(loadTokenizer(tokenizerJson, tokenizerConfig), seed, {
    'tokenizer.json': JSON.stringify(tokenizerJson),
    'tokenizer_config.json': JSON.stringify(tokenizerConfig),
  });
};
