import type { Compressors, FileMetaData, RowGroup, SchemaTree } from 'hyparquet';
import { DataError, reasonOf } from '../data-error';
import { shownText } from '../shown-text';
import type { RandomBytes } from './byte-source';
import { inBytes, limits } from './limits';
import type { ColumnChunk, Unpack } from './parquet-pages';
import { checkPages } from './parquet-pages';
import { plainRow, textOrBytes } from './plain-value';
import type { Row } from './row-source';
import type { ThriftValue } from './thrift';
import { fieldNumber, readThrift } from './thrift';

interface Opened {
  metadata: FileMetaData;
  columns: string[];
  count: number;
  rows(): AsyncGenerator<Row>;
}

const MAX_FOOTER = 64 * 1024 * 1024;

/** The schema is a tree written depth-first; the decoder walks it by the numbers of parts it gives, whatever they are. */
const checkSchema = (schema: readonly ThriftValue[], bad: (reason: string) => never): void => {
  if (schema.length > limits.columns * 8) bad(`its schema has ${schema.length} elements`);
  /** Of each open element: parts that are still to come. */
  const open: number[] = [];
  for (const [i, element] of schema.entries()) {
    const parts = element instanceof Map ? (fieldNumber(element, 5) ?? 0) : -1;
    if (parts < 0 || parts >= schema.length) bad(`a column of its schema has ${parts} parts`);
    if (open.length > 0) open[open.length - 1]! -= 1;
    else if (i > 0) bad('its schema has more elements than parts');
    open.push(parts);
    if (open.length > limits.depth) bad(`its schema nests more than ${limits.depth} deep`);
    while (open.at(-1) === 0) open.pop();
  }
  if (open.length > 0) bad('its schema ends too early');
};

/** The footer's bytes, their own length and the closing mark included, after a look at every length in them. */
const readFooter = async (file: RandomBytes): Promise<Uint8Array<ArrayBuffer>> => {
  const bad = (reason: string): never => {
    throw new DataError(file.name, 'footer', `${reason}; the file is damaged or cut short`);
  };
  if (file.size < 12) bad(`${file.size} bytes are too few for Parquet`);
  const tail = await file.slice(file.size - 8, file.size);
  const view = new DataView(tail.buffer);
  if (view.getUint32(4, true) !== 0x31524150) bad('"PAR1" is missing at the end');
  const length = view.getUint32(0, true);
  if (length > file.size - 12) bad(`it is said to have ${length} bytes, and the file has ${file.size}`);
  if (length > MAX_FOOTER) bad(`it has ${inBytes(length)}`);
  const footer = await file.slice(file.size - 8 - length, file.size);
  const schema = readThrift({ view: new DataView(footer.buffer, 0, length), at: 0 }).get(2);
  if (!Array.isArray(schema)) return bad('it has no schema');
  checkSchema(schema, bad);
  return footer;
};

/** Of each leaf by its path: how deep its lists and optional parts go. */
const levelsOf = (tree: SchemaTree): Map<string, { maxRepetition: number; maxDefinition: number }> => {
  const levels = new Map<string, { maxRepetition: number; maxDefinition: number }>();
  const visit = (node: SchemaTree, repetition: number, definition: number) => {
    const kind = node.element.repetition_type;
    const isRoot = node.path.length === 0;
    const r = repetition + (!isRoot && kind === 'REPEATED' ? 1 : 0);
    const d = definition + (!isRoot && kind !== 'REQUIRED' ? 1 : 0);
    if (node.children.length === 0) levels.set(node.path.join('.'), { maxRepetition: r, maxDefinition: d });
    for (const child of node.children) visit(child, r, d);
  };
  visit(tree, 0, 0);
  return levels;
};

const unpackWith =
  (compressors: Compressors): Unpack =>
  (codec, input, length) => {
    if (codec === 'UNCOMPRESSED') return input;
    const unpack = Object.hasOwn(compressors, codec) ? compressors[codec as keyof Compressors] : undefined;
    if (!unpack) throw new Error(`the compression ${codec} is not known`);
    return unpack(input, length);
  };

/** @throws when any page of the row group asks for more than is there */
const checkGroup = async (
  file: RandomBytes,
  group: RowGroup,
  levels: ReturnType<typeof levelsOf>,
  unpack: Unpack,
): Promise<void> => {
  let unpacked = 0;
  let values = 0;
  let bytes = 0;
  const rowCount = Number(group.num_rows);
  if (group.columns.length === 0) throw new Error(`${rowCount} rows are said to have no column`);
  for (const { meta_data: column, file_path } of group.columns) {
    if (!column) throw new Error('a column lacks its description');
    if (file_path) throw new Error('a column lies in another file');
    const path = column.path_in_schema.join('.');
    const own = levels.get(path);
    if (!own) throw new Error(`the column "${shownText(path, 40)}" is not in the schema`);
    const data = Number(column.data_page_offset);
    const dictionary = Number(column.dictionary_page_offset ?? 0);
    const start = dictionary > 0 && dictionary < data ? dictionary : data;
    const length = Number(column.total_compressed_size);
    if (!(start >= 4 && length >= 0 && start + length <= file.size)) {
      throw new Error(
        `the column "${shownText(path, 40)}" is said to lie at bytes ${start} to ${start + length} of ${file.size}`,
      );
    }
    const chunk: ColumnChunk = {
      bytes: await file.slice(start, start + length),
      codec: column.codec,
      isBoolean: column.type === 'BOOLEAN',
      ...own,
    };
    const found = checkPages(chunk, unpack, unpacked);
    unpacked += found.unpacked;
    values += found.values;
    bytes += length;
    if (values > 1_000_000 + bytes * limits.ratio) {
      throw new Error(`${bytes} bytes are said to hold ${values} values`);
    }
    const isFlat = own.maxRepetition === 0;
    if (isFlat ? found.values !== rowCount : found.values < rowCount) {
      throw new Error(`the column "${shownText(path, 40)}" has ${found.values} values for ${rowCount} rows`);
    }
  }
};

/**
 * Opens a Parquet file; of its rows one row group is held at a time. Compressed pages are unpacked twice: once to check
 * the lengths in them, which the decoder takes on trust.
 * @throws DataError, also later from `rows`
 */
export const openParquet = async (file: RandomBytes): Promise<Opened> => {
  const [{ parquetMetadata, parquetReadObjects, parquetSchema }, { compressors: others, decompressZstd }] =
    await Promise.all([import('hyparquet'), import('hyparquet-compressors')]);
  // Left alone, its Zstandard takes the length from the data instead of the checked header.
  const compressors: Compressors = {
    ...others,
    ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
  };
  // The library's own would put U+FFFD where a text is damaged.
  const parsers = { stringFromBytes: (bytes: Uint8Array | undefined) => bytes && textOrBytes(bytes) };
  const guard = async <T>(place: string, work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DataError) throw error;
      throw new DataError(file.name, place, `cannot be read as Parquet: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  };
  const { metadata, tree, levels } = await guard('footer', async () => {
    const metadata = parquetMetadata(await readFooter(file), { geoparquet: false });
    const tree = parquetSchema(metadata);
    return { metadata, tree, levels: levelsOf(tree) };
  });
  const counts = metadata.row_groups.map((group) => Number(group.num_rows));
  const count = counts.reduce((sum, n) => sum + n, 0);
  if (!counts.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new DataError(file.name, 'footer', 'a row group has no whole number of rows; the file is damaged');
  }
  if (tree.children.length > limits.columns) {
    throw new DataError(
      file.name,
      'footer',
      `has ${tree.children.length} columns; at most ${limits.columns} are read`,
    );
  }
  // Columns that share their bytes would let a small file ask for any amount of work.
  const packed = metadata.row_groups.flatMap((group) =>
    group.columns.map(({ meta_data }) => Number(meta_data?.total_compressed_size ?? 0)),
  );
  if (packed.reduce((sum, n) => sum + Math.max(0, n), 0) > file.size) {
    throw new DataError(file.name, 'footer', 'its columns are larger than the file; the file is damaged');
  }
  const unpack = unpackWith(compressors);
  const buffer = {
    byteLength: file.size,
    slice: async (start: number, end = file.size) => (await file.slice(start, end)).buffer,
  };
  return {
    metadata,
    columns: tree.children.map((child) => child.element.name),
    count,
    async *rows() {
      let start = 0;
      for (const [g, group] of metadata.row_groups.entries()) {
        const size = counts[g]!;
        if (size === 0) continue;
        const rows = await guard(`row group ${g + 1}`, async () => {
          await checkGroup(file, group, levels, unpack);
          return parquetReadObjects({
            file: buffer,
            metadata,
            compressors,
            parsers,
            rowStart: start,
            rowEnd: start + size,
          });
        });
        for (const [i, row] of rows.entries()) {
          const where = `${shownText(file.name, 120)}, row ${start + i + 1}`;
          yield plainRow(where, row);
        }
        start += size;
      }
    },
  };
};
