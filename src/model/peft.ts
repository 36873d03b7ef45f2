/** Adapters in the files of the Python package PEFT: adapter_config.json and adapter_model.safetensors. */
import { z } from 'zod/mini';
import type { HostWeights } from './host-weights';
import type { LinearModules, LoraSettings } from './lora';
import { ALL_LINEAR, LoraError, loraA, loraB, loraShapes, targetedModules } from './lora';
import { readSafetensors } from './safetensors';
import { writeSafetensors } from './write-safetensors';

export const ADAPTER_CONFIG = 'adapter_config.json';
export const ADAPTER_WEIGHTS = 'adapter_model.safetensors';

/** PEFT's name of the wrapped model, in front of every tensor. */
const PREFIX = 'base_model.model.';

export interface PeftAdapter {
  settings: LoraSettings;
  /** lora_A and lora_B by our names, see lora.ts. */
  tensors: HostWeights;
  /** Name or path of the model it was trained on, as the file says it; null in many files. */
  baseModel: string | undefined;
}

const optional = <T extends z.core.$ZodType>(type: T) => z.optional(z.nullable(type));

const configSchema = z.looseObject({
  peft_type: z.string(),
  r: z.int().check(z.minimum(1), z.maximum(1024)),
  lora_alpha: z.number().check(z.positive(), z.maximum(1e6)),
  lora_dropout: optional(z.number().check(z.minimum(0), z.maximum(0.99))),
  use_rslora: optional(z.boolean()),
  target_modules: optional(z.union([z.string(), z.array(z.string()).check(z.maxLength(10_000))])),
  base_model_name_or_path: optional(z.string()),
});

/** Fields that change what the adapter computes, and the one value of each that is understood. */
const plain: Record<string, (value: unknown) => boolean> = {
  use_dora: (v) => v === false,
  lora_bias: (v) => v === false,
  bias: (v) => v === 'none',
  use_qalora: (v) => v === false,
  modules_to_save: (v) => Array.isArray(v) && v.length === 0,
  rank_pattern: (v) => isEmptyObject(v),
  alpha_pattern: (v) => isEmptyObject(v),
  layer_replication: () => false,
  trainable_token_indices: () => false,
  alora_invocation_tokens: () => false,
  target_parameters: (v) => Array.isArray(v) && v.length === 0,
};

const isEmptyObject = (v: unknown): boolean =>
  typeof v === 'object' && v !== null && !Array.isArray(v) && Object.keys(v).length === 0;

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

const readConfig = (bytes: Uint8Array) => {
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
      (issue) => `- ${issue.path.join('.') || 'the file'}: ${issue.message || 'is not valid'}`,
    );
    throw new LoraError(`${ADAPTER_CONFIG} cannot be used:\n${lines.join('\n')}`);
  }
  const config = result.data;
  if (config.peft_type !== 'LORA') {
    throw new LoraError(
      `${ADAPTER_CONFIG}, peft_type is ${shown(config.peft_type)}; only LORA adapters can be read.`,
    );
  }
  for (const [field, isPlain] of Object.entries(plain)) {
    const value = config[field];
    if (value === undefined || value === null || isPlain(value)) continue;
    throw new LoraError(
      `${ADAPTER_CONFIG}, ${field} is ${shown(value)}: plain LoRA is read, without it. Save an adapter that does not use ${field}.`,
    );
  }
  return config;
};

/** Our name of a tensor in the file; undefined for one that is not lora_A or lora_B. */
const ourName = (name: string): string | undefined => {
  const match = /^(?:base_model\.model\.)?(.+)\.(lora_[AB])(?:\.default)?\.weight$/.exec(name);
  return match ? `${match[1]}.${match[2]}.weight` : undefined;
};

/**
 * Reads an adapter that PEFT (or this program) saved.
 * @param files adapter_config.json and adapter_model.safetensors by name
 * @param modules the linear modules of the model that it is for
 * @throws LoraError, or SafetensorsError for the weights file, naming file, field or tensor, and what to do
 */
export const readPeftAdapter = (
  files: ReadonlyMap<string, Uint8Array>,
  modules: LinearModules,
): PeftAdapter => {
  const [configBytes, weightBytes] = [ADAPTER_CONFIG, ADAPTER_WEIGHTS].map((name) => {
    const bytes = files.get(name);
    if (bytes) return bytes;
    const old = files.has('adapter_model.bin')
      ? ' adapter_model.bin is not read: save the adapter as safetensors.'
      : '';
    throw new LoraError(
      `The adapter has no ${name}; it needs ${ADAPTER_CONFIG} and ${ADAPTER_WEIGHTS}.${old}`,
    );
  });
  const config = readConfig(configBytes!);
  const tensors: HostWeights = new Map();
  for (const [name, tensor] of readSafetensors(weightBytes!, ADAPTER_WEIGHTS).tensors) {
    const ours = ourName(name);
    if (!ours) {
      throw new LoraError(
        `${ADAPTER_WEIGHTS}, tensor "${name.slice(0, 100)}" is no lora_A or lora_B weight of a linear module. Save a plain LoRA adapter.`,
      );
    }
    tensors.set(ours, tensor);
  }
  const found = [...new Set([...tensors.keys()].map((name) => name.replace(/\.lora_[AB]\.weight$/, '')))];
  const unknown = found.find((module) => !modules.has(module));
  if (unknown !== undefined) {
    throw new LoraError(
      `${ADAPTER_WEIGHTS} adapts "${unknown.slice(0, 100)}", which is no linear module of this model. The adapter belongs to another model.`,
    );
  }
  const targets = config.target_modules;
  const settings: LoraSettings = {
    rank: config.r,
    alpha: config.lora_alpha,
    dropout: config.lora_dropout ?? 0,
    rsLora: config.use_rslora ?? false,
    // A pattern, or "all-linear" (which PEFT reads otherwise for some models), is replaced by the modules it chose.
    targetModules: Array.isArray(targets) ? [...targets].sort() : found,
  };
  checkTensors(tensors, modules, settings, found);
  return {
    settings,
    tensors: ordered(tensors, modules),
    baseModel: config.base_model_name_or_path ?? undefined,
  };
};

/** Every targeted module has both matrices, of the right shapes. */
const checkTensors = (
  tensors: HostWeights,
  modules: LinearModules,
  settings: LoraSettings,
  found: readonly string[],
) => {
  const targeted = new Set(targetedModules(modules, settings.targetModules));
  const extra = found.find((module) => !targeted.has(module));
  if (extra !== undefined) {
    throw new LoraError(
      `${ADAPTER_WEIGHTS} adapts "${extra}", which target_modules of ${ADAPTER_CONFIG} does not name. The two files belong to different adapters.`,
    );
  }
  for (const [name, shape] of loraShapes(modules, settings)) {
    const tensor = tensors.get(name);
    if (!tensor) {
      throw new LoraError(
        `${ADAPTER_WEIGHTS} has no tensor for "${name}", which ${ADAPTER_CONFIG} asks for. Save the adapter again.`,
      );
    }
    if (`${tensor.shape}` !== `${shape}`) {
      throw new LoraError(
        `${ADAPTER_WEIGHTS}, "${name}" is [${tensor.shape}] and should be [${shape}] (r = ${settings.rank}). The adapter belongs to another model, or its two files to different adapters.`,
      );
    }
  }
};

const ordered = (tensors: HostWeights, modules: LinearModules): HostWeights =>
  new Map(
    [...modules.keys()].flatMap((module) =>
      [loraA(module), loraB(module)].flatMap((name) => {
        const tensor = tensors.get(name);
        return tensor ? [[name, tensor] as const] : [];
      }),
    ),
  );

/** The targets as PEFT takes them in a list, where it knows no "all-linear". */
const targetsFor = ({ targetModules }: LoraSettings, tensors: HostWeights): string[] => {
  if (!targetModules.includes(ALL_LINEAR)) return targetModules;
  const modules = [...tensors.keys()].map((name) => name.replace(/\.lora_[AB]\.weight$/, ''));
  return [...new Set(modules.map((name) => name.slice(name.lastIndexOf('.') + 1)))];
};

/**
 * The two files that PEFT loads with `PeftModel.from_pretrained`.
 * @param baseModel what base_model_name_or_path is to say; null when it is not known by a name
 * @param fanInFanOut true where the base keeps its matrices as [in, out] (GPT-2's Conv1D)
 */
export const writePeftAdapter = (
  { settings, tensors }: Pick<PeftAdapter, 'settings' | 'tensors'>,
  { baseModel, fanInFanOut }: { baseModel: string | null; fanInFanOut: boolean },
): Map<string, Uint8Array> => {
  const config = {
    alpha_pattern: {},
    auto_mapping: null,
    base_model_name_or_path: baseModel,
    bias: 'none',
    fan_in_fan_out: fanInFanOut,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    lora_alpha: settings.alpha,
    lora_dropout: settings.dropout,
    modules_to_save: null,
    peft_type: 'LORA',
    r: settings.rank,
    rank_pattern: {},
    revision: null,
    target_modules: targetsFor(settings, tensors),
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: settings.rsLora,
  };
  const named = [...tensors].map(([name, { shape, data }]) => [`${PREFIX}${name}`, { shape, data }] as const);
  return new Map([
    [ADAPTER_CONFIG, new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`)],
    [ADAPTER_WEIGHTS, writeSafetensors(named, [['format', 'pt']], ADAPTER_WEIGHTS)],
  ]);
};
