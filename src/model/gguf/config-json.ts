import type { Family } from '../families/family';
import type { HostTensor } from '../host-weights';
import { keyPlace } from './error';
import type { Fields } from './fields';
import { needed } from './fields';
import { ropeScaling } from './rope-scaling';
import { specialId } from './vocabulary';

/** What the configuration depends on besides metadata. */
export interface TensorFacts {
  /** Rows of token_embd.weight. */
  vocabSize: number;
  /** Whether the file has a tensor of this name (GGUF's). */
  has: (name: string) => boolean;
  /** rope_freqs.weight, where there is one. */
  ropeDivisors: HostTensor | undefined;
}

const PLAIN = 'Use a file of a plain language model of one of these architectures.';

/** Heads and their size, checked against each other, so that rows can be put in order. */
export interface Heads {
  query: number;
  keyValue: number;
  dim: number;
}

export const headsOf = (fields: Fields, { name: architecture, positionTable }: Family): Heads => {
  const at = (name: string) => `${architecture}.${name}`;
  const count = (name: string, fallback?: number): number => {
    const value = needed(fields, at(name), fields.count(at(name)) ?? fallback);
    return value > 0 ? value : fields.fail(keyPlace(at(name)), 'it is 0');
  };
  const query = count('attention.head_count');
  const keyValue = count('attention.head_count_kv', query);
  const dim = count('attention.key_length', count('embedding_length') / query);
  if (!Number.isInteger(dim)) {
    fields.fail(
      keyPlace(at('attention.head_count')),
      `${query} heads do not divide the embedding of ${count('embedding_length')}`,
    );
  }
  if (count('attention.value_length', dim) !== dim) {
    fields.fail(keyPlace(at('attention.value_length')), `it is not the key length, which is ${dim}`, PLAIN);
  }
  const rotated = count('rope.dimension_count', dim);
  if (positionTable === undefined && rotated !== dim) {
    fields.fail(
      keyPlace(at('rope.dimension_count')),
      `${rotated} of ${dim} dimensions are rotated; only all are supported`,
      PLAIN,
    );
  }
  return { query, keyValue, dim };
};

/** Keys that change what a model computes, with the one value that leaves it as it is. */
const mustBe: Readonly<Record<string, number>> = {
  expert_count: 0,
  logit_scale: 1,
  residual_scale: 1,
  embedding_scale: 1,
  attn_logit_softcapping: 0,
  final_logit_softcapping: 0,
  'attention.max_alibi_bias': 0,
  'attention.clamp_kqv': 0,
  'attention.scale': 0,
};

const refuseOthers = (fields: Fields, architecture: string) => {
  for (const [name, neutral] of Object.entries(mustBe)) {
    const key = `${architecture}.${name}`;
    const value = fields.number(key) ?? neutral;
    if (value !== neutral) fields.fail(keyPlace(key), `${value} is not supported`, PLAIN);
  }
  const key = `${architecture}.attention.sliding_window`;
  const window = fields.count(key) ?? 0;
  if (window > 0 && window < (fields.count(`${architecture}.context_length`) ?? 0)) {
    fields.fail(keyPlace(key), `a window of ${window} tokens is not supported`, PLAIN);
  }
};

/** Ends of a response: the text's, and a turn's where the file names one. */
const endIds = (fields: Fields): number[] => {
  const ids = ['eos', 'eot', 'eom'].map((name) => specialId(fields, name));
  return [...new Set(ids.filter((id) => id !== undefined))];
};

const tokenIds = (fields: Fields): Record<string, unknown> => {
  const ends = endIds(fields);
  return {
    bos_token_id: specialId(fields, 'bos') ?? null,
    eos_token_id: ends.length > 1 ? ends : (ends[0] ?? null),
    pad_token_id: specialId(fields, 'padding') ?? null,
  };
};

const gpt2Config = (fields: Fields, heads: Heads, facts: TensorFacts): Record<string, unknown> => {
  const count = (name: string) => needed(fields, `gpt2.${name}`, fields.count(`gpt2.${name}`));
  const number = (name: string) => needed(fields, `gpt2.${name}`, fields.number(`gpt2.${name}`));
  return {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    vocab_size: facts.vocabSize,
    n_positions: count('context_length'),
    n_embd: count('embedding_length'),
    n_layer: count('block_count'),
    n_head: heads.query,
    n_inner: count('feed_forward_length'),
    activation_function: 'gelu_new',
    layer_norm_epsilon: decimal(number('attention.layer_norm_epsilon')),
    tie_word_embeddings: !facts.has('output.weight'),
    ...tokenIds(fields),
  };
};

/** A float of the file as the short decimal that was meant: 1e-5 rather than 9.999999747378752e-6. */
const decimal = (value: number): number => {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
};

/**
 * The config.json that Hugging Face would have for this file.
 * @throws GgufError for what is missing, and for what config.json or our models cannot say.
 */
export const configJson = (
  fields: Fields,
  family: Family,
  heads: Heads,
  facts: TensorFacts,
): Record<string, unknown> => {
  const { name: architecture, modelTypes } = family;
  refuseOthers(fields, architecture);
  if (architecture === 'gpt2') return gpt2Config(fields, heads, facts);
  const at = (name: string) => `${architecture}.${name}`;
  const count = (name: string) => needed(fields, at(name), fields.count(at(name)));
  const theta = fields.number(at('rope.freq_base')) ?? 10_000;
  return {
    architectures: [modelTypes[architecture]],
    model_type: architecture,
    vocab_size: facts.vocabSize,
    hidden_size: count('embedding_length'),
    intermediate_size: count('feed_forward_length'),
    num_hidden_layers: count('block_count'),
    num_attention_heads: heads.query,
    num_key_value_heads: heads.keyValue,
    head_dim: heads.dim,
    hidden_act: 'silu',
    max_position_embeddings: count('context_length'),
    rms_norm_eps: decimal(
      needed(
        fields,
        at('attention.layer_norm_rms_epsilon'),
        fields.number(at('attention.layer_norm_rms_epsilon')),
      ),
    ),
    rope_theta: decimal(theta),
    rope_scaling: ropeScaling(fields, architecture, theta, heads.dim, facts.ropeDivisors),
    // Qwen2 always has some of them, and config.json does not say so.
    ...(architecture !== 'qwen2' && { attention_bias: facts.has('blk.0.attn_q.bias') }),
    ...(architecture === 'llama' && { mlp_bias: facts.has('blk.0.ffn_up.bias') }),
    tie_word_embeddings: !facts.has('output.weight'),
    ...tokenIds(fields),
  };
};
