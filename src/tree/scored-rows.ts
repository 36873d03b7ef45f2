import type { PackedBatch } from './packed-batch';

/**
 * Per tree of a batch, the rows that predict a scored token: indices into `entries.rows`, ascending. The same tree has the
 * same rows in whatever batch it is packed.
 */
export const scoredRows = ({ entries, trees }: PackedBatch): number[][] => {
  const scored = new Uint8Array(entries.rows.length);
  for (let m = 0; m < entries.used; m++) scored[entries.row[m]!] = 1;
  return trees.map(({ tokenStart, tokenEnd }) => {
    const own: number[] = [];
    entries.rows.forEach((position, r) => {
      if (scored[r] && position >= tokenStart && position < tokenEnd) own.push(r);
    });
    return own;
  });
};

/**
 * Cuts values of a batch's rows into one array per tree, of its scored rows alone.
 * @param values [R, width]
 */
export const unpackRowValues = (batch: PackedBatch, values: Float32Array, width: number): Float32Array[] =>
  scoredRows(batch).map((rows) => {
    const own = new Float32Array(rows.length * width);
    rows.forEach((r, i) => void own.set(values.subarray(r * width, (r + 1) * width), i * width));
    return own;
  });

/**
 * The inverse: [R, width] from per-tree arrays in the order of the batch's trees, zeros on rows that score nothing.
 * @throws Error when an array does not have a value for each scored row of its tree
 */
export const joinRowValues = (
  batch: PackedBatch,
  perTree: readonly Float32Array[],
  width: number,
): Float32Array => {
  const values = new Float32Array(batch.entries.rows.length * width);
  scoredRows(batch).forEach((rows, t) => {
    const own = perTree[t]!;
    if (own.length !== rows.length * width) {
      throw new Error(
        `joinRowValues: tree "${batch.trees[t]!.id}" has ${rows.length} scored rows of ${width}, but ${own.length} values were given.`,
      );
    }
    rows.forEach((r, i) => void values.set(own.subarray(i * width, (i + 1) * width), r * width));
  });
  return values;
};
