/**
 * GPT-2 (Radford et al., 2019): learned positions, LayerNorm, fused queries, keys and values, GELU, biases everywhere and
 * a head tied to the token table.
 */
import { embedding } from '../../kernels/embedding';
import { gelu } from '../../kernels/gelu';
import { layerNorm } from '../../kernels/layer-norm';
import type { Tensor2D } from '../../tf';
import { tf } from '../../tf';
import type { ModelConfig } from '../config';
import type { ConfigJson } from '../config-fields';
import { commonFields, count, epsilon, mustBe, optional, readFields } from '../config-fields';
import type { Weights } from '../network';
import { tapped } from '../tap';
import { matrix, matrixLike, vector } from '../weights';
import type { Family, LayerContext } from './family';

const fields = {
  ...commonFields,
  n_embd: count(65_536),
  n_inner: optional(count(1_048_576)),
  n_layer: count(1024),
  n_head: count(1024),
  n_positions: optional(count(1_000_000)),
  layer_norm_epsilon: optional(epsilon),
};

/** transformers takes these names for GPT-2's own, too. */
const alias = {
  n_embd: 'hidden_size',
  n_layer: 'num_hidden_layers',
  n_head: 'num_attention_heads',
  n_positions: 'max_position_embeddings',
};

const activations: Record<string, ModelConfig['activation']> = {
  gelu_new: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu: 'gelu',
};

const linears = ['attn.c_attn', 'attn.c_proj', 'mlp.c_fc', 'mlp.c_proj'];

const readConfig = (json: ConfigJson): Omit<ModelConfig, 'source'> => {
  const named: ConfigJson = { ...json };
  for (const [own, other] of Object.entries(alias)) named[own] ??= json[other];
  const unscaled = 'scaled attention scores of this kind are not supported. Choose another model.';
  const refused = [
    ...mustBe(
      json,
      'activation_function',
      Object.keys(activations),
      `only ${Object.keys(activations).join(', ')} are supported. Choose another model.`,
    ),
    ...mustBe(json, 'scale_attn_weights', [true], unscaled),
    ...mustBe(json, 'scale_attn_by_inverse_layer_idx', [false], unscaled),
    ...mustBe(json, 'add_cross_attention', [false], 'cross-attention is not supported. Choose a decoder.'),
  ];
  const f = readFields(named, fields, refused);
  const eos = f.eos_token_id === undefined ? 50_256 : (f.eos_token_id ?? []);
  const maxPositions = f.n_positions ?? 1024;
  return {
    family: 'gpt2',
    vocabSize: f.vocab_size,
    hiddenSize: f.n_embd,
    intermediateSize: f.n_inner ?? 4 * f.n_embd,
    layers: f.n_layer,
    heads: f.n_head,
    kvHeads: f.n_head,
    headDim: f.n_embd / f.n_head,
    normEps: f.layer_norm_epsilon ?? 1e-5,
    ropeTheta: 10_000,
    ropeScaling: undefined,
    biases: linears,
    qkNorm: false,
    activation: activations[(json['activation_function'] as string | null | undefined) ?? 'gelu_new']!,
    maxPositions,
    tieWordEmbeddings: f.tie_word_embeddings ?? true,
    bosTokenId: f.bos_token_id ?? undefined,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    padTokenId: typeof f.pad_token_id === 'number' ? f.pad_token_id : undefined,
  };
};

const parameterShapes = (config: ModelConfig): Map<string, number[]> => {
  const { hiddenSize: d, intermediateSize: f, vocabSize } = config;
  const shapes = new Map<string, number[]>();
  const pair = (module: string, shape: number[]) => {
    shapes.set(`transformer.${module}.weight`, shape);
    shapes.set(`transformer.${module}.bias`, [shape[0]!]);
  };
  shapes.set('transformer.wte.weight', [vocabSize, d]);
  shapes.set('transformer.wpe.weight', [config.maxPositions, d]);
  for (let i = 0; i < config.layers; i++) {
    pair(`h.${i}.ln_1`, [d]);
    pair(`h.${i}.attn.c_attn`, [3 * d, d]);
    pair(`h.${i}.attn.c_proj`, [d, d]);
    pair(`h.${i}.ln_2`, [d]);
    pair(`h.${i}.mlp.c_fc`, [f, d]);
    pair(`h.${i}.mlp.c_proj`, [d, f]);
  }
  pair('ln_f', [d]);
  if (!config.tieWordEmbeddings) shapes.set('lm_head.weight', [vocabSize, d]);
  return shapes;
};

const norm = (x: Tensor2D, weights: Weights, module: string, eps: number) =>
  layerNorm(x, vector(weights, `${module}.weight`), vector(weights, `${module}.bias`), eps);

const block = (x: Tensor2D, { config, weights, layer, attend, project, tap }: LayerContext): Tensor2D => {
  const { normEps, activation } = config;
  const module = (part: string) => `transformer.h.${layer}.${part}`;

  const a = norm(x, weights, module('ln_1'), normEps); //                                  [N, d]
  const [q, k, v] = tf.split(project(a, module('attn.c_attn')), 3, 1) as Tensor2D[]; //    [N, d] each
  const y = project(attend(layer, q!, k!, v!), module('attn.c_proj'), x); //               [N, d]

  const b = norm(y, weights, module('ln_2'), normEps); //                                  [N, d]
  const inner = gelu(project(b, module('mlp.c_fc')), activation === 'gelu' ? 'erf' : 'tanh'); // [N, f]
  return project(tapped(tap, layer, inner), module('mlp.c_proj'), y); //                 [N, d]
};

export const gpt2: Family = {
  name: 'gpt2',
  modelTypes: { gpt2: 'GPT2LMHeadModel' },
  readConfig,
  parameterShapes,
  prefix: 'transformer.',
  layers: 'transformer.h',
  linears,
  tokenTable: 'transformer.wte',
  positionTable: 'transformer.wpe',
  ignored: /\.attn\.(bias|masked_bias)$/, // the causal mask
  transposedLinears: true,
  ggufNames: {
    'transformer.wte': 'token_embd',
    'transformer.wpe': 'position_embd',
    'transformer.h.{i}.ln_1': 'blk.{i}.attn_norm',
    'transformer.h.{i}.attn.c_attn': 'blk.{i}.attn_qkv',
    'transformer.h.{i}.attn.c_proj': 'blk.{i}.attn_output',
    'transformer.h.{i}.ln_2': 'blk.{i}.ffn_norm',
    'transformer.h.{i}.mlp.c_fc': 'blk.{i}.ffn_up',
    'transformer.h.{i}.mlp.c_proj': 'blk.{i}.ffn_down',
    'transformer.ln_f': 'output_norm',
    lm_head: 'output',
  },
  embed: (weights, { tokens, position, order, positionOrder }) =>
    tf.add(
      embedding(matrixLike(weights, 'transformer.wte.weight'), tokens, order),
      embedding(matrix(weights, 'transformer.wpe.weight'), position, positionOrder),
    ),
  block,
  finalNorm: (x, { normEps }, weights) => norm(x, weights, 'transformer.ln_f', normEps),
};
