// The adapter that train_oracle.py begins with, as PEFT's two files: A from a hash, B zero, on every linear module of
// SmolLM2-135M. test/support/hashed-lora.ts makes the same for any model, and a test holds both against the oracle.

const layers = 30;
const [hidden, keys, inner] = [576, 192, 1536];
/** Module, rows, columns, in the model's order. */
const modules = /** @type {const} */ ([
  ['self_attn.q_proj', hidden, hidden],
  ['self_attn.k_proj', keys, hidden],
  ['self_attn.v_proj', keys, hidden],
  ['self_attn.o_proj', hidden, hidden],
  ['mlp.gate_proj', inner, hidden],
  ['mlp.up_proj', inner, hidden],
  ['mlp.down_proj', hidden, inner],
]);

/** Number k of A number `index`, before it is scaled: in [-1, 1). */
const hashed = (index, k) => {
  let h = (k + Math.imul(0x9e3779b9, index + 1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b) >>> 0;
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1;
};

/**
 * @param {{ rank: number, alpha: number, targetModules: string[] }} lora
 * @returns {[string, Buffer][]} files by name
 */
export const hashedAdapter = ({ rank, alpha, targetModules }) => {
  /** @type {Record<string, { dtype: string, shape: number[], data_offsets: number[] }>} */
  const header = {};
  /** @type {Buffer[]} */
  const parts = [];
  let at = 0;
  let index = 0;
  const add = (name, shape, data) => {
    header[`base_model.model.model.layers.${name}.weight`] = {
      dtype: 'F32',
      shape,
      data_offsets: [at, at + data.byteLength],
    };
    at += data.byteLength;
    parts.push(Buffer.from(data.buffer));
  };
  for (let layer = 0; layer < layers; layer++) {
    for (const [module, out, width] of modules) {
      const number = index++;
      const a = Float32Array.from({ length: rank * width }, (_, k) => hashed(number, k) / Math.sqrt(width));
      add(`${layer}.${module}.lora_A`, [rank, width], a);
      add(`${layer}.${module}.lora_B`, [out, rank], new Float32Array(out * rank));
    }
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: null,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: 0,
    bias: 'none',
    target_modules: targetModules,
  };
  return [
    ['adapter_config.json', Buffer.from(JSON.stringify(config))],
    ['adapter_model.safetensors', Buffer.concat([length, json, ...parts])],
  ];
};
