import { DataError } from '../data-error';
import { shownText } from '../shown-text';
import type { ByteSource, DataFile } from './byte-source';
import { allBytes, byteSource, firstBytes, randomBytes } from './byte-source';
import { csvRows } from './csv';
import { asUtf8, isUtf8, markedEncoding } from './encoding';
import { fileKind, isBinary } from './file-kind';
import { gunzipped } from './gunzip';
import { readJson } from './json';
import { jsonlRows } from './jsonl';
import { limits } from './limits';
import { openParquet } from './parquet';
import type { FileKind, GoodRow, Row, RowSource } from './row-source';
import { isBad } from './row-source';

const HEAD = 50;

export interface OpenOptions {
  /** Name of the text encoding, for files that are not UTF-8; a byte order mark says more than it does. */
  encoding?: string;
}

async function* counted(name: string, rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  let count = 0;
  for await (const row of rows) {
    if (++count > limits.rows) {
      throw new DataError(
        name,
        `after ${limits.rows} rows`,
        'has more rows than are read; split the file, or set a limit of rows',
      );
    }
    yield row;
  }
}

const readerOf = async (
  kind: FileKind,
  source: ByteSource,
  file: DataFile,
  gzipped: boolean,
): Promise<{ rows: () => AsyncIterable<Row>; columns?: string[]; count?: number }> => {
  switch (kind) {
    case 'jsonl':
      return { rows: () => jsonlRows(source) };
    case 'csv':
      return { rows: () => csvRows(source) };
    case 'tsv':
      return { rows: () => csvRows(source, '\t') };
    case 'json': {
      const rows = await readJson(source);
      return {
        rows: async function* () {
          yield* rows;
        },
        count: rows.length,
      };
    }
    case 'parquet': {
      const held = 'Unpack it first: Parquet is compressed in itself.';
      const random = gzipped
        ? randomBytes({ name: file.name, bytes: await allBytes(source, limits.held, held) })
        : randomBytes(file);
      return openParquet(random);
    }
  }
};

/** Names from the file itself where it has them, else from its first rows. */
const columnsOf = (head: readonly GoodRow[]): string[] => {
  const columns = new Set<string>();
  for (const { value } of head) {
    for (const column of Object.keys(value)) if (columns.size < limits.columns) columns.add(column);
  }
  return [...columns];
};

/**
 * Opens a file of examples: JSON, JSONL, CSV, TSV or Parquet, each also inside gzip. What it is, its content says first
 * and its name second. A byte order mark tells UTF-16.
 * @throws DataError when it is none of these, is damaged at its beginning, or has no row that can be read
 */
export const openRows = async (
  file: DataFile,
  { encoding = 'utf-8' }: OpenOptions = {},
): Promise<RowSource> => {
  const packed = byteSource(file);
  const start = await firstBytes(packed, 64);
  if (start.length === 0) throw new DataError(file.name, '', 'is empty');
  const gzipped = start[0] === 0x1f && start[1] === 0x8b;
  const unpacked = gzipped ? gunzipped(packed) : packed;
  const inside = gzipped ? await firstBytes(unpacked, 8) : start;
  const written = markedEncoding(inside) ?? encoding;
  const source = isBinary(inside) || isUtf8(written) ? unpacked : asUtf8(unpacked, written);
  const name = gzipped ? file.name.replace(/\.gz(ip)?$/i, '') : file.name;
  const kind = fileKind(name, await firstBytes(source, 64 * 1024));
  const { rows, columns, count } = await readerOf(kind, source, file, gzipped);

  const head: GoodRow[] = [];
  let firstBad: Row | undefined;
  let tried = 0;
  for await (const row of rows()) {
    if (isBad(row)) firstBad ??= row;
    else head.push(row);
    if (head.length >= HEAD || ++tried >= 1000) break;
  }
  if (head.length === 0) {
    throw new DataError(
      file.name,
      '',
      firstBad && isBad(firstBad)
        ? `has no row that can be read. The first: ${firstBad.where.slice(shownText(file.name, 120).length + 2)} ${firstBad.problem} (${firstBad.excerpt})`
        : 'has no rows',
    );
  }
  return {
    name: file.name,
    kind,
    gzipped,
    columns: columns ?? columnsOf(head),
    head,
    count,
    rows: () => counted(file.name, rows()),
  };
};
