import { copyTensor } from '../kernels/copy-tensor';
import type { PackedArrays, PackedFormat } from '../kernels/packed-format';
import { packRows } from '../kernels/packed-format';
import type { Weight } from '../kernels/packed-matrix';
import { disposePacked, isPacked, uploadPacked } from '../kernels/packed-matrix';
import type { Tensor } from '../tf';
import { readFloats, tf, uploadKept } from '../tf';
import type { ModelConfig } from './config';
import { familyOf } from './families/index';
import type { HostTensor, WeightStorage } from './host-weights';
import type { Weights } from './network';
import { ParametersError } from './weights';

/**
 * A model's weights as trainable tensors, by their Hugging Face names and in the order of `parameterShapes`. Matrices
 * are [out, in]. The store owns its tensors: they outlive every tidy scope until `disposeParameters`.
 */
export type Parameters = Map<string, Tensor>;

/** Every parameter of a model of this configuration, in the order of the forward pass. */
export const parameterShapes = (config: ModelConfig): Map<string, number[]> =>
  familyOf(config).parameterShapes(config);

/**
 * Looks at every number of a model's weights, in the bytes of its files.
 * @throws SafetensorsError or GgufError naming the first tensor that holds NaN or an infinity
 */
export const checkNumbers = (config: ModelConfig, tensors: ReadonlyMap<string, HostTensor>) => {
  for (const name of parameterShapes(config).keys()) tensors.get(name)?.check?.();
};

/** Number of trainable numbers; a tied head counts once. */
export const parameterCount = (config: ModelConfig): number => {
  let total = 0;
  for (const shape of parameterShapes(config).values()) total += shape.reduce((a, b) => a * b, 1);
  return total;
};

/**
 * Checks a model's weights against its configuration.
 * @throws ParametersError naming every missing, unexpected and wrongly shaped tensor.
 */
export const checkWeights = (
  config: ModelConfig,
  tensors: ReadonlyMap<string, HostTensor>,
): Map<string, number[]> => {
  const shapes = parameterShapes(config);
  const { ignored } = familyOf(config);
  const isIgnored = (name: string) =>
    ignored.test(name) || (config.tieWordEmbeddings && name === 'lm_head.weight');
  const missing = [...shapes.keys()].filter((name) => !tensors.has(name));
  const unexpected = [...tensors.keys()].filter((name) => !shapes.has(name) && !isIgnored(name));
  const misshapen = [...shapes].flatMap(([name, shape]) => {
    const found = tensors.get(name)?.shape;
    return found && `${found}` !== `${shape}` ? [`${name} is [${found}] instead of [${shape}]`] : [];
  });
  const problems = [
    ...listed('missing', missing),
    ...listed('not part of this model', unexpected),
    ...listed('of the wrong shape', misshapen),
  ];
  if (`${missing}` === 'lm_head.weight' && problems.length === 1) {
    throw new ParametersError(
      'The weights do not fit config.json: they are those of a bare model, without the output head lm_head.weight, and tie_word_embeddings is not true. Choose the model with its head; or, if its head is the embedding, set "tie_word_embeddings": true in config.json.',
    );
  }
  if (problems.length > 0) {
    throw new ParametersError(
      `The weights do not fit config.json. Use the weights and the config.json of one and the same model.\n${problems.join('\n')}`,
    );
  }
  return shapes;
};

/**
 * Uploads a model's weights as f32, to be trained. With a tied head, a stored copy of it is ignored. Nothing is uploaded
 * unless everything fits.
 * @throws ParametersError naming every missing, unexpected and wrongly shaped tensor.
 */
export const loadParameters = (config: ModelConfig, tensors: ReadonlyMap<string, HostTensor>): Parameters =>
  loadWeights(config, tensors, 'f32') as Parameters;

/**
 * Uploads a model's weights, one tensor at a time. Matrices are stored as `storage` says where their rows allow it, as f16
 * where they only allow that, else as f32; vectors and learned positions always as f32. Nothing is uploaded unless
 * everything fits; when an upload fails, what was uploaded is freed.
 * @throws ParametersError naming every missing, unexpected and wrongly shaped tensor; SafetensorsError or GgufError naming
 *   the first tensor that holds a number which is not finite.
 */
export const loadWeights = (
  config: ModelConfig,
  tensors: ReadonlyMap<string, HostTensor>,
  storage: WeightStorage,
): Weights => {
  const shapes = checkWeights(config, tensors);
  const weights: Weights = new Map();
  try {
    for (const [name, shape] of shapes) {
      const tensor = tensors.get(name)!;
      tensor.check?.();
      const packed = isPackable(config, name, shape) ? packedAs(name, tensor, storage) : undefined;
      weights.set(name, packed ? uploadPacked(packed) : uploadKept(tensor.data, shape));
    }
  } catch (error) {
    disposeParameters(weights);
    throw error;
  }
  return weights;
};

/** Matrices that the kernels read packed: linear modules, the token table and the head. */
const isPackable = (config: ModelConfig, name: string, shape: readonly number[]): boolean =>
  shape.length === 2 && name !== `${familyOf(config).positionTable}.weight`;

/** The tensor packed, or undefined where it stays f32. */
const packedAs = (name: string, tensor: HostTensor, storage: WeightStorage): PackedArrays | undefined => {
  if (storage === 'f32') return undefined;
  const [out, width] = tensor.shape as [number, number];
  const format = width % 32 === 0 ? storage : 'f16';
  try {
    const own = tensor.packed?.();
    // The file's own numbers are taken as they are, and not rounded again.
    if (storage === 'file' || own?.format === format) return own;
    return width % 2 === 0 ? packRows(tensor.data, [out, width], format as PackedFormat) : undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ParametersError(`The weight ${name} cannot be stored as ${storage}: ${reason}`);
  }
};

const listed = (what: string, names: readonly string[]): string[] => {
  if (names.length === 0) return [];
  const more = names.length > 5 ? `, and ${names.length - 5} more` : '';
  return [`- ${names.length} ${what}: ${names.slice(0, 5).join(', ')}${more}`];
};

/**
 * Copies all weights into buffers of their own, on the device. Not tf.clone, whose result shares the buffer and would
 * follow an optimiser that writes in place.
 */
export const copyParameters = (params: Parameters): Parameters =>
  new Map([...params].map(([name, tensor]) => [name, tf.keep(copyTensor(tensor))]));

/** Reads all weights back. */
export const parametersToArrays = async (
  params: ReadonlyMap<string, Tensor>,
): Promise<Map<string, Float32Array>> => {
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
    if (isPacked(weight)) disposePacked(weight);
    else weight.dispose();
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
