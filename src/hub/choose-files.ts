import { z } from 'zod/mini';
import { isDataName, shardsOf } from '../data/rows/choose-parts';
import { sizeInWords } from '../util/size';
import type { HubFile } from './errors';
import { HubError } from './errors';

const known = new Set([
  'config.json',
  'generation_config.json',
  'chat_template.jinja',
  'special_tokens_map.json',
  'added_tokens.json',
]);
const isTokenizerFile = (name: string) => /^tokenizer[^/]*\.json$/.test(name);

export const singleFile = 'model.safetensors';
export const indexFile = 'model.safetensors.index.json';

const inLine = (files: readonly HubFile[]) =>
  files.map(({ name, bytes }) => `${name} (${sizeInWords(bytes)})`).join(', ');

const find = (files: readonly HubFile[], name: string) => files.find((file) => file.name === name);

const chooseGguf = (repo: string, files: readonly HubFile[], wanted: string | undefined): HubFile => {
  const all = files.filter(({ name }) => /\.gguf$/i.test(name));
  const choices = all.filter(({ name }) => !/-\d{5}-of-\d{5}\.gguf$/i.test(name));
  const found = wanted === undefined ? undefined : find(all, wanted);
  if (wanted !== undefined && !found) {
    throw new HubError(
      'missing',
      `${repo} has no file ${wanted}. It has: ${inLine(all) || 'no GGUF file'}.`,
      all,
    );
  }
  const file = found ?? (choices.length === 1 ? choices[0]! : undefined);
  if (!file && choices.length > 1) {
    throw new HubError('choice', `${repo} has several GGUF files; name one of ${inLine(choices)}.`, choices);
  }
  if (!file || !choices.includes(file)) {
    throw new HubError(
      'content',
      `${file?.name ?? `Every GGUF file of ${repo}`} is one part of several, which is not read; choose a GGUF in one file, or safetensors.`,
    );
  }
  return file;
};

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * The files of a model that are needed: one GGUF alone, or configuration, tokenizer and safetensors.
 * @param wanted Name of a GGUF, for a repository with several.
 * @param readIndex Gives the index of sharded weights, as JSON.
 * @throws HubError that says what is missing, or lists the choices
 */
export const chooseModelFiles = async (
  repo: string,
  files: readonly HubFile[],
  wanted: string | undefined,
  readIndex: () => Promise<unknown>,
): Promise<HubFile[]> => {
  const single = find(files, singleFile);
  const index = find(files, indexFile);
  if (wanted !== undefined || (!single && !index)) {
    if (wanted === undefined && !files.some(({ name }) => /\.gguf$/i.test(name))) {
      const other = files.find(({ name }) => /\.(bin|pt|pth|h5|msgpack|onnx)$/.test(name));
      throw new HubError(
        'missing',
        `${repo} has no weights that are read here (safetensors or GGUF)${other ? `, only ${other.name}` : ''}; look for a version of it that has.`,
      );
    }
    return [chooseGguf(repo, files, wanted)];
  }
  for (const name of ['config.json', 'tokenizer.json']) {
    if (!find(files, name)) {
      throw new HubError('missing', `${repo} has no ${name}, without which its weights cannot be used.`);
    }
  }
  const texts = files.filter(({ name }) => known.has(name) || isTokenizerFile(name));
  if (single) return [...texts, single];
  const parsed = z.safeParse(indexSchema, await readIndex());
  if (!parsed.success) throw new HubError('content', `${indexFile} of ${repo} has no weight_map of names.`);
  const shards = [...new Set(Object.values(parsed.data.weight_map))].sort().map((name) => {
    const shard = find(files, name);
    if (!shard)
      throw new HubError('missing', `${indexFile} of ${repo} names ${name}, which it does not have.`);
    return shard;
  });
  return [...texts, index!, ...shards];
};

/** The files of a PEFT adapter. @throws HubError when one is missing */
export const chooseAdapterFiles = (repo: string, files: readonly HubFile[]): HubFile[] =>
  ['adapter_config.json', 'adapter_model.safetensors'].map((name) => {
    const file = find(files, name);
    if (!file)
      throw new HubError('missing', `${repo} is not an adapter that is read here: it has no ${name}.`);
    return file;
  });

/** The files of a dataset that may hold rows. */
const dataFiles = (files: readonly HubFile[]): HubFile[] => files.filter(({ name }) => isDataName(name));

/** What can be chosen of a dataset: files, and the shards of a split as one. */
export const dataChoices = (files: readonly HubFile[]): (HubFile & { parts: HubFile[] })[] => {
  const byName = new Map<string, HubFile[]>();
  for (const file of dataFiles(files)) {
    const name = shardsOf(file.name);
    byName.set(name, [...(byName.get(name) ?? []), file]);
  }
  return [...byName].map(([name, parts]) => ({
    name: parts.length === 1 ? parts[0]!.name : name,
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    parts,
  }));
};

/**
 * The data file that is asked for, all shards of the split that is, or the only ones there are.
 * @returns `named`: the file, or the shards together
 * @throws HubError that lists the choices
 */
export const chooseDataFiles = (
  repo: string,
  files: readonly HubFile[],
  wanted: string | undefined,
): { chosen: HubFile[]; named: string } => {
  const choices = dataChoices(files);
  const offered = choices.map(({ parts: _parts, ...choice }) => choice);
  const shown = offered.slice(0, 20);
  const listed =
    inLine(shown) + (offered.length > shown.length ? `, and ${offered.length - shown.length} more` : '');
  if (wanted !== undefined) {
    const choice = choices.find(({ name }) => name === wanted);
    const file = find(dataFiles(files), wanted);
    if (!choice && !file) {
      throw new HubError(
        'missing',
        `${repo} has no data file ${wanted}. It has: ${listed || 'none'}.`,
        offered,
      );
    }
    return { chosen: choice?.parts ?? [file!], named: wanted };
  }
  const [only, another] = choices;
  if (!only) {
    throw new HubError(
      'missing',
      `${repo} has no data file that is read here (.jsonl, .json, .csv, .tsv, .parquet, or .gz of one).`,
    );
  }
  if (another)
    throw new HubError('choice', `${repo} has several data files; name one of ${listed}.`, offered);
  return { chosen: only.parts, named: only.name };
};
