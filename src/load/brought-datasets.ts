/** Files of examples that a person brings: the head is read to say what they look like, then they are kept as they are. */
import type { DatasetSummary, GivenFile, HubSource } from '../../workers/protocol';
import { DataError } from '../data/data-error';
import { detectFormat } from '../data/formats/detect';
import type { PreparedDataset } from '../data/prepare/prepare';
import { prepareDataset } from '../data/prepare/prepare';
import { needsOf } from '../data/prepare/shape';
import type { RowSource } from '../data/rows/row-source';
import { shownText } from '../data/shown-text';
import type { ChatTemplate } from '../data/text/chat-template';
import { readChatTemplate } from '../data/text/read-chat-template';
import { listDataFiles } from '../hub/download';
import type { Method } from '../methods/method';
import type { Pass } from '../methods/pass';
import { ownSource } from '../methods/pass';
import type { FileSet, FileStore } from '../store/files';
import { keepFiles } from '../store/keep-files';
import { withNamedTokens } from '../tokenizer/merge-files';
import type { RunDocument } from '../train/run-document';
import { sha256Hex } from '../util/hash';
import { createSha256 } from '../util/sha256';
import type { BringHooks } from './brought-models';
import { fetchSet } from './brought-models';
import { lookAt, openDataset, readGiven } from './given-dataset';
import type { LoadedModel } from './loaded-model';

const PIECE = 8 * 1024 * 1024;

const hashOf = async (blob: Blob, signal: AbortSignal): Promise<string> => {
  const hash = createSha256();
  for (let start = 0; start < blob.size; start += PIECE) {
    signal.throwIfAborted();
    hash.update(new Uint8Array(await blob.slice(start, start + PIECE).arrayBuffer()));
  }
  return hash.hex();
};

const summaryOf = (
  set: FileSet,
  { source, utf8, notices = [] }: { source: RowSource; utf8: boolean; notices?: string[] },
): DatasetSummary => {
  let detected: { format: string | undefined; why: string; mapping: DatasetSummary['mapping'] };
  try {
    detected = detectFormat(source);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    detected = { format: undefined, why: error.message, mapping: {} };
  }
  return {
    id: set.id,
    name: set.label,
    bytes: set.files.reduce((sum, file) => sum + file.bytes, 0),
    columns: source.columns,
    rows: source.count,
    format: detected.format,
    why: detected.why,
    mapping: detected.mapping,
    notices,
    utf8,
    kept: set.kept,
  };
};

export const listDatasets = async (store: FileStore): Promise<DatasetSummary[]> =>
  (await store.list('dataset')).flatMap((set) => {
    const summary = set.facts?.['summary'] as DatasetSummary | undefined;
    return summary ? { ...summary, kept: set.kept } : [];
  });

const openSet = async (store: FileStore, set: FileSet, encoding?: string): Promise<RowSource> => {
  const blobs = new Map<string, Blob>();
  for (const { name } of set.files) blobs.set(name, await store.readBlob('dataset', set.id, name));
  return openDataset(set.label, blobs, encoding);
};

const idOf = async (files: ReadonlyMap<string, Blob>, signal: AbortSignal): Promise<string> => {
  const byHash = new Map<string, string>();
  for (const [path, blob] of files) {
    const hash = await hashOf(blob, signal);
    const same = byHash.get(hash);
    if (same !== undefined) {
      throw new DataError(path, '', `holds the same as ${shownText(same, 120)}; give each file once`);
    }
    byHash.set(hash, path);
  }
  const hashes = [...byHash.keys()];
  const hash = hashes.length === 1 ? hashes[0]! : await sha256Hex([hashes.join('\n')]);
  return `data-${hash.slice(0, 20)}`;
};

/**
 * Reads the head of a file, or of the files that make up one dataset, and keeps them.
 * @throws DataError when one cannot be read; nothing is kept then
 */
export const addDataset = async (
  store: FileStore,
  given: GivenFile | readonly GivenFile[],
  { signal }: Pick<BringHooks, 'signal'>,
): Promise<DatasetSummary> => {
  const found = await readGiven(given);
  const { label, files } = found;
  const id = await idOf(files, signal);
  const set =
    (await store.manifest('dataset', id)) ??
    (await keepFiles(store, { kind: 'dataset', id, label }, files, { signal }));
  const summary = summaryOf(set, found);
  await store.annotate('dataset', id, { summary });
  return summary;
};

export const hubDataFiles = async ({ token, ...source }: HubSource, signal: AbortSignal) =>
  (await listDataFiles(source, { token, signal })).files.map(({ name, bytes }) => ({ name, bytes }));

/** The same from a hub. @throws HubError, or DataError when the file cannot be read; it is not kept then */
export const addHubDataset = async (
  store: FileStore,
  source: HubSource,
  hooks: BringHooks,
): Promise<DatasetSummary> => {
  const set = await fetchSet(store, 'dataset', source, hooks);
  let found: Awaited<ReturnType<typeof lookAt>>;
  try {
    found = await lookAt((encoding) => openSet(store, set, encoding));
  } catch (error) {
    if (!set.facts) await store.delete('dataset', set.id);
    throw error;
  }
  const summary = summaryOf(set, found);
  await store.annotate('dataset', set.id, { summary });
  return summary;
};

/**
 * A model's chat template with the special tokens that it may name: those that the files of the tokenizer name, and the
 * end of a text, which every tokenizer here has.
 */
export const chatTemplateOf = ({ chatTemplate, tokenizer, files }: LoadedModel): ChatTemplate | undefined => {
  if (chatTemplate === undefined) return undefined;
  const json = (name: string): unknown => JSON.parse(files[name] ?? '{}');
  const named = withNamedTokens(json('tokenizer_config.json'), json('special_tokens_map.json'));
  const read = readChatTemplate(named, chatTemplate);
  if (!read) return undefined;
  const specialTokens = { eos_token: tokenizer.token(tokenizer.eos), ...read.specialTokens };
  return { ...read, specialTokens };
};

/** @throws Error when the method learns from images, or a pass makes trees of its own of the built-in problems */
export const checkTakesDataset = (method: Method, document: RunDocument): void => {
  const passes = document.data.dataset ? method.passes(document.method.params) : [];
  if (passes.some(({ objective }) => objective.reads.latents)) {
    throw new Error(
      `data.dataset: ${method.name} learns from images that a model draws, and a file of examples has texts; train it on the built-in images, or choose another method for the file.`,
    );
  }
  const judges = (pass: Pass) => {
    const own = ownSource(pass);
    return own !== undefined && !own.unjudged;
  };
  const pass = passes.find(judges);
  if (!pass) return;
  throw new Error(
    `data.dataset: ${method.name} answers new problems in "${pass.label}", and a file of examples has none that could be judged; train it on the built-in problems, or choose another method for the file.`,
  );
};

export interface DatasetHooks {
  progress: (rows: number, total: number | undefined) => void;
  signal: AbortSignal;
}

/** The trees and the report of the dataset that a document names. @throws DataError, or Error when there is none */
export const prepareDocument = async (
  store: FileStore,
  document: RunDocument,
  method: Method,
  model: LoadedModel,
  hooks: DatasetHooks,
): Promise<PreparedDataset> => {
  const { dataset } = document.data;
  if (!dataset) throw new Error('data.dataset: is null; choose a file of examples first.');
  const set = await store.manifest('dataset', dataset.id);
  if (!set) throw new Error(`data.dataset.id: there is no stored file "${dataset.id}"; add it first.`);
  checkTakesDataset(method, document);
  return prepareDataset({
    source: await openSet(store, set, dataset.settings.encoding),
    settings: dataset.settings,
    tokenizer: model.tokenizer,
    template: chatTemplateOf(model),
    method: needsOf(method, document.method.params),
    seed: document.seed,
    contextLength: model.config.maxPositions,
    ...hooks,
  });
};
