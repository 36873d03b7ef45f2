import { gpu, onSoftwareGpu } from '../tf';

/** The threads of a workgroup of tiled attention. Each has 4 rows and 4 columns, so that a tile is four times as large both ways. */
export interface AttentionTile {
  rows: number;
  /** A multiple of 4. */
  columns: number;
}

/** What the choice begins with, open to benchmarks. A larger tile reads less; a smaller one makes more workgroups. */
export const preferredTile: AttentionTile = { rows: 8, columns: 8 };

/** Threads below which half of a GPU's lanes would idle. */
const LEAST_THREADS = 32;

/** Bytes of workgroup memory of the largest of the three kernels: see shaders/tree-attention-tile.wgsl. */
const bytesOf = (size: number, { rows, columns }: AttentionTile): number => {
  const row = columns * Math.ceil(size / 4 / columns) + 1;
  return 16 * ((2 * 4 * rows + 4 * columns) * row + 5 * rows * (columns + 1) + 1);
};

/** The tile for heads of `size` numbers on a device with so much workgroup memory; undefined where none makes sense. */
export const tileWithin = (size: number, bytes: number): AttentionTile | undefined => {
  if (size > 128) return undefined; // too many registers
  const columns = size <= 16 ? 4 : preferredTile.columns;
  for (let { rows } = preferredTile; rows * columns >= LEAST_THREADS; rows /= 2) {
    if (bytesOf(size, { rows, columns }) <= bytes) return { rows, columns };
  }
  return undefined;
};

/**
 * The tile of attention on the current device, for heads of `size` numbers; undefined where the kernel with a thread per
 * query is to be taken: a CPU that plays the GPU gains nothing from workgroup memory.
 */
export const attentionTile = (size: number): AttentionTile | undefined =>
  onSoftwareGpu() ? undefined : tileWithin(size, gpu().device.limits.maxComputeWorkgroupStorageSize);
