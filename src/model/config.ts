import { z } from 'zod/mini';

/**
 * Shape of a Llama-style decoder. `d` = hiddenSize, `H` = heads, `K` = kvHeads, `D` = headDim, `f` =
 * intermediateSize, `V` = vocabSize in the shape comments of this room.
 */
export interface ModelConfig {
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  /** Key and value heads; each serves heads / kvHeads query heads. */
  kvHeads: number;
  headDim: number;
  normEps: number;
  ropeTheta: number;
  /** Longest path, in tokens, that the model was made for. */
  maxPositions: number;
  /** The output head is the embedding table; there is no lm_head.weight then. */
  tieWordEmbeddings: boolean;
  bosTokenId: number | undefined;
  /** Any of these ends a response. May be empty. */
  eosTokenIds: number[];
  padTokenId: number | undefined;
  /** The config.json as it came, unknown fields included, so that an export writes them back. */
  source: Record<string, unknown>;
}

/** A config.json that this program cannot use. The message has one line per field: what is wrong, what to do. */
export class ModelConfigError extends Error {
  override name = 'ModelConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`config.json cannot be used:\n${problems.map((p) => `- ${p}`).join('\n')}`);
  }
}

const count = (max: number) => z.int().check(z.minimum(1), z.maximum(max));
const tokenId = z.int().check(z.minimum(0), z.maximum(10_000_000));
const optional = <T extends z.core.$ZodType>(type: T) => z.optional(z.nullable(type));

/** The fields that are read; all others pass through. Bounds keep a hostile file from asking for the moon. */
const schema = z.looseObject({
  vocab_size: count(10_000_000),
  hidden_size: count(65_536),
  intermediate_size: count(1_048_576),
  num_hidden_layers: count(1024),
  num_attention_heads: count(1024),
  num_key_value_heads: optional(count(1024)),
  head_dim: optional(count(4096)),
  rms_norm_eps: optional(z.number().check(z.positive(), z.maximum(1))),
  rope_theta: optional(z.number().check(z.minimum(1), z.maximum(1e12))),
  max_position_embeddings: optional(count(100_000_000)),
  tie_word_embeddings: optional(z.boolean()),
  bos_token_id: optional(tokenId),
  eos_token_id: optional(z.union([tokenId, z.array(tokenId).check(z.maxLength(64))])),
  pad_token_id: optional(tokenId),
});

const article = (value: unknown): string => {
  if (value === undefined) return 'is missing';
  const text = JSON.stringify(value) ?? String(value);
  return `is ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What this decoder does not compute. Each refusal names the field and what would help. */
const unsupported = (json: Record<string, unknown>): string[] => {
  const problems: string[] = [];
  const { model_type, architectures, rope_scaling, rope_parameters, hidden_act } = json;
  const architecture = Array.isArray(architectures) ? architectures[0] : undefined;
  const isLlama = architecture === undefined ? model_type === 'llama' : architecture === 'LlamaForCausalLM';
  if (!isLlama || (model_type !== undefined && model_type !== 'llama')) {
    const what = [model_type, architecture].filter((x) => x !== undefined).map((x) => JSON.stringify(x));
    problems.push(
      `model_type ${what.length > 0 ? `is ${what.join(' with architectures ')}` : 'is missing'}: only "llama" ` +
        '(LlamaForCausalLM) is supported, not Qwen, Mistral, Gemma, Phi, GPT-2 and others. Choose a Llama-architecture model, for example SmolLM2.',
    );
  }
  if (rope_scaling !== undefined && rope_scaling !== null) {
    problems.push(
      `rope_scaling ${article(rope_scaling)}: scaled rotary embeddings are not supported. Choose a model with "rope_scaling": null.`,
    );
  }
  if (isRecord(rope_parameters)) {
    const kind = rope_parameters['rope_type'] ?? 'default';
    if (kind !== 'default') {
      problems.push(
        `rope_parameters.rope_type ${article(kind)}: only "default" is supported. Choose a model without scaled rotary embeddings.`,
      );
    }
  }
  if (hidden_act !== undefined && hidden_act !== 'silu') {
    problems.push(
      `hidden_act ${article(hidden_act)}: only "silu" is supported. Choose a model with a SwiGLU MLP.`,
    );
  }
  for (const bias of ['attention_bias', 'mlp_bias']) {
    const value = json[bias];
    if (value !== undefined && value !== null && value !== false) {
      problems.push(
        `${bias} ${article(value)}: biases are not supported. Choose a model with "${bias}": false.`,
      );
    }
  }
  return problems;
};

/** The model's own consistency, once every field has its type. */
const inconsistent = (config: ModelConfig): string[] => {
  const { heads, kvHeads, headDim, hiddenSize, vocabSize, bosTokenId, eosTokenIds, padTokenId } = config;
  const problems: string[] = [];
  if (!Number.isInteger(headDim)) {
    problems.push(
      `hidden_size is ${hiddenSize} and num_attention_heads is ${heads}: the first must be a multiple of the second, or head_dim be given.`,
    );
  } else if (headDim % 2 !== 0) {
    problems.push(`head_dim is ${headDim}: rotary embeddings turn pairs of numbers, so it must be even.`);
  }
  if (heads % kvHeads !== 0) {
    problems.push(
      `num_key_value_heads is ${kvHeads}: it must divide num_attention_heads, which is ${heads}.`,
    );
  }
  const ids: [string, number | undefined][] = [
    ['bos_token_id', bosTokenId],
    ...eosTokenIds.map((id): [string, number] => ['eos_token_id', id]),
    ['pad_token_id', padTokenId],
  ];
  for (const [name, id] of ids) {
    if (id !== undefined && id >= vocabSize) {
      problems.push(`${name} is ${id}: it must be below vocab_size, which is ${vocabSize}.`);
    }
  }
  return problems;
};

const ropeTheta = (json: Record<string, unknown>): unknown => {
  const nested = json['rope_parameters'];
  return json['rope_theta'] ?? (isRecord(nested) ? nested['rope_theta'] : undefined);
};

/**
 * Reads a Hugging Face config.json (already parsed from JSON). Missing optional fields take the defaults of
 * transformers' LlamaConfig.
 * @throws ModelConfigError naming every field that is wrong or not supported, with the remedy.
 */
export const parseModelConfig = (json: unknown): ModelConfig => {
  if (!isRecord(json)) {
    throw new ModelConfigError([
      `the file must hold a JSON object, but it ${article(json)}. Use the config.json of a Llama-architecture model.`,
    ]);
  }
  const refused = unsupported(json);
  const parsed = schema.safeParse({ ...json, rope_theta: ropeTheta(json) });
  if (!parsed.success) {
    const fields = new Map<string, string>();
    for (const issue of parsed.error.issues) {
      const field = String(issue.path[0]);
      const value = field === 'rope_theta' ? ropeTheta(json) : json[field];
      fields.set(field, `${field} ${article(value)}: ${remedy(field, issue)}`);
    }
    // A model of another architecture lacks these fields for that reason; the first line says so already.
    throw new ModelConfigError([...refused, ...fields.values()]);
  }
  if (refused.length > 0) throw new ModelConfigError(refused);
  const f = parsed.data;
  const eos = f.eos_token_id ?? [];
  const config: ModelConfig = {
    vocabSize: f.vocab_size,
    hiddenSize: f.hidden_size,
    intermediateSize: f.intermediate_size,
    layers: f.num_hidden_layers,
    heads: f.num_attention_heads,
    kvHeads: f.num_key_value_heads ?? f.num_attention_heads,
    headDim: f.head_dim ?? f.hidden_size / f.num_attention_heads,
    normEps: f.rms_norm_eps ?? 1e-6,
    ropeTheta: f.rope_theta ?? 10_000,
    maxPositions: f.max_position_embeddings ?? 2048,
    tieWordEmbeddings: f.tie_word_embeddings ?? false,
    bosTokenId: f.bos_token_id ?? undefined,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    padTokenId: f.pad_token_id ?? undefined,
    source: structuredClone(json),
  };
  const problems = inconsistent(config);
  if (problems.length > 0) throw new ModelConfigError(problems);
  return config;
};

const remedy = (field: string, issue: z.core.$ZodIssue): string => {
  if (issue.code === 'too_big') return `it must be at most ${issue.maximum}.`;
  if (issue.code === 'too_small')
    return `it must be ${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}.`;
  const wanted =
    field === 'tie_word_embeddings'
      ? 'true or false'
      : field === 'rms_norm_eps' || field === 'rope_theta'
        ? 'a number'
        : field === 'eos_token_id'
          ? 'a whole number or a list of them'
          : 'a whole number';
  return `it must be ${wanted}.`;
};

/**
 * The config.json to write beside exported weights: what came in, with the element type that the weights now have.
 */
export const modelConfigToJson = (config: ModelConfig): Record<string, unknown> => {
  const { torch_dtype: _old, ...rest } = config.source;
  return { ...rest, ['dtype' in rest ? 'dtype' : 'torch_dtype']: 'float32' };
};
