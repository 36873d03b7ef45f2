/** adapter_config.json of the Python package PEFT, held against PEFT 0.21's LoraConfig and what its LoRA layers do with it. */
import { z } from 'zod/mini';
import { LoraError } from './lora';
import { peftPattern } from './peft-pattern';

export const ADAPTER_CONFIG = 'adapter_config.json';

const optional = <T extends z.core.$ZodType>(type: T) => z.optional(z.nullable(type));
const names = optional(z.union([z.string(), z.array(z.string()).check(z.maxLength(10_000))]));
const layerIndex = z.int();
const rank = z.int().check(z.minimum(1), z.maximum(1024));
const alpha = z.number().check(z.positive(), z.maximum(1e6));

const configSchema = z.looseObject({
  peft_type: z.string(),
  r: rank,
  lora_alpha: alpha,
  lora_dropout: optional(z.number().check(z.minimum(0), z.maximum(0.99))),
  use_rslora: optional(z.boolean()),
  init_lora_weights: optional(z.union([z.boolean(), z.string()])),
  target_modules: names,
  exclude_modules: names,
  layers_to_transform: optional(z.union([layerIndex, z.array(layerIndex).check(z.maxLength(10_000))])),
  layers_pattern: names,
  rank_pattern: optional(z.record(z.string(), rank)),
  alpha_pattern: optional(z.record(z.string(), alpha)),
  base_model_name_or_path: optional(z.string()),
});

export type PeftConfig = z.infer<typeof configSchema>;

const isEmpty = (v: unknown): boolean => typeof v === 'object' && v !== null && Object.keys(v).length === 0;

/** Fields that change what the adapter computes or how it learns, and the values that leave both as they are. */
const plain: Record<string, (value: unknown) => boolean> = {
  bias: (v) => v === 'none',
  lora_bias: (v) => v === false,
  modules_to_save: isEmpty,
  layer_replication: isEmpty,
  trainable_token_indices: isEmpty,
  alora_invocation_tokens: isEmpty,
  target_parameters: isEmpty,
};

/** Of these inits the settings alone change nothing once the adapter is made. */
const settled = new Set([
  'use_rslora',
  'eva_config',
  'corda_config',
  'lora_ga_config',
  'loftq_config',
  'megatron_config',
  'runtime_config',
]);

/** Kinds of LoRA come with a switch `use_...` or settings `..._config`; those that are not known here are kinds of their own. */
const isOtherKind = (field: string, value: unknown): boolean =>
  /^use_|_config$/.test(field) && !settled.has(field) && value !== false && !isEmpty(value);

/** Beginnings that leave the base as it is: what the file holds is then all that the adapter adds. */
const keepsBase: readonly unknown[] = [true, false, 'gaussian', 'eva', 'orthogonal'];

/** Beginnings after which PEFT takes the adapter's first values off the base's weights (LoraLayer.update_layer). */
const changesBase = /^(pissa|corda|olora$|loftq$|lora_ga$)/i;

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

const refuseInit = (init: unknown) => {
  if (init === undefined || init === null || keepsBase.includes(init)) return;
  const what = `${ADAPTER_CONFIG}, init_lora_weights is ${shown(init)}`;
  if (typeof init === 'string' && changesBase.test(init)) {
    throw new LoraError(
      `${what}: it begins by changing the model's own weights, so that on the model as it is this adapter means something else. ` +
        'Save it as plain LoRA (PEFT: save_pretrained with path_initial_model_for_weight_conversion), or bring the merged model.',
    );
  }
  throw new LoraError(
    `${what}, which is not known here; ${keepsBase.map(shown).join(', ')} are. Save the adapter as plain LoRA, or bring the merged model.`,
  );
};

/**
 * @throws LoraError naming the field that is wrong, or that asks for more than plain LoRA, and what to do
 */
export const readPeftConfig = (bytes: Uint8Array): PeftConfig => {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new LoraError(
      `${ADAPTER_CONFIG} is not JSON (${error instanceof Error ? error.message : String(error)}). Save the adapter again.`,
    );
  }
  const result = z.safeParse(configSchema, json);
  if (!result.success) {
    const lines = result.error.issues.map(
      (issue) => `- ${issue.path.join('.').slice(0, 200) || 'the file'}: ${issue.message || 'is not valid'}`,
    );
    throw new LoraError(`${ADAPTER_CONFIG} cannot be used:\n${lines.slice(0, 10).join('\n')}`);
  }
  const config = result.data;
  if (config.peft_type !== 'LORA') {
    throw new LoraError(
      `${ADAPTER_CONFIG}, peft_type is ${shown(config.peft_type)}; only LORA adapters can be read.`,
    );
  }
  for (const [field, value] of Object.entries(config)) {
    if (value === undefined || value === null) continue;
    const isPlain = Object.hasOwn(plain, field) ? plain[field]!(value) : !isOtherKind(field, value);
    if (isPlain) continue;
    throw new LoraError(
      `${ADAPTER_CONFIG}, ${field.slice(0, 100)} is ${shown(value)}: plain LoRA is read, without it. Save an adapter that does not use ${field.slice(0, 100)}.`,
    );
  }
  refuseInit(config.init_lora_weights);
  return config;
};

const listOf = <T>(value: T | T[] | null | undefined): T[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];

const endsWith = (module: string, targets: readonly string[]): boolean =>
  targets.some((target) => module === target || module.endsWith(`.${target}`));

/** Whether a module's name fits names or a pattern; undefined where the pattern is not evaluated here. */
const fits = (module: string, given: string | readonly string[]): boolean | undefined =>
  typeof given === 'string' ? peftPattern(given, true)?.test(module) : endsWith(module, given);

/** PEFT's index of a module's layer: the first numbered part, or that after one of the patterns. */
const layerOf = (module: string, patterns: readonly string[]): number | undefined => {
  if (patterns.length === 0) return numberIn(/^.*?\.[^.]*\.(\d+)\./.exec(module));
  for (const pattern of patterns) {
    const found = numberIn(new RegExp(`(?:^|\\.)${pattern}\\.(\\d+)\\.`).exec(module));
    if (found !== undefined) return found;
  }
  return undefined;
};
const numberIn = (match: RegExpExecArray | null) => (match ? Number(match[1]) : undefined);

/**
 * The modules that PEFT would adapt (tuners_utils.check_target_module_exists).
 * @returns undefined where that hangs on a pattern which is not evaluated here, or on PEFT's own table of models: then the
 *   tensors in the file decide
 */
export const chosenModules = (config: PeftConfig, modules: readonly string[]): string[] | undefined => {
  const { target_modules: targets, exclude_modules: excluded } = config;
  if (targets === undefined || targets === null || targets === 'all-linear') return undefined;
  const layers = listOf(config.layers_to_transform);
  const patterns = listOf(config.layers_pattern).filter(Boolean);
  if (layers.length > 0 && patterns.some((pattern) => !/^[\w.]+$/.test(pattern))) return undefined;
  const chosen: string[] = [];
  for (const module of modules) {
    const wanted = fits(module, targets);
    const left =
      excluded === undefined || excluded === null || excluded.length === 0 ? false : fits(module, excluded);
    if (wanted === undefined || left === undefined) return undefined;
    const inLayer =
      typeof targets === 'string' || layers.length === 0 || layers.includes(layerOf(module, patterns) ?? -1);
    if (wanted && !left && inLayer) chosen.push(module);
  }
  return chosen;
};

/**
 * What rank_pattern or alpha_pattern says of a module: the first pattern that fits its name (peft.utils.get_pattern_key).
 * @throws LoraError for a pattern that is not evaluated here
 */
const patternValue = (config: PeftConfig, field: 'rank_pattern' | 'alpha_pattern', module: string) => {
  for (const [key, value] of Object.entries(config[field] ?? {})) {
    const pattern = peftPattern(key, false);
    if (!pattern) {
      throw new LoraError(
        `${ADAPTER_CONFIG}, ${field}: the pattern ${shown(key)} is not evaluated here. Save the adapter with module names in ${field}.`,
      );
    }
    if (pattern.test(module)) return value;
  }
  return undefined;
};

/** Rank and alpha of the modules that have others than the rest; undefined when none has. */
export const ownRanks = (
  config: PeftConfig,
  modules: readonly string[],
): Record<string, { rank: number; alpha: number }> | undefined => {
  const own: Record<string, { rank: number; alpha: number }> = {};
  for (const module of modules) {
    const rank = patternValue(config, 'rank_pattern', module) ?? config.r;
    const alpha = patternValue(config, 'alpha_pattern', module) ?? config.lora_alpha;
    if (rank !== config.r || alpha !== config.lora_alpha) own[module] = { rank, alpha };
  }
  return isEmpty(own) ? undefined : own;
};
