import { DENOISER_TYPE } from '../denoiser-type';
import { hues, shapes } from '../world/condition';
import { CHANNELS, SIDE } from '../world/draw';
import { TIMES } from './schedule';

/** A denoiser's files do not make one that this program can run. The message names the field, and what to do. */
export class DenoiserError extends Error {
  override name = 'DenoiserError';
}

/** The shape of a denoiser: a small diffusion transformer (DiT) that predicts v. */
export interface DenoiserConfig {
  /** d */
  hiddenSize: number;
  layers: number;
  heads: number;
  /** Side of the square patches that are its tokens, in pixels. */
  patch: number;
}

/** Numbers of a token. */
export const patchWidth = ({ patch }: DenoiserConfig): number => patch * patch * CHANNELS;

/** Tokens of an image. */
export const tokensOf = ({ patch }: DenoiserConfig): number => (SIDE / patch) ** 2;

/** Sines and cosines of a time that the network sees. */
export const TIME_FEATURES = 64;

/** MLP width in d. */
const WIDEN = 4;

/** Parts of a block's modulation, each d wide: shift, scale and gate of attention, then of the MLP. */
export const MODULATION = 6;

/** Shapes of a linear layer. */
export const linearShapes = (name: string, out: number, own: number): [string, number[]][] => [
  [`${name}.weight`, [out, own]],
  [`${name}.bias`, [out]],
];

/** Shapes of a block of width d. */
export const blockShapes = (i: number, d: number): [string, number[]][] => [
  ...linearShapes(`layers.${i}.modulation`, MODULATION * d, d),
  ...linearShapes(`layers.${i}.qkv`, 3 * d, d),
  ...linearShapes(`layers.${i}.out`, d, d),
  ...linearShapes(`layers.${i}.up`, WIDEN * d, d),
  ...linearShapes(`layers.${i}.down`, d, WIDEN * d),
];

/** Every parameter with its shape, in the order of the forward pass. Matrices are [out, in]. */
export const denoiserShapes = (config: DenoiserConfig): Map<string, number[]> => {
  const { hiddenSize: d, layers } = config;
  const width = patchWidth(config);
  return new Map([
    ...linearShapes('time.up', d, TIME_FEATURES),
    ...linearShapes('time.down', d, d),
    ['shape', [shapes.length, d]],
    ['hue', [hues.length, d]],
    ...linearShapes('patch', d, width),
    ['position', [tokensOf(config), d]],
    ...Array.from({ length: layers }, (_, i) => blockShapes(i, d)).flat(),
    ...linearShapes('final.modulation', 2 * d, d),
    ...linearShapes('final.out', width, d),
  ]);
};

/** Floating-point operations of one image forward. */
export const forwardFlops = (config: DenoiserConfig): number => {
  let flops = 0;
  const tokens = tokensOf(config);
  for (const [name, shape] of denoiserShapes(config)) {
    if (!name.endsWith('.weight')) continue;
    const rows = /^time|modulation/.test(name) ? 1 : tokens;
    flops += 2 * rows * shape[0]! * shape[1]!;
  }
  return flops + config.layers * 4 * tokens * tokens * config.hiddenSize;
};

const fail = (field: string, problem: string): never => {
  throw new DenoiserError(`config.json, ${field}: ${problem}`);
};

const LARGEST = { hidden_size: 512, num_layers: 24, num_heads: 32, patch_size: SIDE } as const;

/** What every base of this world has; another value is another world or another way of noising. */
const FIXED = {
  world: 'shapes',
  image_size: SIDE,
  channels: CHANNELS,
  schedule: 'cosine',
  timesteps: TIMES,
  prediction: 'v',
} as const;

/** Reads config.json. @throws DenoiserError naming the field and what it may be */
export const parseDenoiserConfig = (json: unknown): DenoiserConfig => {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new DenoiserError('config.json must hold an object. Choose the folder that an export wrote.');
  }
  const fields = json as Record<string, unknown>;
  for (const [name, value] of Object.entries(FIXED)) {
    if (fields[name] !== value) {
      const given = fields[name] === undefined ? 'is missing' : `is ${JSON.stringify(fields[name])}`;
      fail(
        name,
        `${given}, and has to be ${JSON.stringify(value)} here. Train a base on this world, or take one that was.`,
      );
    }
  }
  const size = (name: keyof typeof LARGEST): number => {
    const value = fields[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > LARGEST[name]) {
      return fail(
        name,
        `is ${value === undefined ? 'missing' : JSON.stringify(value)}; it has to be a whole number from 1 to ${LARGEST[name]}.`,
      );
    }
    return value;
  };
  const config = {
    hiddenSize: size('hidden_size'),
    layers: size('num_layers'),
    heads: size('num_heads'),
    patch: size('patch_size'),
  };
  if (SIDE % config.patch !== 0) {
    fail('patch_size', `is ${config.patch}, which does not divide the ${SIDE} pixels of a side.`);
  }
  if (config.hiddenSize % (2 * config.heads) !== 0) {
    fail(
      'hidden_size',
      `is ${config.hiddenSize}, which does not make ${config.heads} heads of an even size; take a multiple of ${2 * config.heads}.`,
    );
  }
  return config;
};

/** config.json as an export writes it. */
export const denoiserConfigJson = (config: DenoiserConfig): Record<string, unknown> => ({
  model_type: DENOISER_TYPE,
  world: FIXED.world,
  image_size: FIXED.image_size,
  channels: FIXED.channels,
  hidden_size: config.hiddenSize,
  num_layers: config.layers,
  num_heads: config.heads,
  patch_size: config.patch,
  schedule: FIXED.schedule,
  timesteps: FIXED.timesteps,
  prediction: FIXED.prediction,
});
