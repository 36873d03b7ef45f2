import { copyTensor } from '../kernels/copy-tensor';
import type { Weight } from '../kernels/packed-matrix';
import { isPacked } from '../kernels/packed-matrix';
import type { Tensor, Tensor1D, Tensor2D } from '../tf';
import { readFloats, tf } from '../tf';
import type { ModelConfig } from './config';
import type { HostTensor } from './host-weights';
import type { Network } from './network';

/**
 * A model's weights as trainable tensors, by their Hugging Face names and in the order of `parameterShapes`. Matrices
 * are [out, in]. The store owns its tensors: they outlive every tidy scope until `disposeParameters`.
 */
export type Parameters = Map<string, Tensor>;

/** Weights that do not fit the configuration. The message has one line per tensor. */
export class ParametersError extends Error {
  override name = 'ParametersError';
}

/** Every parameter of a model of this configuration, in the order of the forward pass. */
export const parameterShapes = (config: ModelConfig): Map<string, number[]> => {
  const { hiddenSize: d, intermediateSize: f, vocabSize, heads, kvHeads, headDim } = config;
  const shapes = new Map<string, number[]>();
  shapes.set('model.embed_tokens.weight', [vocabSize, d]);
  for (let i = 0; i < config.layers; i++) {
    const layer = `model.layers.${i}`;
    shapes.set(`${layer}.input_layernorm.weight`, [d]);
    shapes.set(`${layer}.self_attn.q_proj.weight`, [heads * headDim, d]);
    shapes.set(`${layer}.self_attn.k_proj.weight`, [kvHeads * headDim, d]);
    shapes.set(`${layer}.self_attn.v_proj.weight`, [kvHeads * headDim, d]);
    shapes.set(`${layer}.self_attn.o_proj.weight`, [d, heads * headDim]);
    shapes.set(`${layer}.post_attention_layernorm.weight`, [d]);
    shapes.set(`${layer}.mlp.gate_proj.weight`, [f, d]);
    shapes.set(`${layer}.mlp.up_proj.weight`, [f, d]);
    shapes.set(`${layer}.mlp.down_proj.weight`, [d, f]);
  }
  shapes.set('model.norm.weight', [d]);
  if (!config.tieWordEmbeddings) shapes.set('lm_head.weight', [vocabSize, d]);
  return shapes;
};

/** Number of trainable numbers; a tied head counts once. */
export const parameterCount = (config: ModelConfig): number => {
  let total = 0;
  for (const shape of parameterShapes(config).values()) total += shape.reduce((a, b) => a * b, 1);
  return total;
};

/** Buffers that old checkpoints carry and the model computes itself. */
const isIgnored = (name: string, config: ModelConfig) =>
  name.endsWith('.rotary_emb.inv_freq') || (config.tieWordEmbeddings && name === 'lm_head.weight');

/**
 * Uploads a model's weights, for example the tensors of `readSafetensors` (several files' tensors joined in one map).
 * With a tied head, a stored copy of it is ignored. Nothing is uploaded unless everything fits.
 * @throws ParametersError naming every missing, unexpected and wrongly shaped tensor.
 */
export const loadParameters = (config: ModelConfig, tensors: ReadonlyMap<string, HostTensor>): Parameters => {
  const shapes = parameterShapes(config);
  const missing = [...shapes.keys()].filter((name) => !tensors.has(name));
  const unexpected = [...tensors.keys()].filter((name) => !shapes.has(name) && !isIgnored(name, config));
  const misshapen = [...shapes].flatMap(([name, shape]) => {
    const found = tensors.get(name)?.shape;
    return found && `${found}` !== `${shape}` ? [`${name} is [${found}] instead of [${shape}]`] : [];
  });
  const problems = [
    ...listed('missing', missing),
    ...listed('not part of this model', unexpected),
    ...listed('of the wrong shape', misshapen),
  ];
  if (problems.length > 0) {
    throw new ParametersError(
      `The weights do not fit config.json. Use the weights and the config.json of one and the same model.\n${problems.join('\n')}`,
    );
  }
  const params: Parameters = new Map();
  for (const [name, shape] of shapes) {
    params.set(name, tf.keep(tf.tensor(tensors.get(name)!.data, shape, 'float32')));
  }
  return params;
};

const listed = (what: string, names: readonly string[]): string[] => {
  if (names.length === 0) return [];
  const more = names.length > 5 ? `, and ${names.length - 5} more` : '';
  return [`- ${names.length} ${what}: ${names.slice(0, 5).join(', ')}${more}`];
};

const weightOf = (weights: ReadonlyMap<string, Weight>, name: string): Weight => {
  const weight = weights.get(name);
  if (!weight) throw new ParametersError(`The model has no weight ${name}. Load it with loadParameters.`);
  return weight;
};

/** The matrix of this name. */
export const matrix = (weights: ReadonlyMap<string, Weight>, name: string): Tensor2D => {
  const weight = weightOf(weights, name);
  if (isPacked(weight))
    throw new ParametersError(`The weight ${name} is packed, where only f32 can be used.`);
  return weight as Tensor2D;
};

/** The vector of this name; vectors are never packed. */
export const vector = (weights: ReadonlyMap<string, Weight>, name: string) =>
  weightOf(weights, name) as Tensor1D;

/** The module whose weight is the output head [V, d]: its own, or the embedding table where they are tied. */
export const headModule = (config: ModelConfig): string =>
  config.tieWordEmbeddings ? 'model.embed_tokens' : 'lm_head';

/** The output head [V, d]. */
export const outputHead = ({ config, weights }: Network): Tensor2D =>
  matrix(weights, `${headModule(config)}.weight`);

/**
 * Copies all weights into buffers of their own, on the device. Not tf.clone, whose result shares the buffer and would
 * follow an optimiser that writes in place.
 */
export const copyParameters = (params: Parameters): Parameters =>
  new Map([...params].map(([name, tensor]) => [name, tf.keep(copyTensor(tensor))]));

/** Reads all weights back. */
export const parametersToArrays = async (params: Parameters): Promise<Map<string, Float32Array>> => {
  const names = [...params.keys()];
  const arrays = await Promise.all([...params.values()].map(readFloats));
  return new Map(names.map((name, i) => [name, arrays[i]!.slice()]));
};

/** What `writeSafetensors` takes: arrays with the shapes that the configuration gives them. */
export const withShapes = (
  config: ModelConfig,
  arrays: ReadonlyMap<string, Float32Array>,
): Map<string, { shape: number[]; data: Float32Array }> =>
  new Map(
    [...parameterShapes(config)].map(([name, shape]) => [name, { shape, data: arrayOf(arrays, name) }]),
  );

const arrayOf = (arrays: ReadonlyMap<string, Float32Array>, name: string): Float32Array => {
  const array = arrays.get(name);
  if (!array) throw new ParametersError(`There are no values for ${name}.`);
  return array;
};

/** Disposes every weight, packed ones too, and empties the map. */
export const disposeParameters = (weights: Map<string, Weight>) => {
  for (const weight of weights.values()) {
    tf.dispose(isPacked(weight) ? [weight.values, ...(weight.scales ? [weight.scales] : [])] : weight);
  }
  weights.clear();
};

/**
 * Content hash of weights, 64 hexadecimal digits: SHA-256 over the sorted names, each with the SHA-256 of its bytes.
 * Equal weights have equal hashes, whatever order they were loaded in.
 */
export const hashParameters = async (arrays: ReadonlyMap<string, Float32Array>): Promise<string> => {
  const lines: string[] = [];
  for (const name of [...arrays.keys()].sort()) {
    lines.push(`${name} ${await sha256(arrayOf(arrays, name) as Float32Array<ArrayBuffer>)}`);
  }
  return sha256(new TextEncoder().encode(lines.join('\n')));
};

const sha256 = async (bytes: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>): Promise<string> => {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
};
