/** What a person gives as one dataset, before anything is kept of it: which files, what they are called, what is in them. */
import type { GivenFile } from '../../workers/protocol';
import { DataError } from '../data/data-error';
import type { DataFile } from '../data/rows/byte-source';
import { chooseParts, missingShards } from '../data/rows/choose-parts';
import { notUtf8 } from '../data/rows/encoding';
import { openParts } from '../data/rows/open-parts';
import type { RowSource } from '../data/rows/row-source';
import { shownText } from '../data/shown-text';
import { givenBlobs } from './brought-models';

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The files by the names that messages call them: without folders where that leaves them apart. */
const dataFiles = (files: ReadonlyMap<string, Blob>): [DataFile, ...DataFile[]] => {
  const short = new Set([...files.keys()].map(baseName)).size === files.size;
  const all = [...files].map(([path, bytes]) => ({ name: short ? baseName(path) : path, bytes }));
  if (!all[0]) throw new DataError('the dataset', '', 'has no file');
  return [all[0], ...all.slice(1)];
};

/** The rows of a dataset's files. @throws DataError */
export const openDataset = async (
  label: string,
  files: ReadonlyMap<string, Blob>,
  encoding?: string,
): Promise<RowSource> => openParts(label, dataFiles(files), encoding === undefined ? {} : { encoding });

/** Western text, which any bytes are: good enough to see the columns by. */
const ANY_BYTES = 'windows-1252';

/** Opens files to see what they are. Text that is not UTF-8 can be kept all the same: the person may name its encoding. */
export const lookAt = async (
  open: (encoding?: string) => Promise<RowSource>,
): Promise<{ source: RowSource; utf8: boolean }> => {
  try {
    return { source: await open(), utf8: true };
  } catch (error) {
    if (!(error instanceof DataError) || !error.reason.includes(notUtf8)) throw error;
    return { source: await open(ANY_BYTES), utf8: false };
  }
};

const labelOf = (parts: readonly string[]): string => {
  const first = parts[0]!;
  if (parts.length === 1) return baseName(first);
  const folder = first.includes('/') ? first.slice(0, first.indexOf('/')) : undefined;
  return folder ? `${folder} (${parts.length} files)` : `${baseName(first)} and ${parts.length - 1} more`;
};

export interface GivenDataset {
  label: string;
  /** By path. */
  files: ReadonlyMap<string, Blob>;
  source: RowSource;
  utf8: boolean;
  /** What the person should know of the files, in sentences. */
  notices: string[];
}

/**
 * Reads the head of a file, or of the files that make up one dataset.
 * @throws DataError when one cannot be read
 */
export const readGiven = async (given: GivenFile | readonly GivenFile[]): Promise<GivenDataset> => {
  const blobs = givenBlobs('name' in given ? [given] : given);
  const { parts, leftOut } = chooseParts([...blobs.keys()]);
  const files = new Map(parts.map((path) => [parts.length === 1 ? baseName(path) : path, blobs.get(path)!]));
  const label = labelOf(parts);
  const { source, utf8 } = await lookAt((encoding) => openDataset(label, files, encoding));
  const notices = missingShards(parts);
  if (leftOut.length > 0) {
    const named = leftOut.slice(0, 12).map((path) => shownText(path, 60));
    const more = leftOut.length > named.length ? ` and ${leftOut.length - named.length} more` : '';
    notices.push(`Left out, being no files of examples: ${named.join(', ')}${more}.`);
  }
  return { label, files, source, utf8, notices };
};
