/**
 * Llama 2 and 3, SmolLM2, TinyLlama, and Mistral where its window is not used (Touvron et al., 2023, arXiv 2302.13971;
 * Jiang et al., 2023, arXiv 2310.06825). RMSNorm, RoPE, grouped-query attention, SwiGLU.
 */
import { embedding } from '../../kernels/embedding';
import { rmsNorm } from '../../kernels/rms-norm';
import { rope } from '../../kernels/rope';
import { swiglu } from '../../kernels/swiglu';
import type { Tensor2D } from '../../tf';
import { tf } from '../../tf';
import type { ModelConfig } from '../config';
import type { ConfigJson } from '../config-fields';
import { commonFields, count, epsilon, flag, mustBe, optional, readFields, shown } from '../config-fields';
import type { Weights } from '../network';
import { readRope } from '../rope-scaling';
import { tapped } from '../tap';
import { matrixLike, vector } from '../weights';
import type { Family, LayerContext, TokenInput } from './family';

const fields = {
  ...commonFields,
  hidden_size: count(65_536),
  intermediate_size: count(1_048_576),
  num_hidden_layers: count(1024),
  num_attention_heads: count(1024),
  num_key_value_heads: optional(count(1024)),
  head_dim: optional(count(4096)),
  rms_norm_eps: optional(epsilon),
  max_position_embeddings: optional(count(100_000_000)),
  attention_bias: optional(flag),
  mlp_bias: optional(flag),
};

const attention = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj'];
const mlp = ['mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'];
const linears = [...attention, ...mlp];

/** What a relative of Llama has instead of Llama's own. */
interface Variant {
  family: string;
  /** Modules with a bias; by default as attention_bias and mlp_bias say. */
  biases?: readonly string[];
  qkNorm?: boolean;
  headDim?: number;
  kvHeads?: number;
  maxPositions?: number;
  /** Further refusals. */
  refuse?: (json: ConfigJson) => string[];
}

/** Reads the config.json of Llama or a relative. */
export const readLlamaConfig = (json: ConfigJson, variant: Variant): Omit<ModelConfig, 'source'> => {
  const refused = [
    ...mustBe(
      json,
      'hidden_act',
      ['silu', 'swish'],
      'only "silu" is supported. Choose a model with a SwiGLU MLP.',
    ),
    ...(variant.refuse?.(json) ?? []),
  ];
  const positions = json['max_position_embeddings'];
  const made = typeof positions === 'number' ? positions : (variant.maxPositions ?? 2048);
  const { theta, scaling, maxPositions } = readRope(json, made, refused);
  const f = readFields(json, fields, refused);
  const eos = f.eos_token_id ?? [];
  return {
    family: variant.family,
    vocabSize: f.vocab_size,
    hiddenSize: f.hidden_size,
    intermediateSize: f.intermediate_size,
    layers: f.num_hidden_layers,
    heads: f.num_attention_heads,
    kvHeads: f.num_key_value_heads ?? variant.kvHeads ?? f.num_attention_heads,
    headDim: f.head_dim ?? variant.headDim ?? f.hidden_size / f.num_attention_heads,
    normEps: f.rms_norm_eps ?? 1e-6,
    ropeTheta: theta,
    ropeScaling: scaling,
    biases: variant.biases ?? [...(f.attention_bias ? attention : []), ...(f.mlp_bias ? mlp : [])],
    qkNorm: variant.qkNorm ?? false,
    activation: 'silu',
    maxPositions,
    tieWordEmbeddings: f.tie_word_embeddings ?? false,
    bosTokenId: f.bos_token_id ?? undefined,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    padTokenId: typeof f.pad_token_id === 'number' ? f.pad_token_id : undefined,
  };
};

/** A window that never cuts anything off is no window. */
const slidingWindow = (json: ConfigJson): string[] => {
  const window = json['model_type'] === 'mistral' ? (json['sliding_window'] ?? undefined) : undefined;
  const positions = json['max_position_embeddings'];
  const longest = typeof positions === 'number' ? positions : mistralPositions;
  return window === undefined || (typeof window === 'number' && window >= longest)
    ? []
    : [
        `sliding_window ${shown(window)}, less than max_position_embeddings (${longest}): attention over a window is not supported. Choose a model with "sliding_window": null, as Mistral from version 0.2 on.`,
      ];
};
const mistralPositions = 131_072;

const shapes = (config: ModelConfig): Map<string, number[]> => {
  const { hiddenSize: d, intermediateSize: f, vocabSize, heads, kvHeads, headDim, biases, qkNorm } = config;
  const shapes = new Map<string, number[]>();
  shapes.set('model.embed_tokens.weight', [vocabSize, d]);
  for (let i = 0; i < config.layers; i++) {
    const layer = `model.layers.${i}`;
    const linear = (part: string, out: number, into: number) => {
      shapes.set(`${layer}.${part}.weight`, [out, into]);
      if (biases.includes(part)) shapes.set(`${layer}.${part}.bias`, [out]);
    };
    shapes.set(`${layer}.input_layernorm.weight`, [d]);
    linear('self_attn.q_proj', heads * headDim, d);
    linear('self_attn.k_proj', kvHeads * headDim, d);
    linear('self_attn.v_proj', kvHeads * headDim, d);
    linear('self_attn.o_proj', d, heads * headDim);
    if (qkNorm) {
      shapes.set(`${layer}.self_attn.q_norm.weight`, [headDim]);
      shapes.set(`${layer}.self_attn.k_norm.weight`, [headDim]);
    }
    shapes.set(`${layer}.post_attention_layernorm.weight`, [d]);
    linear('mlp.gate_proj', f, d);
    linear('mlp.up_proj', f, d);
    linear('mlp.down_proj', d, f);
  }
  shapes.set('model.norm.weight', [d]);
  if (!config.tieWordEmbeddings) shapes.set('lm_head.weight', [vocabSize, d]);
  return shapes;
};

/** RMSNorm over each head [D] of x [N, H*D]. */
const normHeads = (x: Tensor2D, weights: Weights, module: string, { headDim, normEps }: ModelConfig) => {
  const heads: Tensor2D = tf.reshape(x, [-1, headDim]); // [N*H, D]
  return tf.reshape(rmsNorm(heads, vector(weights, `${module}.weight`), normEps), x.shape) as Tensor2D;
};

const block = (
  x: Tensor2D,
  { config, weights, layer, position, rope: turn, attend, project, tap }: LayerContext,
) => {
  const { normEps, qkNorm } = config;
  const module = (part: string) => `model.layers.${layer}.${part}`;
  const norm = (h: Tensor2D, part: string) => rmsNorm(h, vector(weights, `${module(part)}.weight`), normEps);
  const perHead = (h: Tensor2D, part: string): Tensor2D =>
    qkNorm ? normHeads(h, weights, module(part), config) : h;

  const a = norm(x, 'input_layernorm'); //                                                          [N, d]
  const q0 = perHead(project(a, module('self_attn.q_proj')), 'self_attn.q_norm'); //                [N, H*D]
  const k0 = perHead(project(a, module('self_attn.k_proj')), 'self_attn.k_norm'); //                [N, K*D]
  const q = rope(q0, position, turn!); //                                                           [N, H*D]
  const k = rope(k0, position, turn!); //                                                           [N, K*D]
  const v = project(a, module('self_attn.v_proj')); //                                              [N, K*D]
  const y = project(attend(layer, q, k, v), module('self_attn.o_proj'), x); //                      [N, d]

  const b = norm(y, 'post_attention_layernorm'); //                                                 [N, d]
  const gated = swiglu(project(b, module('mlp.gate_proj')), project(b, module('mlp.up_proj'))); //  [N, f]
  return project(tapped(tap, layer, gated), module('mlp.down_proj'), y); //                         [N, d]
};

/** What Llama's relatives take over. */
export const llamaLike = {
  parameterShapes: shapes,
  prefix: 'model.',
  layers: 'model.layers',
  linears,
  tokenTable: 'model.embed_tokens',
  ignored: /\.rotary_emb\.(inv_freq|cos_cached|sin_cached)$/,
  ggufNames: {
    'model.embed_tokens': 'token_embd',
    'model.layers.{i}.input_layernorm': 'blk.{i}.attn_norm',
    'model.layers.{i}.self_attn.q_proj': 'blk.{i}.attn_q',
    'model.layers.{i}.self_attn.k_proj': 'blk.{i}.attn_k',
    'model.layers.{i}.self_attn.v_proj': 'blk.{i}.attn_v',
    'model.layers.{i}.self_attn.o_proj': 'blk.{i}.attn_output',
    'model.layers.{i}.self_attn.q_norm': 'blk.{i}.attn_q_norm',
    'model.layers.{i}.self_attn.k_norm': 'blk.{i}.attn_k_norm',
    'model.layers.{i}.post_attention_layernorm': 'blk.{i}.ffn_norm',
    'model.layers.{i}.mlp.gate_proj': 'blk.{i}.ffn_gate',
    'model.layers.{i}.mlp.up_proj': 'blk.{i}.ffn_up',
    'model.layers.{i}.mlp.down_proj': 'blk.{i}.ffn_down',
    'model.norm': 'output_norm',
    lm_head: 'output',
  },
  embed: (weights: Weights, { tokens, order }: TokenInput) =>
    embedding(matrixLike(weights, 'model.embed_tokens.weight'), tokens, order),
  block,
  finalNorm: (x: Tensor2D, { normEps }: ModelConfig, weights: Weights) =>
    rmsNorm(x, vector(weights, 'model.norm.weight'), normEps),
} satisfies Partial<Family>;

export const llama: Family = {
  ...llamaLike,
  name: 'llama',
  modelTypes: { llama: 'LlamaForCausalLM', mistral: 'MistralForCausalLM' },
  readConfig: (json) =>
    readLlamaConfig(json, {
      family: 'llama',
      refuse: slidingWindow,
      ...(json['model_type'] === 'mistral' ? { kvHeads: 8, maxPositions: mistralPositions, biases: [] } : {}),
    }),
};
