import type { HostTensor } from '../host-weights';
import { keyPlace, quoted, tensorPlace } from './error';
import type { Fields } from './fields';

const OTHER = 'Use a model without it, or the original checkpoint in safetensors.';

/** What Llama 3.1 and later were trained with; GGUF files keep only the factors that follow from it. */
const llama3 = {
  rope_type: 'llama3',
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};

/**
 * What Llama 3 divides the frequency of pair i by (i < headDim / 2): 1 for fast ones, `factor` for slow ones, and in
 * between what a straight line in the frequency gives.
 */
const llama3Divisors = (factor: number, theta: number, headDim: number): number[] => {
  const { low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: length } = llama3;
  return Array.from({ length: headDim / 2 }, (_, i) => {
    const turns = length / (2 * Math.PI * theta ** ((2 * i) / headDim)); // over the original context
    const smooth = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return 1 / ((1 - smooth) / factor + smooth);
  });
};

/** The scaling that a table of divisors (rope_freqs.weight, [headDim / 2]) stands for. */
const fromDivisors = (fields: Fields, tensor: HostTensor, theta: number, headDim: number) => {
  const place = tensorPlace('rope_freqs.weight');
  if (tensor.shape.length !== 1 || tensor.shape[0] !== headDim / 2) {
    fields.fail(place, `its shape is [${tensor.shape.join(', ')}], not [${headDim / 2}]`);
  }
  const divisors = tensor.data;
  const factor = Math.fround(divisors.at(-1)!);
  if (divisors.every((d) => d === 1)) return null;
  const expected = llama3Divisors(factor, theta, headDim);
  if (!(factor > 1) || divisors.some((d, i) => !(Math.abs(d - expected[i]!) <= 1e-4 * expected[i]!))) {
    fields.fail(place, 'its factors are not those of Llama 3, the only ones that are known', OTHER);
  }
  return { ...llama3, factor };
};

/**
 * The `rope_scaling` of config.json; null for none.
 * @param divisors the tensor rope_freqs.weight, where the file has one.
 * @throws GgufError for a scaling that config.json cannot say.
 */
export const ropeScaling = (
  fields: Fields,
  architecture: string,
  theta: number,
  headDim: number,
  divisors: HostTensor | undefined,
): Record<string, unknown> | null => {
  const key = (name: string) => `${architecture}.rope.${name}`;
  const type = fields.text(key('scaling.type')) ?? 'none';
  const legacy = fields.number(key('scale_linear')) ?? 1;
  const factor = fields.number(key('scaling.factor')) ?? legacy;
  for (const [name, neutral] of [
    ['scaling.attn_factor', 1],
    ['scaling.yarn_ext_factor', 1],
    ['scaling.yarn_attn_factor', 1],
    ['scaling.yarn_log_multiplier', 0],
  ] as const) {
    const value = fields.number(key(name)) ?? neutral;
    if (value !== neutral) fields.fail(keyPlace(key(name)), `${value} is not supported`, OTHER);
  }
  if (divisors) {
    if (type !== 'none' || legacy !== 1) {
      fields.fail(keyPlace(key('scaling.type')), 'it is set beside the tensor rope_freqs.weight', OTHER);
    }
    return fromDivisors(fields, divisors, theta, headDim);
  }
  if (!(factor > 0)) fields.fail(keyPlace(key('scaling.factor')), `${factor} is not above 0`);
  const original = fields.count(key('scaling.original_context_length'));
  if (type === 'linear' || (type === 'none' && legacy !== 1)) {
    return factor === 1 ? null : { rope_type: 'linear', factor };
  }
  if (type === 'yarn') {
    const fast = fields.number(key('scaling.yarn_beta_fast'));
    const slow = fields.number(key('scaling.yarn_beta_slow'));
    return {
      rope_type: 'yarn',
      factor,
      ...(original !== undefined && { original_max_position_embeddings: original }),
      ...(fast !== undefined && { beta_fast: fast }),
      ...(slow !== undefined && { beta_slow: slow }),
    };
  }
  if (type !== 'none') {
    fields.fail(
      keyPlace(key('scaling.type')),
      `${quoted(type)} is not supported; linear and yarn are`,
      OTHER,
    );
  }
  return null;
};
