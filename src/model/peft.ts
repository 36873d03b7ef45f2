/** Adapters in the files of the Python package PEFT: adapter_config.json and adapter_model.safetensors. */
import type { HostWeights } from './host-weights';
import type { LinearModules, LoraSettings } from './lora';
import { ALL_LINEAR, LoraError, loraA, loraB, loraShapes, targetedModules } from './lora';
import type { PeftConfig } from './peft-config';
import { ADAPTER_CONFIG, chosenModules, ownRanks, readPeftConfig } from './peft-config';
import { readSafetensors } from './safetensors';
import { unwrappedName } from './wrapped-names';
import { writeSafetensors } from './write-safetensors';

export { ADAPTER_CONFIG };
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

/** Our name of a tensor in the file; undefined for one that is not lora_A or lora_B. An adapter's own name may stand in it. */
const ourName = (name: string): string | undefined => {
  const plain = unwrappedName(name).replace(/^(?:base_model\.model\.)+/, '');
  const match = /^(.+)\.(lora_[AB])(?:\.[^.]+)?\.weight$/.exec(unwrappedName(plain));
  return match ? `${match[1]}.${match[2]}.weight` : undefined;
};

const moduleOf = (tensor: string): string => tensor.replace(/\.lora_[AB]\.weight$/, '');

/** The module of the model that the file means: one of that name, or the only one that ends with it (of a bare model). */
const foundModule = (name: string, modules: LinearModules): string | undefined => {
  if (modules.has(name)) return name;
  const [found, another] = [...modules.keys()].filter((module) => module.endsWith(`.${name}`));
  return another === undefined ? found : undefined;
};

const cut = (name: string) => name.slice(0, 150);

/** The file's tensors by our names. */
const readTensors = (bytes: Uint8Array, modules: LinearModules): HostWeights => {
  const tensors: HostWeights = new Map();
  for (const [name, tensor] of readSafetensors(bytes, ADAPTER_WEIGHTS).tensors) {
    const named = ourName(name);
    if (!named) {
      throw new LoraError(
        `${ADAPTER_WEIGHTS}, tensor "${cut(name)}" is no lora_A or lora_B weight of a linear module. Save a plain LoRA adapter.`,
      );
    }
    const written = moduleOf(named);
    const module = foundModule(written, modules);
    if (module === undefined && /(^|\.)(lm_head|embed_tokens|wte|wpe)$/.test(written)) {
      throw new LoraError(
        `${ADAPTER_WEIGHTS} adapts "${cut(written)}": the embedding and the output head take no adapter here. Save an adapter without it, or bring the merged model.`,
      );
    }
    if (module === undefined) {
      throw new LoraError(
        `${ADAPTER_WEIGHTS} adapts "${cut(written)}", which is no linear module of this model. The adapter belongs to another model.`,
      );
    }
    const ours = `${module}${named.slice(written.length)}`;
    if (tensors.has(ours)) {
      throw new LoraError(
        `${ADAPTER_WEIGHTS} holds "${cut(ours)}" twice, once as "${cut(name)}". Save one adapter by itself.`,
      );
    }
    tensor.check?.();
    tensors.set(ours, tensor);
  }
  return tensors;
};

/**
 * The shortest way to name the modules that are adapted: the file's own targets where they name just these, else each by its
 * whole name.
 */
const targetsOf = (config: PeftConfig, modules: LinearModules, found: readonly string[]): string[] => {
  const { target_modules: targets } = config;
  if (!Array.isArray(targets)) return [...found];
  const known = targets.filter((target) =>
    [...modules.keys()].some((module) => module === target || module.endsWith(`.${target}`)),
  );
  const named = known.length > 0 ? targetedModules(modules, known) : [];
  const same = named.length === found.length && named.every((module) => found.includes(module));
  return same ? known.sort() : [...found];
};

/**
 * Reads an adapter that PEFT (or this program) saved. The modules that its file holds are those that it adapts.
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
  const config = readPeftConfig(configBytes!);
  const tensors = readTensors(weightBytes!, modules);
  const found = [...new Set([...tensors.keys()].map(moduleOf))];
  if (found.length === 0) {
    throw new LoraError(
      `${ADAPTER_WEIGHTS} holds no tensor, so there is nothing to go on with. Save the adapter again.`,
    );
  }
  checkChoice(chosenModules(config, [...modules.keys()]), found);
  const own = ownRanks(config, found);
  const settings: LoraSettings = {
    rank: config.r,
    alpha: config.lora_alpha,
    dropout: config.lora_dropout ?? 0,
    rsLora: config.use_rslora ?? false,
    targetModules: targetsOf(config, modules, found),
    ...(own ? { own } : {}),
  };
  checkShapes(tensors, loraShapes(modules, settings), settings);
  return {
    settings,
    tensors: ordered(tensors, modules),
    baseModel: config.base_model_name_or_path ?? undefined,
  };
};

/** The file holds just the modules that its configuration chooses, where that can be told. */
const checkChoice = (chosen: readonly string[] | undefined, found: readonly string[]) => {
  if (!chosen) return;
  const extra = found.find((module) => !chosen.includes(module));
  if (extra !== undefined) {
    throw new LoraError(
      `${ADAPTER_WEIGHTS} adapts "${extra}", which target_modules of ${ADAPTER_CONFIG} (with exclude_modules and layers_to_transform) does not name. The two files belong to different adapters.`,
    );
  }
  const missing = chosen.find((module) => !found.includes(module));
  if (missing !== undefined) throw noTensor(missing);
};

const noTensor = (name: string) =>
  new LoraError(
    `${ADAPTER_WEIGHTS} has no tensor for "${name}", which ${ADAPTER_CONFIG} asks for. Save the adapter again.`,
  );

/** Every adapted module has both matrices, of the right shapes. */
const checkShapes = (
  tensors: HostWeights,
  shapes: ReadonlyMap<string, number[]>,
  { rank, own }: LoraSettings,
) => {
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (!tensor) throw noTensor(name);
    if (`${tensor.shape}` !== `${shape}`) {
      const wanted = own?.[moduleOf(name)]?.rank ?? rank;
      throw new LoraError(
        `${ADAPTER_WEIGHTS}, "${name}" is [${tensor.shape}] and should be [${shape}] (r = ${wanted}). The adapter belongs to another model, or its two files to different adapters.`,
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
  const modules = [...tensors.keys()].map(moduleOf);
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
  const own = Object.entries(settings.own ?? {});
  const config = {
    // A whole name is a pattern that fits itself; its dots stand for themselves as well.
    alpha_pattern: Object.fromEntries(own.map(([module, { alpha }]) => [module, alpha])),
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
    rank_pattern: Object.fromEntries(own.map(([module, { rank }]) => [module, rank])),
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
