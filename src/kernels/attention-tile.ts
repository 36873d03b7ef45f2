import { gpu, onSoftwareGpu } from '../tf';

/** The threads of a workgroup of one kernel of tiled attention, and what each of them has. */
export interface AttentionTile {
  rows: number;
  /** A multiple of 4. */
  columns: number;
  /** Rows of a thread: 4 or 8. It has 4 columns. */
  deep: number;
}

/** One for each kernel: the forward pass, the queries' gradient, the gradient of keys and values. */
export type AttentionTiles = Record<'forward' | 'query' | 'key', AttentionTile>;

/**
 * What the choice begins with, measured on an NVIDIA H200 (docs/GPU.md). A larger tile reads less; a smaller one makes more workgroups.
 * Eight rows to a thread are three to eight times slower: its registers spill.
 */
const preferred = (size: number): AttentionTiles => {
  const columns = size <= 32 || size > 64 ? 8 : 16;
  return {
    forward: { rows: 8, columns: 8, deep: 4 },
    query: { rows: 8, columns, deep: 4 },
    key: { rows: 8, columns, deep: 4 },
  };
};

/** Threads below which half of a GPU's lanes would idle. */
const LEAST_THREADS = 32;

/** Bytes of workgroup memory: see shaders/tree-attention-tile.wgsl. */
const bytesOf = (size: number, { rows, columns, deep }: AttentionTile, matrices: number): number => {
  const row = columns * Math.ceil(size / 4 / columns) + 1;
  return 16 * ((matrices * deep * rows + 4 * columns) * row + 1.25 * deep * rows * (columns + 1) + 1);
};

/** With fewer rows where memory is short. */
const fitted = (
  size: number,
  bytes: number,
  tile: AttentionTile,
  matrices: number,
): AttentionTile | undefined => {
  const columns = size <= 16 ? 4 : tile.columns; // no more than a row has vectors
  for (let { rows } = tile; rows * columns >= LEAST_THREADS; rows /= 2) {
    const smaller = { ...tile, rows, columns };
    if (bytesOf(size, smaller, matrices) <= bytes) return smaller;
  }
  return undefined;
};

/** The tiles for heads of `size` numbers with so much workgroup memory; undefined where none makes sense. */
export const tilesWithin = (size: number, bytes: number): AttentionTiles | undefined => {
  if (size > 128) return undefined; // too many registers
  const wanted = preferred(size);
  const forward = fitted(size, bytes, wanted.forward, 1);
  const query = fitted(size, bytes, wanted.query, 2);
  const key = fitted(size, bytes, wanted.key, 2);
  return forward && query && key && { forward, query, key };
};

/**
 * The tiles of attention on the current device, for heads of `size` numbers; undefined where the kernels with a thread per
 * query are to be taken: a CPU that plays the GPU gains nothing from workgroup memory.
 */
export const attentionTiles = (size: number): AttentionTiles | undefined =>
  onSoftwareGpu() ? undefined : tilesWithin(size, gpu().device.limits.maxComputeWorkgroupStorageSize);
