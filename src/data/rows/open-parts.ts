import type { DataFile } from './byte-source';
import type { OpenOptions } from './open-rows';
import { openRows } from './open-rows';
import type { RowSource } from './row-source';

/** Rows of each file that the format is told from, where there are several. */
const HEAD = 20;

/**
 * Opens the files of one dataset, such as its shards, as one: the rows of the first, then those of the second, and so on.
 * @throws DataError as `openRows` does, naming the file
 */
export const openParts = async (
  name: string,
  files: readonly [DataFile, ...DataFile[]],
  options?: OpenOptions,
): Promise<RowSource> => {
  const [only, ...others] = files;
  const first = await openRows(only, options);
  if (others.length === 0) return first;
  const parts = [first];
  for (const file of others) parts.push(await openRows(file, options));
  const counts = parts.map(({ count }) => count);
  return {
    ...first,
    name,
    columns: [...new Set(parts.flatMap(({ columns }) => columns))],
    head: parts.flatMap(({ head }) => head.slice(0, HEAD)),
    count: counts.every((count) => count !== undefined)
      ? counts.reduce<number>((sum, count) => sum + count!, 0)
      : undefined,
    async *rows() {
      for (const part of parts) yield* part.rows();
    },
  };
};
