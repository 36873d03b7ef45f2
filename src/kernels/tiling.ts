import type { Product } from './matmul';
import { isPacked } from './packed-matrix';

/** How the kernels of real GPUs cut a product. */
export type Tiling =
  /** linear-rows.wgsl: few rows, as in sampling. */
  | { kernel: 'rows'; rows: number }
  /** linear-vector.wgsl: side x side threads with R x R results each, k in slabs of BK, shared out among `splits`. */
  | { kernel: 'vector'; side: number; results: number; slab: number; splits: number }
  /** linear-tiled.wgsl: any shape. */
  | { kernel: 'tiled'; side: number };

/** Rows up to which a product is one of rows. */
const FEW = 8;
/** Workgroups that keep a large GPU busy; a small one loses little by having more than it needs. */
const BUSY = 128;
/** Numbers along k that a workgroup adds up at least, when k is shared out. */
const DEPTH = 256;

const tiles = ({ m, n }: Product, tile: number) => Math.ceil(m / tile) * Math.ceil(n / tile);

const inQuads = (p: Product): boolean => {
  const { m, n, k, transposeA, transposeB, aOffset = 0, bOffset = 0, b, second } = p;
  if (transposeA && transposeB) return false;
  const widths = [transposeA ? m : k, transposeB ? k : n, aOffset, isPacked(b) ? 0 : bOffset];
  if (second) widths.push(second.k);
  return widths.every((width) => width % 4 === 0);
};

/**
 * The kernel and its sizes. They follow from the shapes alone, so that a run gives the same numbers whatever else the device does.
 * Chosen on an NVIDIA H200 (docs/GPU.md).
 */
export const tilingOf = (p: Product): Tiling => {
  const { m, k, transposeA, transposeB, softmaxGrad, second } = p;
  if (!inQuads(p)) return { kernel: 'tiled', side: tiles(p, 64) >= 64 ? 16 : 8 };
  if (m <= FEW && transposeB && !transposeA && !softmaxGrad) {
    return { kernel: 'rows', rows: 2 ** Math.ceil(Math.log2(m)) };
  }
  const shape = (side: number, results: number, slab: number) => {
    const room = Math.floor((k + (second?.k ?? 0)) / DEPTH);
    const wanted = softmaxGrad ? 1 : Math.ceil((2 * BUSY) / tiles(p, side * results));
    return {
      ...{ kernel: 'vector' as const, side, results, slab },
      splits: tiles(p, side * results) >= BUSY ? 1 : Math.max(1, Math.min(room, wanted)),
    };
  };
  if (tiles(p, 128) >= BUSY) return shape(16, 8, 8);
  if (tiles(p, 64) >= BUSY || k >= 2048) return shape(16, 4, 16);
  return shape(8, 4, 16);
};
