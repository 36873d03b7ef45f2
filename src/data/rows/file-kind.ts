import { DataError } from '../data-error';
import { JsonProblem, parseJson } from './parse-json';
import type { FileKind } from './row-source';

const startsWith = (bytes: Uint8Array, ...start: number[]) => start.every((b, i) => bytes[i] === b);

const isJson = (text: string): boolean => {
  try {
    parseJson(text);
    return true;
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    return false;
  }
};

/** Beginnings of files that are no text, and why all but one are refused. */
const binaryKinds: { begins: number[]; refuse?: string }[] = [
  { begins: [0x50, 0x41, 0x52, 0x31] },
  { begins: [0x50, 0x4b, 3, 4], refuse: 'is a zip archive; unpack it and give the file inside' },
  {
    begins: [0x28, 0xb5, 0x2f, 0xfd],
    refuse: 'is packed with Zstandard; unpack it, or pack it with gzip',
  },
  { begins: [0x1f, 0x8b], refuse: 'is packed with gzip twice; unpack it once' },
  {
    begins: [...'ARROW1'].map((c) => c.charCodeAt(0)),
    refuse: 'is an Arrow file; save it as Parquet or JSONL',
  },
];

/** Whether a file that begins like this is no text in any encoding. */
export const isBinary = (start: Uint8Array): boolean =>
  binaryKinds.some(({ begins }) => startsWith(start, ...begins));

/**
 * What a file is, by its first bytes, and by its name where they leave it open.
 * @param start the first 64 KiB, or all there is
 * @throws DataError for what is certainly something else
 */
export const fileKind = (name: string, start: Uint8Array): FileKind => {
  const refuse = (what: string): never => {
    throw new DataError(name, '', what);
  };
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  const binary = binaryKinds.find(({ begins }) => startsWith(start, ...begins));
  if (binary?.refuse !== undefined) refuse(binary.refuse);
  if (binary) return 'parquet';
  const text = new TextDecoder('utf-8').decode(start).trimStart();
  if (ending === 'csv' || ending === 'tsv') return ending;
  if (text.startsWith('[')) return 'json';
  if (text.startsWith('{')) {
    const firstLine = /^[^\n]*(?=\n\s*\S)/.exec(text)?.[0];
    if (firstLine !== undefined && isJson(firstLine)) return 'jsonl';
    if (ending === 'jsonl' || ending === 'ndjson') return 'jsonl';
    return firstLine !== undefined || ending === 'json' ? 'json' : 'jsonl';
  }
  if (ending === 'jsonl' || ending === 'ndjson') return 'jsonl';
  if (ending === 'json') return 'json';
  if (ending === 'parquet') refuse('is named .parquet, but does not begin with "PAR1"; fetch it again');
  const firstLine = text.slice(0, text.search(/[\r\n]|$/));
  if (firstLine.includes('\t')) return 'tsv';
  if (/[,;|]/.test(firstLine)) return 'csv';
  return refuse('is not JSON, JSONL, CSV, TSV or Parquet, as far as its beginning tells');
};
