import type { Fail } from './error';
import { quoted, tensorPlace } from './error';

/** The architectures that are read, by `general.architecture`. */
export const architectures = ['llama', 'qwen2', 'qwen3', 'gpt2'] as const;
export type Architecture = (typeof architectures)[number];

/** GGUF's module names and Hugging Face's: outside the layers, and inside one. */
interface NameTable {
  layers: string;
  outer: Readonly<Record<string, string>>;
  inner: Readonly<Record<string, string>>;
}

const llama: NameTable = {
  layers: 'model.layers',
  outer: { token_embd: 'model.embed_tokens', output_norm: 'model.norm', output: 'lm_head' },
  inner: {
    attn_norm: 'input_layernorm',
    attn_q: 'self_attn.q_proj',
    attn_k: 'self_attn.k_proj',
    attn_v: 'self_attn.v_proj',
    attn_output: 'self_attn.o_proj',
    ffn_norm: 'post_attention_layernorm',
    ffn_gate: 'mlp.gate_proj',
    ffn_up: 'mlp.up_proj',
    ffn_down: 'mlp.down_proj',
  },
};

const tables: Record<Architecture, NameTable> = {
  llama,
  qwen2: llama,
  qwen3: {
    ...llama,
    inner: { ...llama.inner, attn_q_norm: 'self_attn.q_norm', attn_k_norm: 'self_attn.k_norm' },
  },
  // Converters transpose the Conv1D of Hugging Face's file, so that all matrices are [out, in] here.
  gpt2: {
    layers: 'transformer.h',
    outer: {
      token_embd: 'transformer.wte',
      position_embd: 'transformer.wpe',
      output_norm: 'transformer.ln_f',
      output: 'lm_head',
    },
    inner: {
      attn_norm: 'ln_1',
      attn_qkv: 'attn.c_attn',
      attn_output: 'attn.c_proj',
      ffn_norm: 'ln_2',
      ffn_up: 'mlp.c_fc',
      ffn_down: 'mlp.c_proj',
    },
  },
};

/** Tensors that say nothing the configuration does not say: tables of rotary frequencies of old files. */
const isIgnored = (name: string) => /^blk\.\d+\.attn_rot_embd(\.weight)?$/.test(name);

const own = (table: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/**
 * The Hugging Face name of a tensor; undefined for one that is left out.
 * @throws GgufError through `fail` for a tensor that the architecture does not have.
 */
export const huggingFaceName = (name: string, architecture: Architecture, fail: Fail): string | undefined => {
  if (isIgnored(name)) return undefined;
  const { layers, outer, inner } = tables[architecture];
  const [, layer, module = '', kind] = /^(?:blk\.(\d{1,4})\.)?(\w+)\.(weight|bias)$/.exec(name) ?? [];
  const found = own(layer === undefined ? outer : inner, module);
  if (found === undefined) {
    fail(
      tensorPlace(name),
      `the architecture ${quoted(architecture)} has no such tensor`,
      'Use a file of a plain language model, without experts, adapters or vision parts.',
    );
  }
  return `${layer === undefined ? '' : `${layers}.${Number(layer)}.`}${found}.${kind}`;
};
