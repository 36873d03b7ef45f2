import type { ModelSummary } from '../../workers/protocol';
import type { DenoiserModel } from '../diffusion/denoiser-model';
import type { ModelConfig } from '../model/config';
import type { HostWeights } from '../model/host-weights';
import type { Tokenizer } from '../tokenizer/tokenizer';

/** A model ready to be put on the device, with the files that an export writes back unchanged. */
export interface LoadedModel {
  summary: ModelSummary;
  config: ModelConfig;
  tokenizer: Tokenizer;
  weights: HostWeights;
  /** SHA-256 over names and values of the weights. */
  hash: string;
  /** Text files by name: config.json, tokenizer.json, ... */
  files: Record<string, string>;
  /** Turns a conversation into text, as a Jinja template; absent for a model that has none. */
  chatTemplate?: string;
  /** Of a built-in model: trees that it made beforehand, see made-trees.ts. */
  madeTrees?: string;
  /** Its weights come from a GGUF file. */
  gguf?: boolean;
  /** Of a model that draws images. Asking such a one for its tokenizer or its `config` throws an error that says so. */
  denoiser?: DenoiserModel;
}
