import { StoreFullError } from '../store/errors';
import type { FileKind, FileSet, FileSetInfo, FileStore, FileWriter } from '../store/files';
import { sizeInWords } from '../util/size';
import {
  chooseAdapterFiles,
  chooseDataFiles,
  chooseModelFiles,
  dataChoices,
  indexFile,
} from './choose-files';
import type { HubFile } from './errors';
import { HubError } from './errors';
import { fetchFile } from './fetch-file';
import type { Listing } from './list-files';
import { fetchJson, listFiles } from './list-files';
import type { HubContext, RetryPolicy } from './patience';
import { defaultPolicy } from './patience';
import type { DownloadProgress } from './progress';
import { createMeter } from './progress';
import type { Repository } from './repository';
import { checkRepository, checkToken, defaultHub, fileUrl } from './repository';

/** What is wanted from a hub. Holds no secret, so a run document may hold it. */
export interface HubRequest {
  kind: FileKind;
  /** `org/name` */
  repo: string;
  /** Branch, tag or commit; `main` by default. */
  revision?: string | undefined;
  /** The GGUF, or the data file, where there are several. */
  file?: string | undefined;
  /** The public Hugging Face hub by default. */
  hub?: string | undefined;
}

export interface HubOptions {
  /** Held in memory for this call, sent to the hub alone. */
  token?: string | undefined;
  /** Cancels at any moment; the promise rejects with its reason. What was fetched stays for another time. */
  signal?: AbortSignal | undefined;
  /** At most ten a second. */
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Sentences for people: a wait, another tab, no room. */
  onNotice?: ((sentence: string) => void) | undefined;
  /** What to do when the browser's estimate says that it will not fit: try, and keep in memory what does not; or refuse. */
  whenFull?: 'memory' | 'refuse' | undefined;
  retry?: Partial<RetryPolicy> | undefined;
}

const contextOf = (repository: Repository, options: HubOptions): HubContext => ({
  token: checkToken(options.token, repository.hub),
  signal: options.signal,
  policy: { ...defaultPolicy, ...options.retry },
  notice: options.onNotice ?? (() => undefined),
});

/** The name of a set among the stored ones: exact, because a commit's files never change. */
const idOf = ({ hub, repo }: Repository, commit: string, file: string | undefined): string => {
  const where = hub === defaultHub ? '' : `${hub.replace(/^https?:\/\//, '')}/`;
  return `${where}${repo}@${commit}${file === undefined ? '' : `/${file}`}`;
};

const choose = async (
  repository: Repository,
  { commit, files }: Listing,
  wanted: string | undefined,
  context: HubContext,
): Promise<{ chosen: HubFile[]; named: string | undefined }> => {
  const { kind, repo } = repository;
  if (kind === 'adapter') return { chosen: chooseAdapterFiles(repo, files), named: undefined };
  if (kind === 'dataset') return chooseDataFiles(repo, files, wanted);
  const readIndex = () => fetchJson(fileUrl(repository, commit, indexFile), repository, context, indexFile);
  const chosen = await chooseModelFiles(repo, files, wanted, readIndex);
  return { chosen, named: chosen.length === 1 ? chosen[0]!.name : undefined };
};

/** What is stored of the repository at this revision or commit, without asking the hub. */
const findStored = async (
  files: FileStore,
  repository: Repository,
  wanted: string | undefined,
): Promise<FileSet | undefined> => {
  const { hub, kind, repo, revision } = repository;
  const sets = (await files.list(kind)).filter(
    ({ id, source }) =>
      source?.hub === hub &&
      source.repo === repo &&
      (source.commit === revision || source.revision === revision) &&
      (wanted === undefined || id === idOf(repository, source.commit, wanted)),
  );
  return wanted === undefined && sets.some(({ files: inside }) => inside.length > 1)
    ? sets.find(({ files: inside }) => inside.length > 1)
    : sets[0];
};

const checkRoom = async (files: FileStore, label: string, missing: number, options: HubOptions) => {
  const room = await files.room();
  if (room === undefined || missing <= room) return;
  const numbers = `${label} needs ${sizeInWords(missing)} of storage and the browser has about ${sizeInWords(room)} left`;
  if (options.whenFull === 'refuse') {
    throw new StoreFullError(`${numbers}. Delete old runs or models in the storage panel, then try again.`);
  }
  options.onNotice?.(`${numbers}; if it does not fit, it is kept in memory until this page is closed.`);
};

const fill = async (
  writer: FileWriter,
  repository: Repository,
  commit: string,
  chosen: readonly HubFile[],
  context: HubContext,
  onProgress: HubOptions['onProgress'],
): Promise<FileSet> => {
  const meter = createMeter(
    chosen.map((file) => ({ ...file, have: writer.have(file.name) })),
    (progress) => onProgress?.(progress),
  );
  let said = '';
  const sayProblem = () => {
    if (writer.problem !== said) context.notice(writer.problem);
    said = writer.problem;
  };
  sayProblem();
  try {
    for (const file of chosen) {
      const at = (position: number) => {
        meter.at(file.name, position);
        sayProblem();
      };
      await fetchFile({ repository, commit, file, writer, context, at });
    }
    context.signal?.throwIfAborted();
    const set = await writer.finish();
    sayProblem();
    return set;
  } catch (error) {
    await writer.flush().catch(() => undefined); // what came so far is worth keeping, and the error more worth telling
    throw error;
  } finally {
    meter.end();
  }
};

/**
 * The files of a model, an adapter or a dataset from a hub: from the store when it holds them at this commit, else
 * downloaded into it. Goes on with what an earlier, broken download left. Never two tabs at once: the second waits.
 * @throws HubError with a message for people (and `choices` when a file must be named); StoreError; the signal's reason
 */
export const downloadFromHub = async (
  files: FileStore,
  wanted: HubRequest,
  options: HubOptions = {},
): Promise<FileSet> => {
  const repository = checkRepository(wanted);
  const { kind, repo, hub, revision } = repository;
  const context = contextOf(repository, options);
  const { signal } = context;
  signal?.throwIfAborted();
  if (/^[0-9a-f]{40}$/.test(revision)) {
    const stored = await findStored(files, repository, wanted.file);
    // One file that nobody named may be one of several: that needs the list.
    if (stored && (wanted.file !== undefined || stored.files.length > 1)) return stored;
  }
  let listing: Listing;
  try {
    listing = await listFiles(repository, context);
  } catch (error) {
    const stored =
      error instanceof HubError && error.problem === 'offline'
        ? await findStored(files, repository, wanted.file)
        : undefined;
    if (!stored) throw error;
    context.notice(`${new URL(hub).host} cannot be reached; ${stored.label} is taken as it was stored.`);
    return stored;
  }
  const { commit } = listing;
  const { chosen, named } = await choose(repository, listing, wanted.file, context);
  const id = idOf(repository, commit, named);
  const whole = await files.manifest(kind, id);
  if (whole) return whole;
  const onWait = () => context.notice(`Another tab is downloading ${repo}; waiting for it.`);
  const release = await files.lock(kind, id, signal ? { signal, onWait } : { onWait });
  try {
    const meanwhile = await files.manifest(kind, id);
    if (meanwhile) return meanwhile;
    const label = `${repo}${named === undefined ? '' : `/${named}`} (${commit.slice(0, 8)})`;
    const info: FileSetInfo = { kind, id, label, files: chosen, source: { hub, repo, revision, commit } };
    const writer = await files.begin(info);
    const missing = chosen.reduce((sum, { name, bytes }) => sum + bytes - writer.have(name), 0);
    try {
      await checkRoom(files, label, missing, options);
    } catch (error) {
      if (chosen.every(({ name }) => writer.have(name) === 0)) await writer.abandon();
      throw error;
    }
    return await fill(writer, repository, commit, chosen, context, options.onProgress);
  } finally {
    release();
  }
};

/**
 * The data files of a dataset repository, the shards of a split as one, for a person to pick from.
 * @throws HubError
 */
export const listDataFiles = async (
  wanted: Omit<HubRequest, 'kind' | 'file'>,
  options: Pick<HubOptions, 'token' | 'signal' | 'onNotice' | 'retry'> = {},
): Promise<Listing> => {
  const repository = checkRepository({ ...wanted, kind: 'dataset' });
  const { commit, files } = await listFiles(repository, contextOf(repository, options));
  return { commit, files: dataChoices(files).map(({ name, bytes }) => ({ name, bytes })) };
};
