import { gpu } from '../tf';
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
/** Results of a skinny product: a whole tile of 64 would hold little else than nothing. */
const SKINNY = 32;
/** Workgroups from which each step to a larger tile pays, and those that a k is shared out among. */
const MANY = 240;
const SHARED = 576;
/** Numbers along k from which sharing them out saves more than the second dispatch costs the host, and at least per workgroup. */
const LONG = 1536;
const DEPTH = 64;

/** A slab of 16 of the largest tile takes 20 KB of workgroup memory; WebGPU promises 16. */
const wideSlab = () => (gpu().device.limits.maxComputeWorkgroupStorageSize >= 20_480 ? 16 : 8);

const tiles = ({ m, n }: Product, tile: number) => Math.ceil(m / tile) * Math.ceil(n / tile);

const inQuads = (p: Product): boolean => {
  const { m, n, k, transposeA, transposeB, aOffset = 0, bOffset = 0, b, second } = p;
  if (transposeA && transposeB) return false;
  const widths = [transposeA ? m : k, transposeB ? k : n, aOffset, isPacked(b) ? 0 : bOffset];
  if (second) widths.push(second.k);
  return widths.every((width) => width % 4 === 0);
};

/**
 * The kernel and its sizes. They follow from the shapes alone, but for the slab, which changes no sum's order: nothing that a device is
 * busy with changes a number. Chosen on an NVIDIA H200 (docs/GPU.md).
 */
export const tilingOf = (p: Product): Tiling => {
  const { m, n, transposeA, transposeB, softmaxGrad, second } = p;
  if (!inQuads(p)) return { kernel: 'tiled', side: tiles(p, 64) >= 64 ? 16 : 8 };
  if (m <= FEW && transposeB && !transposeA && !softmaxGrad) {
    return { kernel: 'rows', rows: 2 ** Math.ceil(Math.log2(m)) };
  }
  const k = p.k + (second?.k ?? 0);
  const shape = (side: number, results: number, slab: number) => {
    const own = tiles(p, side * results);
    const shared = k >= LONG && own < MANY && !softmaxGrad;
    const splits = shared ? Math.min(Math.floor(k / DEPTH), Math.ceil(SHARED / own)) : 1;
    return { kernel: 'vector' as const, side, results, slab, splits };
  };
  if (!transposeA && tiles(p, 128) >= MANY) return shape(16, 8, wideSlab());
  if (Math.min(m, n) > SKINNY && (tiles(p, 64) >= MANY / 4 || k >= LONG)) return shape(16, 4, 16);
  return shape(8, 4, 16);
};
