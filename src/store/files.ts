/** What a set of files is for. */
export type FileKind = 'model' | 'dataset' | 'adapter';

export interface FileEntry {
  /** May hold folders, with '/'. */
  name: string;
  bytes: number;
  /** Lower-case hexadecimal, where known. */
  sha256?: string;
  /** The strong ETag under which its bytes were served. */
  etag?: string;
}

/** Where a set came from; absent for what a person dropped on the page. */
export interface FileSource {
  hub: string;
  repo: string;
  /** As asked for, for example `main`. */
  revision: string;
  /** What that was then. */
  commit: string;
}

/** Files that belong together: a model's, an adapter's, or one dataset's raw file. */
export interface FileSetInfo {
  kind: FileKind;
  id: string;
  label: string;
  files: FileEntry[];
  source?: FileSource;
  /** What was found out on reading it, for lists: plain data. Set by `annotate`. */
  facts?: Record<string, unknown>;
}

export interface FileSet extends FileSetInfo {
  /** Milliseconds since 1970. */
  updated: number;
  /** False for what lies in memory only and is gone when the page is closed. */
  kept: boolean;
}

/**
 * Writes a set file by file, each from its start to its end. What was written outlives the page, up to the piece in hand,
 * and is found again by `begin` with the same files; nothing is to be seen of the set before `finish`.
 */
export interface FileWriter {
  readonly info: Readonly<FileSetInfo>;
  /** Empty, or why the set lies in memory only from here on (the storage is full), in a sentence. */
  readonly problem: string;
  /** Bytes of the file that are there, from its start. */
  have(name: string): number;
  etag(name: string): string | undefined;
  /** Stored with the file's next piece. */
  note(name: string, facts: { etag?: string; sha256?: string }): void;
  /**
   * Appends. The bytes are copied.
   * @param offset must be `have(name)`
   * @throws StoreError when they do not follow, are more than the file has, or when the set was deleted meanwhile
   */
  write(name: string, offset: number, bytes: Uint8Array): Promise<void>;
  /** What is there of the file, piece by piece, at most 64 MB each. */
  read(name: string): AsyncIterable<Uint8Array>;
  /** Deletes what is there of the file. */
  reset(name: string): Promise<void>;
  /** Stores the piece in hand, so that a later `begin` finds it. */
  flush(): Promise<void>;
  /** Makes the set visible, in place of the one of the same id. @throws StoreError when a file is not whole */
  finish(): Promise<FileSet>;
  /** Deletes all of it. */
  abandon(): Promise<void>;
}

/** Files kept between visits, in chunks of at most 64 MB. */
export interface FileStore {
  /** Goes on with what an earlier writer left, if it was of the same files; deletes that otherwise. Lock the set first. */
  begin(info: FileSetInfo): Promise<FileWriter>;
  /** The newest first. */
  list(kind: FileKind): Promise<FileSet[]>;
  manifest(kind: FileKind, id: string): Promise<FileSet | undefined>;
  /**
   * The whole file in one array made at once; beside it lies at most one chunk. Of a set in memory it is the stored array
   * itself: do not change or transfer it.
   * @throws StoreError when there is no such file, when it is damaged, or when memory does not suffice
   */
  readFile(kind: FileKind, id: string, name: string): Promise<Uint8Array>;
  /** The file without holding it in this page's memory. */
  readBlob(kind: FileKind, id: string, name: string): Promise<Blob>;
  /** Keeps facts with a stored set, in place of earlier ones; does nothing when there is no such set. */
  annotate(kind: FileKind, id: string, facts: Record<string, unknown>): Promise<void>;
  delete(kind: FileKind, id: string): Promise<void>;
  /** Deletes what an unfinished writer left. @throws StoreError when another tab is writing it */
  deleteUnfinished(kind: FileKind, id: string): Promise<void>;
  /** Bytes that the browser would still take; undefined where it does not say. An estimate, often a generous one. */
  room(): Promise<number | undefined>;
  /**
   * Until the returned function is called no other tab (and no other caller here) has the lock of this set.
   * @param options.onWait called once if another has it
   * @throws the signal's reason when it is aborted before the lock is had
   */
  lock(
    kind: FileKind,
    id: string,
    options?: { signal?: AbortSignal; onWait?: () => void },
  ): Promise<() => void>;
}

/** What a set is called among others of all kinds. */
export const fileSetKey = (kind: FileKind, id: string): string => `${kind}:${id}`;

/** The inverse of `fileSetKey`. */
export const parseFileSetKey = (key: string): [FileKind, string] => {
  const colon = key.indexOf(':');
  return [key.slice(0, colon) as FileKind, key.slice(colon + 1)];
};

/** Whether parts stored for `a` are parts of `b`. */
export const sameFiles = (a: readonly FileEntry[], b: readonly FileEntry[]): boolean =>
  a.length === b.length &&
  a.every(({ name, bytes, sha256 }, i) => {
    const other = b[i]!;
    return name === other.name && bytes === other.bytes && (!other.sha256 || sha256 === other.sha256);
  });
