/** A row as a file holds it. Own fields only; a field may be called anything, `__proto__` included. */
export type RowValue = Record<string, unknown>;

export interface GoodRow {
  /** For example `pairs.jsonl, line 12` or `pairs.parquet, row 3`; counted from 1. */
  where: string;
  value: RowValue;
}

/** A row that could not be read, while those after it can. */
export interface BadRow {
  where: string;
  problem: string;
  /** The beginning of what stands there. */
  excerpt: string;
}

export type Row = GoodRow | BadRow;

export const isBad = (row: Row): row is BadRow => 'problem' in row;

export type FileKind = 'json' | 'jsonl' | 'csv' | 'tsv' | 'parquet';

/** Rows of one file, read afresh from its beginning by each call of `rows`. */
export interface RowSource {
  name: string;
  kind: FileKind;
  gzipped: boolean;
  /** Names of the columns, in the order of the file, as far as its first rows tell. */
  columns: string[];
  /** The first good rows, for guessing the format and for a preview. */
  head: GoodRow[];
  /** Rows of the file, where it says so itself. */
  count: number | undefined;
  /** @throws DataError when the file cannot be read further */
  rows(): AsyncGenerator<Row>;
}
