import type { ConfigJson } from './config-fields';
import { isRecord, ModelConfigError, shown } from './config-fields';
import { families } from './families/index';
import type { RopeScaling } from './rope-scaling';

export { ModelConfigError };

/**
 * Shape of a decoder. `d` = hiddenSize, `H` = heads, `K` = kvHeads, `D` = headDim, `f` = intermediateSize, `V` =
 * vocabSize in the shape comments of this room.
 */
export interface ModelConfig {
  /** Name of the family, see families/index.ts. */
  family: string;
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
  ropeScaling: RopeScaling | undefined;
  /** Parts of a layer whose linear module adds a bias, for example "self_attn.q_proj". */
  biases: readonly string[];
  /** Every query and key head goes through a norm of its own (Qwen3). */
  qkNorm: boolean;
  /** Of the MLP: gated silu, or GELU exact or by tanh. */
  activation: 'silu' | 'gelu' | 'gelu-tanh';
  /** Longest path, in tokens, that the model can be used for. */
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

/**
 * The class with the output head: FSDP puts its name before it, and the bare model (LlamaModel, GPT2Model) is the same but
 * for the head, which checkWeights looks for.
 */
const classOf = (architectures: unknown): unknown => {
  const name: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  if (typeof name !== 'string') return name;
  const own = name.replace(/^FSDP/, '');
  const classes = families.flatMap((family) => Object.values(family.modelTypes));
  return classes.find((full) => own === full.replace(/(ForCausalLM|LMHeadModel)$/, 'Model')) ?? own;
};

/** The family of a config.json by model_type or, where that is missing, by its architecture. */
const familyOfJson = (json: ConfigJson) => {
  const { model_type, architectures } = json;
  const architecture = classOf(architectures);
  for (const family of families) {
    for (const [type, itsClass] of Object.entries(family.modelTypes)) {
      const fits = model_type === undefined ? architecture === itsClass : model_type === type;
      if (fits && (architecture === undefined || architecture === itsClass)) return family;
    }
  }
  const known = families.flatMap((family) => Object.entries(family.modelTypes));
  const what = [model_type, architecture].filter((x) => x !== undefined).map((x) => JSON.stringify(x));
  throw new ModelConfigError([
    `model_type ${what.length > 0 ? `is ${what.join(' with architectures ').slice(0, 200)}` : 'is missing'}: only ` +
      `${known.map(([type, itsClass]) => `"${type}" (${itsClass})`).join(', ')} are supported. ` +
      'Choose a model of one of these kinds, for example SmolLM2.',
  ]);
};

/** The model's own consistency, once every field has its type. */
const inconsistent = (config: ModelConfig): string[] => {
  const { heads, kvHeads, headDim, hiddenSize } = config;
  const problems: string[] = [];
  if (!Number.isInteger(headDim)) {
    problems.push(
      `hidden_size is ${hiddenSize} and num_attention_heads is ${heads}: the first must be a multiple of the second, or head_dim be given.`,
    );
  } else if (headDim % 2 !== 0) {
    problems.push(
      `head_dim is ${headDim}: the attention kernels take heads in pairs of numbers; it must be even.`,
    );
  }
  if (heads % kvHeads !== 0) {
    problems.push(
      `num_key_value_heads is ${kvHeads}: it must divide num_attention_heads, which is ${heads}.`,
    );
  }
  return problems;
};

/** Without ids that the model has no row for: -1 stands for none, and no such token is ever read or written. */
const withKnownIds = <T extends Omit<ModelConfig, 'source'>>(config: T): T => {
  const known = (id: unknown): id is number =>
    Number.isInteger(id) && (id as number) >= 0 && (id as number) < config.vocabSize;
  const { bosTokenId, eosTokenIds, padTokenId } = config;
  return {
    ...config,
    bosTokenId: known(bosTokenId) ? bosTokenId : undefined,
    eosTokenIds: eosTokenIds.filter(known),
    padTokenId: known(padTokenId) ? padTokenId : undefined,
  };
};

/**
 * Reads a Hugging Face config.json (already parsed from JSON) of one of the families. Missing optional fields take the
 * defaults of transformers' class for it.
 * @throws ModelConfigError naming every field that is wrong or not supported, with the remedy.
 */
export const parseModelConfig = (json: unknown): ModelConfig => {
  if (!isRecord(json)) {
    throw new ModelConfigError([
      `the file must hold a JSON object, but it ${shown(json)}. Use the config.json of the model.`,
    ]);
  }
  const config = { ...withKnownIds(familyOfJson(json).readConfig(json)), source: structuredClone(json) };
  const problems = inconsistent(config);
  if (problems.length > 0) throw new ModelConfigError(problems);
  return config;
};

/**
 * The config.json to write beside exported weights: what came in, with the element type that the weights now have.
 */
export const modelConfigToJson = (config: ModelConfig, dtype = 'float32'): Record<string, unknown> => {
  const { torch_dtype: _old, ...rest } = config.source;
  const untied = rest['tie_word_embeddings'] === true && !config.tieWordEmbeddings;
  return {
    ...rest,
    ...(untied ? { tie_word_embeddings: false } : {}),
    ['dtype' in rest ? 'dtype' : 'torch_dtype']: dtype,
  };
};
