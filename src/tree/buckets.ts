/**
 * The next of 16, 24, 32, 48, 64, 96, ... (2^k and 1.5 * 2^k) that holds n. The GPU buffer pool reuses exact sizes
 * only, so lengths that change from batch to batch are rounded up to few values; at most a third is padding.
 */
export const bucketSize = (n: number): number => {
  let size = 16;
  while (size < n) {
    if (size * 1.5 >= n) return size * 1.5;
    size *= 2;
  }
  return size;
};
