/** What a data file may ask of this machine. Each limit has a message of its own where it is reached. */
export const limits = {
  /** Rows of a file. */
  rows: 2_000_000,
  /** Columns of a row. */
  columns: 2_000,
  /** Bytes of one line of JSONL, characters of one row of CSV. */
  line: 16 * 1024 * 1024,
  /** Lists and objects inside each other. */
  depth: 64,
  /** Bytes of a JSON file, which is read as a whole. */
  json: 256 * 1024 * 1024,
  /** Bytes of a Parquet file that lies inside gzip and must be held as a whole. */
  held: 1024 * 1024 * 1024,
  /** Bytes that come out of one gzip file. */
  unpacked: 2 * 1024 * 1024 * 1024,
  /** Times that unpacked data may be longer than what it was packed into, past the first `ratioFrom` bytes. */
  ratio: 1000,
  ratioFrom: 16 * 1024 * 1024,
  /** Bytes of one Parquet page, unpacked. */
  page: 256 * 1024 * 1024,
  /** Bytes of one Parquet row group, unpacked. */
  rowGroup: 1024 * 1024 * 1024,
} as const;

/** For messages: 16 MiB, 2 GiB. */
export const inBytes = (count: number): string =>
  count >= 1 << 30
    ? `${+(count / (1 << 30)).toFixed(1)} GiB`
    : count >= 1 << 20
      ? `${+(count / (1 << 20)).toFixed(1)} MiB`
      : `${count} bytes`;
