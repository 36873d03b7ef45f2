/** Models that a person brings: dropped, chosen, or taken from a hub; read once to see that they are whole, then kept. */
import type {
  DownloadProgress,
  GivenFile,
  HubSource,
  ModelDetails,
  ModelSummary,
} from '../../workers/protocol';
import { downloadFromHub } from '../hub/download';
import type { FileSet, FileStore } from '../store/files';
import { keepFiles } from '../store/keep-files';
import { sha256Hex } from '../util/hash';
import type { LoadedModel } from './loaded-model';
import { detailsOf, isModelFile, modelFromAny } from './model-from-any';
import { ModelFilesError } from './model-from-files';

export interface BringHooks {
  signal: AbortSignal;
  onProgress(progress: DownloadProgress): void;
}

const asBlob = (data: Blob | Uint8Array): Blob =>
  data instanceof Blob ? data : new Blob([data as Uint8Array<ArrayBuffer>]);

export const bytesOf = async (data: Blob | Uint8Array): Promise<Uint8Array> =>
  data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : data;

/** The files by name; a file twice is an error, not a surprise. */
export const givenBlobs = (files: readonly GivenFile[]): Map<string, Blob> => {
  const blobs = new Map<string, Blob>();
  for (const { name, data } of files) {
    if (blobs.has(name)) throw new ModelFilesError(`${name} was given twice. Choose each file once.`);
    blobs.set(name, asBlob(data));
  }
  return blobs;
};

/** Files of other formats that say why a folder cannot be used. */
const isTelling = (name: string) => /(^|\/)(pytorch_model[^/]*\.bin|tokenizer\.model)$/.test(name);

/** The name that a folder or a file of these would be known by. */
const nameOf = (files: readonly GivenFile[]): string => {
  const gguf = files.find(({ name }) => /\.gguf$/i.test(name));
  const path = (gguf ?? files.find(({ name }) => /(^|\/)config\.json$/.test(name)) ?? files[0])?.name ?? '';
  const parts = path.split('/').filter(Boolean);
  if (gguf) return parts.at(-1)!.replace(/\.gguf$/i, '');
  return parts.length > 1 ? parts.at(-2)! : 'model';
};

const kinds: Record<ModelDetails['stored'], string> = {
  packed: 'packed weights',
  half: 'half-precision weights',
  full: 'full-precision weights',
};

const summaryOf = (model: LoadedModel, set: FileSet, name: string, made?: string): ModelSummary => {
  const bytes = set.files.reduce((sum, file) => sum + file.bytes, 0);
  const details = detailsOf(model, bytes, set.kept);
  const from =
    made ?? (set.source ? `From ${new URL(set.source.hub).host}/${set.source.repo}` : 'From your files');
  const { parameters } = model.summary;
  if (model.denoiser) {
    const description = `Draws coloured shapes of 12 by 12 pixels. ${from}.`;
    return { id: set.id, name, description, parameters, builtIn: false, draws: true, details };
  }
  const context = details.maxPositions.toLocaleString('en');
  return {
    id: set.id,
    name,
    description: `${details.family}, ${kinds[details.stored]}, up to ${context} tokens${details.chatTemplate ? ', with a chat template' : ''}. ${from}.`,
    parameters,
    builtIn: false,
    details,
  };
};

const draft = (id: string, name: string): ModelSummary => ({
  id,
  name,
  description: '',
  parameters: 0,
  builtIn: false,
});

/** Facts as kept with the set, if they are those of a model. */
const keptSummary = (set: FileSet): ModelSummary | undefined => {
  const summary = set.facts?.['summary'] as ModelSummary | undefined;
  return summary?.details && { ...summary, details: { ...summary.details, kept: set.kept } };
};

/** Models that were brought, the newest first. */
export const listModels = async (store: FileStore): Promise<ModelSummary[]> =>
  (await store.list('model')).flatMap((set) => keptSummary(set) ?? []);

const readSet = async (store: FileStore, set: FileSet): Promise<Map<string, Uint8Array>> => {
  const files = new Map<string, Uint8Array>();
  for (const { name } of set.files) {
    if (isModelFile(name)) files.set(name, await store.readFile('model', set.id, name));
  }
  return files;
};

/** A model that was brought before; undefined when there is none of this id. */
export const loadStoredModel = async (store: FileStore, id: string): Promise<LoadedModel | undefined> => {
  const set = await store.manifest('model', id);
  const summary = set && keptSummary(set);
  if (!set || !summary) return undefined;
  const hash = set.facts?.['hash'];
  const known = typeof hash === 'string' ? hash : undefined;
  const model = await modelFromAny(summary, await readSet(store, set), known);
  return Object.assign(model, { summary });
};

/** Of all that decides what a model does: one with another configuration, tokenizer or template is another model. */
const contentHash = ({ hash, files }: LoadedModel): Promise<string> =>
  sha256Hex([hash, JSON.stringify(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)))]);

/**
 * Reads a model of a person's files and keeps them.
 * @param from where it is from, in words, when not from files
 * @throws Error naming file, place and remedy; nothing is kept then
 */
export const addModel = async (
  store: FileStore,
  given: readonly GivenFile[],
  hooks: BringHooks,
  from?: string,
): Promise<LoadedModel> => {
  const wanted = given.filter(({ name }) => isModelFile(name));
  if (wanted.length === 0) {
    throw new ModelFilesError(
      given.length === 0
        ? 'No file was given. Choose a model folder or a GGUF file.'
        : `None of the ${given.length} files is part of a model (${given[0]!.name.slice(0, 100)}). Choose a folder with config.json, model.safetensors and tokenizer.json, or a GGUF file.`,
    );
  }
  const name = nameOf(wanted);
  const blobs = givenBlobs(wanted);
  const bytes = new Map<string, Uint8Array>();
  for (const [path, blob] of blobs) bytes.set(path, await bytesOf(blob));
  // What cannot be read helps to say what is missing; its name is enough for that.
  for (const { name: other } of given) if (isTelling(other)) bytes.set(other, new Uint8Array());
  const model = await modelFromAny(draft('', name), bytes);
  const id = `file:${name.replace(/[^\w.-]+/g, '-').slice(0, 60)}-${(await contentHash(model)).slice(0, 12)}`;
  const known = await store.manifest('model', id);
  const set =
    known ??
    (await keepFiles(store, { kind: 'model', id, label: name }, blobs, {
      signal: hooks.signal,
      onProgress: (done, total) => hooks.onProgress(localProgress(name, done, total)),
    }));
  const summary = summaryOf(model, set, name, from);
  await store.annotate('model', id, { summary, hash: model.hash });
  return Object.assign(model, { summary });
};

const localProgress = (name: string, done: number, total: number): DownloadProgress => ({
  repo: name,
  file: name,
  fileDone: done,
  fileTotal: total,
  done,
  total,
  bytesPerSecond: 0,
  secondsLeft: undefined,
  note: 'Storing it for the next visit',
});

/** Downloads from a hub with its progress in this program's own words. */
export const fetchSet = async (
  store: FileStore,
  kind: 'model' | 'dataset' | 'adapter',
  { token, ...source }: HubSource,
  hooks: BringHooks,
): Promise<FileSet> => {
  let note = '';
  let last: DownloadProgress = localProgress(source.repo, 0, 0);
  return downloadFromHub(
    store,
    { kind, ...source },
    {
      token,
      signal: hooks.signal,
      onNotice: (sentence) => {
        note = sentence;
        hooks.onProgress({ ...last, note });
      },
      onProgress: (p) => {
        last = {
          repo: source.repo,
          file: p.file,
          fileDone: p.fileReceived,
          fileTotal: p.fileBytes,
          done: p.received,
          total: p.total,
          bytesPerSecond: p.bytesPerSecond,
          secondsLeft: p.secondsLeft,
          note,
        };
        hooks.onProgress(last);
      },
    },
  );
};

/**
 * Takes a model from a hub, or from the store where it lies there at this revision.
 * @throws HubError, or an Error naming file, place and remedy when it cannot be used; it is not kept then
 */
export const addHubModel = async (
  store: FileStore,
  source: HubSource,
  hooks: BringHooks,
): Promise<LoadedModel> => {
  const set = await fetchSet(store, 'model', source, hooks);
  const name = set.files.length === 1 ? set.files[0]!.name : source.repo;
  let model: LoadedModel;
  try {
    model = await modelFromAny(draft(set.id, name), await readSet(store, set));
  } catch (error) {
    if (!set.facts) await store.delete('model', set.id); // whole, but of no use here
    throw error;
  }
  const summary = summaryOf(model, set, name);
  await store.annotate('model', set.id, { summary, hash: model.hash });
  return Object.assign(model, { summary });
};
