import type { GivenFile } from '../../../workers/protocol';

/** More than any model has; a folder with more was dropped by mistake. */
const MAX_FILES = 2000;

/** Files of a file or folder input, by their path within the folder. */
export const filesOfInput = (input: HTMLInputElement): GivenFile[] =>
  [...(input.files ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, data: file }));

const entriesOf = (folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> => {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  return new Promise((resolve, reject) => {
    // A reader gives a part at each call, and nothing once it is done.
    const more = () =>
      reader.readEntries((some) => {
        if (some.length === 0) return resolve(all);
        all.push(...some);
        more();
      }, reject);
    more();
  });
};

const collect = async (entry: FileSystemEntry, into: GivenFile[]): Promise<void> => {
  if (into.length >= MAX_FILES)
    throw new Error(`There are more than ${MAX_FILES} files in it; give the folder of one model.`);
  if (entry.isDirectory) {
    for (const inner of await entriesOf(entry as FileSystemDirectoryEntry)) await collect(inner, into);
    return;
  }
  const file = await new Promise<File>((resolve, reject) =>
    (entry as FileSystemFileEntry).file(resolve, reject),
  );
  into.push({ name: entry.fullPath.replace(/^\//, ''), data: file });
};

/**
 * What was dropped, folders with all that is in them.
 * @throws when a file cannot be read, or there are too many
 */
export const filesOfDrop = async (transfer: DataTransfer): Promise<GivenFile[]> => {
  // The list is emptied as soon as the event is over: everything is taken from it before the first wait.
  const plain = [...transfer.files];
  const entries = [...transfer.items].flatMap((item) => {
    const entry = item.kind === 'file' ? item.webkitGetAsEntry?.() : null;
    return entry ? [entry] : [];
  });
  if (entries.length === 0) return plain.map((file) => ({ name: file.name, data: file }));
  const files: GivenFile[] = [];
  for (const entry of entries) await collect(entry, files);
  return files;
};
