import type { ModelConfig } from '../../../src/model/config';
import { parseModelConfig } from '../../../src/model/config';
import { parameterShapes } from '../../../src/model/parameters';
import { createRng } from '../../../src/util/rng';

/** Two layers, d = 8, two query heads on one key head, V = 11: small enough for tfjs's cpu backend. */
export const tinyConfig = (change: Record<string, unknown> = {}): ModelConfig =>
  parseModelConfig({
    model_type: 'llama',
    vocab_size: 11,
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    rms_norm_eps: 1e-5,
    rope_theta: 100,
    max_position_embeddings: 64,
    tie_word_embeddings: true,
    eos_token_id: 2,
    ...change,
  });

/** Seeded weights, large enough that the model is far from uniform and attention far from flat. */
export const randomWeights = (
  config: ModelConfig,
  seed: number,
): Map<string, { shape: number[]; data: Float32Array }> => {
  const rng = createRng(seed);
  return new Map(
    [...parameterShapes(config)].map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const scale = shape.length === 1 ? 0.2 : 1.5 / Math.sqrt(shape[1]!);
      const data = Float32Array.from(
        { length: size },
        () => (shape.length === 1 ? 1 : 0) + scale * rng.normal(),
      );
      return [name, { shape, data }];
    }),
  );
};
