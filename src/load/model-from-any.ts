import type { ModelDetails, ModelSummary } from '../../workers/protocol';
import { linearModules } from '../model/linear-modules';
import { parameterShapes } from '../model/parameters';
import type { LoadedModel } from './loaded-model';
import { ModelFilesError, modelFromFiles } from './model-from-files';
import { modelFromGguf } from './model-from-gguf';

/** Files of a folder that a model may need; all others are not even read. */
export const isModelFile = (name: string): boolean => /\.(json|jinja|safetensors|gguf)$/i.test(name);

const isGguf = (name: string) => /\.gguf$/i.test(name);

/**
 * Makes a model of a person's files: one GGUF, or a folder in Hugging Face layout. A GGUF beside a folder's safetensors
 * is left alone, as the folder says more.
 * @param knownHash as LoadedModel has it, where the same files were read before
 * @throws Error naming file, place and remedy
 */
export const modelFromAny = (
  summary: ModelSummary,
  files: ReadonlyMap<string, Uint8Array>,
  knownHash?: string,
): Promise<LoadedModel> => {
  const ggufs = [...files.keys()].filter(isGguf);
  if (ggufs.length === 0 || [...files.keys()].some((name) => name.endsWith('.safetensors'))) {
    return modelFromFiles(summary, files, knownHash);
  }
  if (ggufs.length > 1) {
    throw new ModelFilesError(
      `There are ${ggufs.length} GGUF files here (${ggufs.slice(0, 5).join(', ')}). Choose one of them.`,
    );
  }
  return modelFromGguf(summary, files.get(ggufs[0]!)!, ggufs[0]!, knownHash);
};

const lastPart = (name: string) => name.slice(name.lastIndexOf('.') + 1);

/** What a form needs to know of a model. */
export const detailsOf = (model: LoadedModel, bytes: number, kept: boolean): ModelDetails => {
  if (model.denoiser) {
    return {
      family: 'denoiser',
      bytes,
      maxPositions: 1,
      chatTemplate: false,
      linearModules: [],
      stored: 'full',
      kept,
    };
  }
  const { config, weights } = model;
  const held = [...parameterShapes(config)].some(
    ([name, shape]) => shape.length === 2 && weights.get(name)?.packed !== undefined,
  );
  return {
    family: config.family,
    bytes,
    maxPositions: config.maxPositions,
    chatTemplate: model.chatTemplate !== undefined,
    linearModules: [...new Set([...linearModules(config).keys()].map(lastPart))],
    stored: held ? (model.gguf ? 'packed' : 'half') : 'full',
    kept,
  };
};
