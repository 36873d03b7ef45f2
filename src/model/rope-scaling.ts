/**
 * Rotary embeddings that are stretched to longer texts, by the formulas of transformers' modeling_rope_utils: linear
 * (Chen et al., 2023, arXiv 2306.15595), dynamic NTK, YaRN (Peng et al., 2023, arXiv 2309.00071) and Llama 3's.
 */
import { inverseFrequencies } from '../kernels/rope-table';
import type { ConfigJson } from './config-fields';
import { isRecord, shown } from './config-fields';

export type RopeScaling =
  | { type: 'linear'; factor: number }
  | { type: 'dynamic'; factor: number; originalPositions: number }
  | {
      type: 'llama3';
      factor: number;
      lowFreqFactor: number;
      highFreqFactor: number;
      originalPositions: number;
    }
  | {
      type: 'yarn';
      factor: number;
      /** Multiplies cosine and sine. */
      attentionFactor: number;
      betaFast: number;
      betaSlow: number;
      /** Rounds the bounds of the ramp to whole dimensions. */
      truncate: boolean;
      originalPositions: number;
    };

export interface Rope {
  theta: number;
  scaling: RopeScaling | undefined;
  /** Longest path the model can be used for, with its scaling. */
  maxPositions: number;
}

const types = ['linear', 'dynamic', 'llama3', 'yarn'] as const;

const yarnScale = (scale: number, by = 1): number => (scale <= 1 ? 1 : 0.1 * by * Math.log(scale) + 1);

/**
 * Reads `rope_theta`, `rope_scaling` and the newer `rope_parameters`. Where a scaling multiplies the positions the model
 * was made for, the longest path grows with it: linear and dynamic by their factor from max_position_embeddings; YaRN
 * to factor times its original length, or max_position_embeddings if that is more; Llama 3 keeps max_position_embeddings.
 * @param problems takes a line for each field that is wrong or not supported
 */
export const readRope = (json: ConfigJson, maxPositions: number, problems: string[]): Rope => {
  const old = isRecord(json['rope_scaling']) && Object.keys(json['rope_scaling']).length > 0;
  const name = old ? 'rope_scaling' : 'rope_parameters';
  const given = json[name];
  if (
    json['rope_scaling'] !== undefined &&
    json['rope_scaling'] !== null &&
    !isRecord(json['rope_scaling'])
  ) {
    problems.push(`rope_scaling ${shown(json['rope_scaling'])}: it must be an object or null.`);
  }
  if (given !== undefined && given !== null && !isRecord(given)) {
    problems.push(`${name} ${shown(given)}: it must be an object or null.`);
  }
  const outer = json['original_max_position_embeddings']; // some models keep it here; transformers prefers it, too
  const nested = {
    ...(isRecord(given) ? given : {}),
    ...(outer === undefined || outer === null ? {} : { original_max_position_embeddings: outer }),
  } as ConfigJson;
  /** A number of the object, else of config.json itself, else the default. */
  const number = (field: string, least: number, most: number, other?: number, outer = false): number => {
    const value = nested[field] ?? (outer ? json[field] : undefined) ?? other;
    const place = nested[field] === undefined || nested[field] === null ? field : `${name}.${field}`;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    const needed = value === undefined ? `${name}.${field}` : place;
    problems.push(`${needed} ${shown(value)}: it must be a number from ${least} to ${most}.`);
    return least;
  };
  const theta = number('rope_theta', 1, 1e12, 10_000, true);
  if (number('partial_rotary_factor', 0, 1, 1, true) !== 1) {
    problems.push(
      'partial_rotary_factor is not 1: heads that are turned in part are not supported. Choose another model.',
    );
  }
  const type = nested['rope_type'] ?? nested['type'] ?? 'default';
  const plain: Rope = { theta, scaling: undefined, maxPositions };
  if (type === 'default') return plain;
  if (!types.includes(type as (typeof types)[number])) {
    problems.push(
      `${name}.rope_type ${shown(type)}: only "default", ${types.map((t) => `"${t}"`).join(', ')} are supported. Choose a model with one of these.`,
    );
    return plain;
  }
  const original = () => number('original_max_position_embeddings', 1, 1e8, maxPositions);
  if (type === 'yarn') {
    const originalPositions = original();
    const factor = number('factor', 1, 1e6, Math.max(1, maxPositions / originalPositions));
    const [mscale, all] = [number('mscale', 0, 1e3, 0), number('mscale_all_dim', 0, 1e3, 0)];
    const derived = mscale && all ? yarnScale(factor, mscale) / yarnScale(factor, all) : yarnScale(factor);
    const { truncate = true } = nested;
    return {
      theta,
      scaling: {
        type: 'yarn',
        factor,
        attentionFactor: number('attention_factor', 0, 1e3, derived),
        betaFast: number('beta_fast', 0, 1e6, 32) || 32,
        betaSlow: number('beta_slow', 0, 1e6, 1) || 1,
        truncate: truncate !== false,
        originalPositions,
      },
      maxPositions: Math.max(maxPositions, Math.floor(factor * originalPositions)),
    };
  }
  const before = problems.length;
  const factor = number('factor', 1, 1e6);
  if (type === 'llama3') {
    const [lowFreqFactor, highFreqFactor] = [
      number('low_freq_factor', 1e-3, 1e6),
      number('high_freq_factor', 1e-3, 1e6),
    ];
    if (problems.length === before && highFreqFactor <= lowFreqFactor) {
      problems.push(`${name}.high_freq_factor is ${highFreqFactor}: it must be above low_freq_factor.`);
    }
    const scaling = { type, factor, lowFreqFactor, highFreqFactor, originalPositions: original() } as const;
    return { theta, scaling, maxPositions };
  }
  const longest = Math.floor(factor * maxPositions);
  return type === 'linear'
    ? { theta, scaling: { type, factor }, maxPositions: longest }
    : {
        theta,
        scaling: { type: 'dynamic', factor, originalPositions: maxPositions },
        maxPositions: longest,
      };
};

const llama3 = (plain: Float32Array, s: Extract<RopeScaling, { type: 'llama3' }>): Float32Array =>
  plain.map((f) => {
    const turns = (s.originalPositions * f) / (2 * Math.PI); // over the original length
    if (turns < s.lowFreqFactor) return f / s.factor;
    if (turns > s.highFreqFactor) return f;
    const smooth = (turns - s.lowFreqFactor) / (s.highFreqFactor - s.lowFreqFactor);
    return ((1 - smooth) * f) / s.factor + smooth * f;
  });

const yarn = (plain: Float32Array, theta: number, s: Extract<RopeScaling, { type: 'yarn' }>) => {
  const size = 2 * plain.length;
  /** The dimension that makes this many turns over the original length. */
  const dimension = (turns: number) =>
    (size * Math.log(s.originalPositions / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [from, to] = [dimension(s.betaFast), dimension(s.betaSlow)];
  const low = Math.max(s.truncate ? Math.floor(from) : from, 0);
  const high = Math.min(s.truncate ? Math.ceil(to) : to, size - 1);
  const width = high === low ? 0.001 : high - low;
  return plain.map((f, i) => {
    const ramp = Math.min(1, Math.max(0, (i - low) / width));
    return (f / s.factor) * ramp + f * (1 - ramp);
  });
};

/**
 * Inverse frequencies [D/2] and the factor of cosine and sine. Undefined for unscaled embeddings, whose frequencies the
 * kernel makes itself.
 *
 * Dynamic NTK depends on the length in use. Like transformers, which takes the longest row of a batch, `longest` is that
 * of the whole packed batch (while generating: of the sequences that run together); up to the original length nothing
 * changes. Unlike transformers nothing is remembered from one batch to the next, so that a batch always gives the same
 * numbers.
 * @param longest tokens of the longest path
 */
export const scaledFrequencies = (
  { headDim, ropeTheta: theta, ropeScaling: scaling }: RopeConfig,
  longest: number,
): { invFreq: Float32Array; scale: number } | undefined => {
  if (!scaling) return undefined;
  const plain = () => inverseFrequencies(headDim, theta);
  switch (scaling.type) {
    case 'linear':
      return { invFreq: plain().map((f) => f / scaling.factor), scale: 1 };
    case 'llama3':
      return { invFreq: llama3(plain(), scaling), scale: 1 };
    case 'yarn':
      return { invFreq: yarn(plain(), theta, scaling), scale: scaling.attentionFactor };
    case 'dynamic': {
      const { factor, originalPositions } = scaling;
      if (longest <= originalPositions) return undefined;
      const stretch = (factor * longest) / originalPositions - (factor - 1);
      return { invFreq: inverseFrequencies(headDim, theta * stretch ** (headDim / (headDim - 2))), scale: 1 };
    }
  }
};

/** What positions turn by. */
export interface RopeConfig {
  headDim: number;
  ropeTheta: number;
  ropeScaling: RopeScaling | undefined;
}
