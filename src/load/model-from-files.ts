/** A model from a folder in Hugging Face layout: dropped on the page, downloaded, or built in. */
import type { ModelSummary } from '../../workers/protocol';
import { templateText } from '../data/text/read-chat-template';
import { DENOISER_TYPE } from '../diffusion/denoiser-type';
import { readCheckpoint, weightFiles, withStoredHead } from '../model/checkpoint';
import type { ModelConfig } from '../model/config';
import { parseModelConfig } from '../model/config';
import { checkNumbers, checkWeights, parameterCount } from '../model/parameters';
import { checkTokenizerFits, loadTokenizer } from '../tokenizer/load';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { sha256Hex } from '../util/hash';
import type { LoadedModel } from './loaded-model';

/** Files that do not make a model. The message names file and field, and what to do. */
export class ModelFilesError extends Error {
  override name = 'ModelFilesError';
}

type Files = ReadonlyMap<string, Uint8Array>;
type Json = Record<string, unknown>;

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);

/**
 * The files of the one model among these: those beside the outermost config.json, by their plain names. Folders within it
 * (other formats, checkpoints of a training run) are left alone.
 */
const oneModel = (files: Files): Map<string, Uint8Array> => {
  const paths = [...files.keys()].map((path) => path.replaceAll('\\', '/').replace(/^\.?\/+/, ''));
  const homes = paths.filter((path) => /(^|\/)config\.json$/.test(path)).map(folderOf);
  if (homes.length === 0) {
    throw new ModelFilesError(
      paths.some((path) => /(^|\/)adapter_config\.json$/.test(path))
        ? 'config.json is missing: the files are an adapter (adapter_config.json), which needs the model it was trained on. Load that model first.'
        : `config.json is missing among ${paths.length} files. Choose the whole folder of a model: config.json, model.safetensors and tokenizer.json.`,
    );
  }
  const depth = (folder: string) => folder.split('/').length;
  const least = Math.min(...homes.map(depth));
  const outermost = [...new Set(homes.filter((folder) => depth(folder) === least))];
  if (outermost.length > 1) {
    throw new ModelFilesError(
      `There are ${outermost.length} models here (${outermost.slice(0, 5).join(', ')}). Choose the folder of one of them.`,
    );
  }
  const home = outermost[0]!;
  const own = new Map<string, Uint8Array>();
  [...files.values()].forEach((bytes, i) => {
    if (folderOf(paths[i]!) === home) own.set(paths[i]!.slice(home.length), bytes);
  });
  return own;
};

const parse = (files: Files, name: string): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(files.get(name)));
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw new ModelFilesError(`${name} is not JSON: ${reason}. Download the file again.`);
  }
};

const optionalObject = (files: Files, name: string): Json => {
  if (!files.has(name)) return {};
  const json = parse(files, name);
  if (isRecord(json)) return json;
  throw new ModelFilesError(`${name} must hold a JSON object. Download the file again.`);
};

/** Why there is no tokenizer.json, as far as the other files tell. */
const noTokenizer = (files: Files): ModelFilesError => {
  const other = ['tokenizer.model', 'vocab.json', 'tekken.json'].find((name) => files.has(name));
  return new ModelFilesError(
    other === undefined
      ? 'tokenizer.json is missing. A model folder needs config.json, model.safetensors and tokenizer.json.'
      : `tokenizer.json is missing, and ${other} is not read. Save the tokenizer again with transformers (AutoTokenizer, save_pretrained), or choose a repository that has tokenizer.json.`,
  );
};

/**
 * The template that turns a conversation into text: chat_template.jinja, or tokenizer_config.json's `chat_template`, a
 * text or a list of named ones, of which "default" is taken.
 */
const readChatTemplate = (files: Files, tokenizerConfig: Json): string | undefined => {
  const file = files.get('chat_template.jinja');
  if (file) return new TextDecoder().decode(file);
  const given = tokenizerConfig['chat_template'];
  if (given === undefined || given === null) return undefined;
  const text = templateText(given);
  if (text !== undefined) return text;
  throw new ModelFilesError(
    'tokenizer_config.json, chat_template: must be a text or a list of { name, template }. Take the file from the model’s own folder.',
  );
};

/** Ids of `eos_token_id` in generation_config.json, which may list more than config.json. */
const generationEnds = (generation: Json, vocabSize: number): number[] => {
  const given = generation['eos_token_id'];
  const ids: unknown[] = Array.isArray(given) ? given : given === undefined || given === null ? [] : [given];
  for (const id of ids) {
    if (!Number.isInteger(id)) {
      throw new ModelFilesError(
        `generation_config.json, eos_token_id: ${String(JSON.stringify(id)).slice(0, 50)} is not a token's number. Take the file from the model’s own folder.`,
      );
    }
  }
  // One that the model has no row for never comes, and ends nothing.
  return (ids as number[]).filter((id) => id >= 0 && id < vocabSize);
};

/** The configuration with every token that ends a response: those of config.json, generation_config.json and the tokenizer. */
const withEnds = (config: ModelConfig, generation: Json, tokenizer: Tokenizer): ModelConfig => ({
  ...config,
  eosTokenIds: [
    ...new Set([...config.eosTokenIds, ...generationEnds(generation, config.vocabSize), tokenizer.eos]),
  ],
});

/**
 * Makes a model of its files, in Hugging Face layout: config.json, model.safetensors (or shards with an index),
 * tokenizer.json; read too where they are there: tokenizer_config.json, special_tokens_map.json, added_tokens.json,
 * generation_config.json, chat_template.jinja.
 * Weights stay in the files' bytes until they are asked for.
 * @param summary its `parameters` is counted afresh
 * @param files by name or path
 * @param knownHash of the weights, where it was computed before: hashing copies the files
 * @throws ModelFilesError, ModelConfigError, TokenizerError, CheckpointError, SafetensorsError or ParametersError, each
 *   with file, field or tensor and a remedy
 */
export const modelFromFiles = async (
  summary: ModelSummary,
  files: Files,
  knownHash?: string,
): Promise<LoadedModel> => {
  const own = oneModel(files);
  const config = parse(own, 'config.json');
  if (isRecord(config) && config['model_type'] === DENOISER_TYPE) {
    const { denoiserFromFiles } = await import('../diffusion/denoiser-model');
    return denoiserFromFiles(summary, own);
  }
  const said = parseModelConfig(config);
  const parts = weightFiles(own); // before the tokenizer, because it says what kind of folder this is
  if (!own.has('tokenizer.json')) throw noTokenizer(own);
  const tokenizerConfig = optionalObject(own, 'tokenizer_config.json');
  const generation = optionalObject(own, 'generation_config.json');
  const ids = ['bos_token_id', 'eos_token_id', 'pad_token_id'].map((name) => [
    name,
    said.source[name] ?? generation[name],
  ]);
  const tokenizer = loadTokenizer(
    parse(own, 'tokenizer.json'),
    tokenizerConfig,
    Object.fromEntries(ids) as Json,
    said.vocabSize,
    {
      specialTokensMap: optionalObject(own, 'special_tokens_map.json'),
      addedTokens: optionalObject(own, 'added_tokens.json'),
    },
  );
  checkTokenizerFits(tokenizer, said.vocabSize);
  const chatTemplate = readChatTemplate(own, tokenizerConfig);
  const weights = readCheckpoint(said, own);
  const stated = withStoredHead(said, weights);
  const ended = withEnds(stated, generation, tokenizer);
  checkWeights(stated, weights);
  if (knownHash === undefined && !summary.builtIn) checkNumbers(stated, weights);
  const texts = [...own].filter(([name]) => /\.(json|jinja)$/.test(name) && !name.endsWith('.index.json'));
  return {
    summary: { ...summary, parameters: parameterCount(stated) },
    config: ended,
    tokenizer: { ...tokenizer, ends: ended.eosTokenIds },
    weights,
    hash: knownHash ?? (await sha256Hex(parts.map((name) => own.get(name)!))),
    files: Object.fromEntries(texts.map(([name, bytes]) => [name, new TextDecoder().decode(bytes)])),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
  };
};
