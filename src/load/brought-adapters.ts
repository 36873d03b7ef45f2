/** Adapters that a person brings, in PEFT's files. */
import type { AdapterSummary, GivenFile, HubSource } from '../../workers/protocol';
import { linearModules } from '../model/linear-modules';
import { LoraError } from '../model/lora';
import type { PeftAdapter } from '../model/peft';
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, readPeftAdapter } from '../model/peft';
import type { FileSet, FileStore } from '../store/files';
import { keepFiles } from '../store/keep-files';
import { sha256Hex } from '../util/hash';
import type { BringHooks } from './brought-models';
import { fetchSet, givenBlobs } from './brought-models';
import type { LoadedModel } from './loaded-model';

const summaryOf = (set: FileSet, name: string, { settings, baseModel }: PeftAdapter): AdapterSummary => ({
  id: set.id,
  name,
  rank: settings.rank,
  alpha: settings.alpha,
  targetModules: settings.targetModules,
  baseModel,
  kept: set.kept,
});

/** By their plain names, whatever folder they were in. */
const plainNames = <T>(files: ReadonlyMap<string, T>): Map<string, T> =>
  new Map([...files].map(([name, value]) => [name.slice(name.lastIndexOf('/') + 1), value]));

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);

/**
 * The files of the one adapter among these, by their plain names: those of the outermost folder that has any. A training
 * run's folder holds its checkpoints below the adapter that came out.
 */
const oneAdapter = <T>(files: ReadonlyMap<string, T>): { folder: string; files: Map<string, T> } => {
  const own = [...files].filter(([name]) =>
    /(^|\/)adapter_(config\.json|model\.(safetensors|bin))$/.test(name),
  );
  const folders = [...new Set(own.map(([name]) => folderOf(name)))];
  const depth = (folder: string) => folder.split('/').length;
  const least = Math.min(...folders.map(depth));
  const outermost = folders.filter((folder) => depth(folder) === least);
  if (outermost.length > 1) {
    throw new LoraError(
      `There are ${outermost.length} adapters here (${outermost.slice(0, 5).join(', ')}). Choose the folder of one of them.`,
    );
  }
  const folder = outermost[0] ?? '';
  return { folder, files: plainNames(new Map(own.filter(([name]) => folderOf(name) === folder))) };
};

const readSet = async (store: FileStore, set: FileSet) => {
  const files = new Map<string, Uint8Array>();
  for (const { name } of set.files) files.set(name, await store.readFile('adapter', set.id, name));
  return oneAdapter(files).files;
};

export const listAdapters = async (store: FileStore): Promise<AdapterSummary[]> =>
  (await store.list('adapter')).flatMap((set) => {
    const summary = set.facts?.['summary'] as AdapterSummary | undefined;
    return summary ? { ...summary, kept: set.kept } : [];
  });

/** A stored adapter for this model. @throws LoraError when it is not for this model, Error when there is none */
export const loadStoredAdapter = async (
  store: FileStore,
  id: string,
  model: LoadedModel,
): Promise<PeftAdapter> => {
  const set = await store.manifest('adapter', id);
  if (!set) throw new Error(`adapter.from: there is no stored adapter "${id}"; add its files first.`);
  return readPeftAdapter(await readSet(store, set), linearModules(model.config));
};

/** Reads an adapter's two files for a model, and keeps them. @throws LoraError; nothing is kept then */
export const addAdapter = async (
  store: FileStore,
  given: readonly GivenFile[],
  model: LoadedModel,
): Promise<AdapterSummary> => {
  const { folder, files: wanted } = oneAdapter(givenBlobs(given));
  const bytes = new Map<string, Uint8Array>();
  for (const [name, blob] of wanted) bytes.set(name, new Uint8Array(await blob.arrayBuffer()));
  const adapter = readPeftAdapter(bytes, linearModules(model.config));
  const hash = await sha256Hex([bytes.get(ADAPTER_CONFIG)!, bytes.get(ADAPTER_WEIGHTS)!]);
  const name = folder.split('/').at(-2) ?? `adapter for ${model.summary.name}`;
  const id = `adapter-${hash.slice(0, 16)}`;
  const set =
    (await store.manifest('adapter', id)) ??
    (await keepFiles(store, { kind: 'adapter', id, label: name }, wanted));
  const summary = summaryOf(set, name, adapter);
  await store.annotate('adapter', id, { summary });
  return summary;
};

/** The same from a hub. */
export const addHubAdapter = async (
  store: FileStore,
  source: HubSource,
  model: LoadedModel,
  hooks: BringHooks,
): Promise<AdapterSummary> => {
  const set = await fetchSet(store, 'adapter', source, hooks);
  let adapter: PeftAdapter;
  try {
    adapter = readPeftAdapter(await readSet(store, set), linearModules(model.config));
  } catch (error) {
    if (!set.facts) await store.delete('adapter', set.id);
    throw error;
  }
  const summary = summaryOf(set, source.repo, adapter);
  await store.annotate('adapter', set.id, { summary });
  return summary;
};
