// What --model, --data and --adapter name: something built in or stored, files on this machine, or a place on a hub.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { projectRoot } from '../build.mjs';
import { UsageError } from './usage-error.mjs';

const statOf = (path) => {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
};

/** Names of the files in a folder that fit, in an order that does not depend on the disk. */
const filesIn = (folder, fits) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && fits.test(entry.name))
    .map((entry) => entry.name)
    .sort();

const isHubId = (text) => /^[\w][\w.-]*\/[\w][\w.-]*$/.test(text);

/** Written like a path, so that it can be meant as nothing else. */
const isPath = (text) => /^([./~\\]|[A-Za-z]:[\\/])|\\|\/.*\/|\/$/.test(text);

const hubSource = (options, repo, file, revision) => {
  const token = process.env.HF_TOKEN;
  return {
    hub: {
      repo,
      ...(options.hub ? { hub: options.hub } : {}),
      ...(revision ? { revision } : {}),
      ...(file ? { file } : {}),
      ...(token ? { token } : {}),
    },
  };
};

const builtIn = () =>
  JSON.parse(readFileSync(join(projectRoot, 'public/models/index.json'), 'utf8')).map(({ id }) => id);

const modelFile = /\.(json|jinja|safetensors|gguf)$/i;

const modelFolder = (folder, file, share) => {
  let names = filesIn(folder, modelFile);
  if (names.length === 0) {
    throw new UsageError(
      `--model: the folder "${folder}" holds no model: wanted are config.json, model.safetensors and tokenizer.json, or a GGUF file.`,
    );
  }
  if (file !== undefined) {
    if (!names.includes(file)) throw new UsageError(`--file: there is no "${file}" in "${folder}".`);
    names = /\.gguf$/i.test(file) ? [file] : names;
  }
  const name = basename(resolve(folder));
  return names.map((own) => ({ name: `${name}/${own}`, address: share(resolve(folder, own)) }));
};

/** Whether a folder's model draws images, so that its data are drawn too. What is wrong with its config.json is the engine's to say. */
const draws = (folder) => {
  try {
    const { model_type: type } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    return type === 'marginalia-denoiser';
  } catch {
    return false;
  }
};

/**
 * @param {Record<string, any>} options
 * @param {(path: string) => string} share gives a file an address that the page can read it at
 */
export const givenModel = (options, share) => {
  const { model: text, file, revision } = options;
  if (text === undefined || builtIn().includes(text)) return undefined;
  const info = revision || options.hub ? undefined : statOf(text);
  if (info?.isDirectory()) return { files: modelFolder(text, file, share), draws: draws(text) };
  if (info) {
    if (!/\.gguf$/i.test(text)) {
      throw new UsageError(
        `--model: "${text}" is a file, and not a GGUF; give a GGUF file or a model's folder.`,
      );
    }
    return { files: [{ name: basename(text), address: share(resolve(text)) }] };
  }
  if (isHubId(text) && !/\.gguf$/i.test(text)) return hubSource(options, text, file, revision);
  if (isPath(text) || /\.(gguf|safetensors)$/i.test(text))
    throw new UsageError(`--model: there is no file or folder "${text}".`);
  return undefined; // an id; the engine knows which there are
};

/** A name with * and ? in it as the expression of those that fit. */
const patternOf = (name) =>
  new RegExp(
    `^${name
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

/** Files and folders that one value of --data means: itself, or what its pattern fits. */
const dataPaths = (text) => {
  if (statOf(text) || !/[*?]/.test(basename(text))) return [text];
  const folder = dirname(text);
  const names = statOf(folder)?.isDirectory() ? filesIn(folder, patternOf(basename(text))) : [];
  if (names.length === 0) throw new UsageError(`--data: no file fits "${text}".`);
  return names.map((name) => join(folder, name));
};

/** All files of a folder and of those in it, hidden ones left out, by their paths from the folder's own name on. */
const filesUnder = (folder, name) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory()
        ? filesUnder(path, `${name}/${entry.name}`)
        : [{ name: `${name}/${entry.name}`, path }];
    });

/**
 * @param {Record<string, any>} options
 * @param {(path: string) => string} share
 */
export const givenData = (options, share) => {
  const { data, 'data-file': file } = options;
  if (data === undefined) return undefined;
  const [text] = data;
  if (data.length === 1 && !statOf(text) && isHubId(text)) {
    if (file !== undefined || !/\.(jsonl?|csv|tsv|parquet|gz)$/i.test(text))
      return hubSource(options, text, file);
  }
  const paths = data.flatMap(dataPaths);
  const short = new Set(paths.map((path) => basename(path))).size === paths.length;
  const files = paths.flatMap((path) => {
    const info = statOf(path);
    if (!info) throw new UsageError(`--data: there is no file "${path}".`);
    if (info.isDirectory()) return filesUnder(path, basename(resolve(path)));
    return [{ name: short ? basename(path) : path, path }];
  });
  return { files: files.map(({ name, path }) => ({ name, address: share(resolve(path)) })) };
};

const choiceFile = /\.(png|jsonl)$/i;

/**
 * Choices between images: a zip, their folder, or the file of lines with the images beside it.
 * @param {Record<string, any>} options
 * @param {(path: string) => string} share
 * @returns {{ files: { name: string, address: string }[] } | undefined}
 */
export const givenChoices = (options, share) => {
  const { choices: text } = options;
  if (text === undefined) return undefined;
  const info = statOf(text);
  if (!info) throw new UsageError(`--choices: there is no file or folder "${text}".`);
  if (!info.isDirectory() && /\.zip$/i.test(text))
    return { files: [{ name: basename(text), address: share(resolve(text)) }] };
  if (!info.isDirectory() && !/\.jsonl$/i.test(text))
    throw new UsageError(
      `--choices: "${text}" is neither a zip of choices nor their pairs.jsonl; give one of these, or the folder.`,
    );
  const folder = info.isDirectory() ? text : dirname(text);
  const files = filesUnder(folder, basename(resolve(folder))).filter(({ path }) =>
    /\.jsonl$/i.test(path) && !info.isDirectory() ? resolve(path) === resolve(text) : choiceFile.test(path),
  );
  if (files.length === 0)
    throw new UsageError(`--choices: the folder "${text}" holds no pairs.jsonl and no PNG files.`);
  return { files: files.map(({ name, path }) => ({ name, address: share(resolve(path)) })) };
};

/**
 * @param {Record<string, any>} options
 * @param {(path: string) => string} share
 */
export const givenAdapter = (options, share) => {
  const { adapter: text } = options;
  if (text === undefined) return undefined;
  const info = statOf(text);
  if (info?.isDirectory()) {
    const names = filesIn(text, /^adapter_(config\.json|model\.(safetensors|bin))$/);
    if (names.length === 0) {
      throw new UsageError(
        `--adapter: the folder "${text}" holds no adapter: wanted are adapter_config.json and adapter_model.safetensors.`,
      );
    }
    const name = basename(resolve(text));
    return { files: names.map((own) => ({ name: `${name}/${own}`, address: share(resolve(text, own)) })) };
  }
  if (!info && isHubId(text) && !isPath(text)) return hubSource(options, text);
  throw new UsageError(`--adapter: there is no folder "${text}".`);
};
