import type { ModelSummary } from '../../workers/protocol';
import type { LoadedModel } from '../load/loaded-model';
import type { HostWeights } from '../model/host-weights';
import { readSafetensors } from '../model/safetensors';
import { sha256Hex } from '../util/hash';
import type { DenoiserConfig } from './net/config';
import { DenoiserError, denoiserShapes, parseDenoiserConfig } from './net/config';
import type { Scale } from './world/preference';
import { rewardIds } from './world/reward-infos';

/** What a model that draws has in the place of a tokenizer and a configuration for text. */
export interface DenoiserModel {
  config: DenoiserConfig;
  /** Of the rewards over its images; undefined where its files do not say. */
  scale: Scale | undefined;
}

/** Something was asked of a model that draws which only a model of text can do. */
export class DrawsImagesError extends Error {
  override name = 'DrawsImagesError';
}

const readScale = (json: Record<string, unknown>): Scale | undefined => {
  const given = json['rewards'];
  if (given === undefined) return undefined;
  const fits = (value: unknown): value is { mean: number; sd: number } => {
    const { mean, sd } = (value ?? {}) as Record<string, unknown>;
    return Number.isFinite(mean) && Number.isFinite(sd) && (sd as number) > 0;
  };
  const scale = given as Record<string, unknown>;
  const wrong = rewardIds.find((id) => !fits(scale[id]));
  if (wrong) {
    throw new DenoiserError(
      `config.json, rewards.${wrong}: must have a mean and an sd above 0. Leave "rewards" out to have it measured.`,
    );
  }
  return scale as unknown as Scale;
};

/**
 * A denoiser of its files: config.json and model.safetensors.
 * @throws DenoiserError or SafetensorsError naming file, field or tensor, and the remedy
 */
export const denoiserFromFiles = async (
  summary: ModelSummary,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<LoadedModel> => {
  const text = (name: string): string => {
    const bytes = files.get(name);
    if (!bytes)
      throw new DenoiserError(`${name} is missing. A denoiser needs config.json and model.safetensors.`);
    return new TextDecoder().decode(bytes);
  };
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text('config.json'));
  } catch (error) {
    if (error instanceof DenoiserError) throw error;
    throw new DenoiserError('config.json is not JSON. Take the file that the export wrote.');
  }
  const config = parseDenoiserConfig(json);
  const bytes = files.get('model.safetensors');
  if (!bytes)
    throw new DenoiserError(
      'model.safetensors is missing. A denoiser needs config.json and model.safetensors.',
    );
  const { tensors } = readSafetensors(bytes, 'model.safetensors');
  const shapes = denoiserShapes(config);
  const problems = [
    ...[...shapes].flatMap(([name, shape]) => {
      const found = tensors.get(name)?.shape;
      if (!found) return [`${name} is missing`];
      return `${found}` === `${shape}` ? [] : [`${name} is [${found}] instead of [${shape}]`];
    }),
    ...[...tensors.keys()].filter((name) => !shapes.has(name)).map((name) => `${name} is not part of it`),
  ];
  if (problems.length > 0) {
    const more = problems.length > 4 ? `; and ${problems.length - 4} more` : '';
    throw new DenoiserError(
      `model.safetensors does not fit config.json: ${problems.slice(0, 4).join('; ')}${more}. Use the two files of one and the same base.`,
    );
  }
  const weights: HostWeights = new Map();
  let parameters = 0;
  for (const [name, shape] of shapes) {
    tensors.get(name)!.check?.();
    const { data } = tensors.get(name)!;
    weights.set(name, { shape, data });
    parameters += data.length;
  }
  const refuse = (what: string): never => {
    throw new DrawsImagesError(
      `${summary.name} draws images and has no ${what}; choose a model of text for this, or a method of the chapter “Denoising” for this model.`,
    );
  };
  return {
    summary: { ...summary, parameters },
    weights,
    hash: await sha256Hex([...weights].flatMap(([name, { data }]) => [name, data])),
    files: { 'config.json': text('config.json') },
    denoiser: { config, scale: readScale(json) },
    get config() {
      return refuse('configuration for text');
    },
    get tokenizer() {
      return refuse('tokenizer');
    },
  };
};
