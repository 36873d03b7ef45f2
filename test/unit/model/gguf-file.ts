/** Metadata as it is written: its type's number, and for lists the elements'. */
export type Value =
  | { type: 'u32' | 'i32' | 'f32' | 'u64'; value: number | bigint }
  | { type: 'bool'; value: boolean }
  | { type: 'text'; value: string }
  | { type: 'texts'; value: string[] }
  | { type: 'i32s' | 'f32s'; value: number[] };

export const u32 = (value: number): Value => ({ type: 'u32', value });
export const f32 = (value: number): Value => ({ type: 'f32', value });
export const text = (value: string): Value => ({ type: 'text', value });
export const texts = (value: string[]): Value => ({ type: 'texts', value });
export const i32s = (value: number[]): Value => ({ type: 'i32s', value });
export const f32s = (value: number[]): Value => ({ type: 'f32s', value });

export interface Tensor {
  name: string;
  /** As in the file: fastest first. */
  dims: (number | bigint)[];
  typeId: number;
  offset: number | bigint;
}

export interface GgufParts {
  version?: number;
  metadata?: [string, Value][];
  tensors?: Tensor[];
  data?: Uint8Array;
  tensorCount?: bigint;
  keyCount?: bigint;
  bigEndian?: boolean;
  alignment?: number;
}

/** Writes a GGUF file, sound or not, byte by byte as the format says. */
export const writeGguf = (parts: GgufParts): Uint8Array => {
  const { version = 3, metadata = [], tensors = [], data = new Uint8Array(), alignment = 32 } = parts;
  const little = !parts.bigEndian;
  const out: number[] = [];
  const number = (bytes: number, write: (view: DataView) => void) => {
    const view = new DataView(new ArrayBuffer(bytes));
    write(view);
    out.push(...new Uint8Array(view.buffer));
  };
  const putU32 = (value: number) => number(4, (view) => view.setUint32(0, value, little));
  const putU64 = (value: bigint) => number(8, (view) => view.setBigUint64(0, value, little));
  const putSize = (value: number | bigint) => (version === 1 ? putU32(Number(value)) : putU64(BigInt(value)));
  const putF32 = (value: number) => number(4, (view) => view.setFloat32(0, value, little));
  const putText = (value: string) => {
    const bytes = new TextEncoder().encode(value);
    putSize(bytes.length);
    for (const byte of bytes) out.push(byte);
  };
  const putValue = (entry: Value) => {
    switch (entry.type) {
      case 'u32':
      case 'i32':
        putU32(entry.type === 'u32' ? 4 : 5);
        putU32(Number(entry.value) >>> 0);
        break;
      case 'f32':
        putU32(6);
        putF32(Number(entry.value));
        break;
      case 'u64':
        putU32(10);
        putU64(BigInt(entry.value));
        break;
      case 'bool':
        putU32(7);
        out.push(entry.value ? 1 : 0);
        break;
      case 'text':
        putU32(8);
        putText(entry.value);
        break;
      default:
        putU32(9);
        putU32(entry.type === 'texts' ? 8 : entry.type === 'i32s' ? 5 : 6);
        putSize(entry.value.length);
        for (const element of entry.value) {
          if (typeof element === 'string') putText(element);
          else if (entry.type === 'i32s') putU32(element >>> 0);
          else putF32(element);
        }
    }
  };
  out.push(0x47, 0x47, 0x55, 0x46);
  putU32(version);
  putSize(parts.tensorCount ?? tensors.length);
  putSize(parts.keyCount ?? metadata.length);
  for (const [key, value] of metadata) {
    putText(key);
    putValue(value);
  }
  for (const { name, dims, typeId, offset } of tensors) {
    putText(name);
    putU32(dims.length);
    dims.forEach(putSize);
    putU32(typeId);
    putU64(BigInt(offset));
  }
  while (out.length % alignment !== 0) out.push(0);
  const file = new Uint8Array(out.length + data.length);
  file.set(out);
  file.set(data, out.length);
  return file;
};

/** A whole model of four tokens, d = 2 and one layer, all F32 ones; what the tests of bad files spoil. */
export const smallModel = (): Required<Pick<GgufParts, 'metadata' | 'tensors' | 'data'>> => {
  const [d, f, tokens] = [2, 3, ['a', 'b', 'ab', '</s>']];
  const sizes: [string, number[]][] = [
    ['token_embd.weight', [d, tokens.length]],
    ['output_norm.weight', [d]],
    ['blk.0.attn_norm.weight', [d]],
    ...['q', 'k', 'v', 'output'].map((name): [string, number[]] => [`blk.0.attn_${name}.weight`, [d, d]]),
    ['blk.0.ffn_norm.weight', [d]],
    ['blk.0.ffn_gate.weight', [d, f]],
    ['blk.0.ffn_up.weight', [d, f]],
    ['blk.0.ffn_down.weight', [f, d]],
  ];
  const tensors = sizes.map(([name, dims], i) => ({ name, dims, typeId: 0, offset: 32 * i }));
  return {
    metadata: [
      ['general.architecture', text('llama')],
      ['llama.context_length', u32(16)],
      ['llama.embedding_length', u32(d)],
      ['llama.block_count', u32(1)],
      ['llama.feed_forward_length', u32(f)],
      ['llama.attention.head_count', u32(1)],
      ['llama.attention.layer_norm_rms_epsilon', f32(1e-5)],
      ['tokenizer.ggml.model', text('gpt2')],
      ['tokenizer.ggml.tokens', texts(tokens)],
      ['tokenizer.ggml.token_type', i32s([1, 1, 1, 3])],
      ['tokenizer.ggml.merges', texts(['a b'])],
      ['tokenizer.ggml.eos_token_id', u32(3)],
    ],
    tensors,
    data: new Uint8Array(new Float32Array(8 * tensors.length).fill(1).buffer),
  };
};
