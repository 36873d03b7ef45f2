import { describe, expect, it } from 'vitest';
import { tilesWithin } from '../../../src/kernels/attention-tile';

const KIB = 1024;

/** Numbers that a kernel declares in workgroup memory: rows, columns, weights, the exchange (shaders/tree-attention-tile.wgsl). */
const bytesOf = (
  size: number,
  { rows, columns, deep }: { rows: number; columns: number; deep: number },
  kept: number,
) => {
  const parts = Math.ceil(size / 4);
  const row = 16 * (Math.ceil(parts / columns) * columns + 1);
  const shares = 16 * (columns + 1);
  const [block, tile] = [rows * deep, 4 * columns];
  return kept * block * row + tile * row + block * shares + (block / 4) * shares + 4;
};

describe('tilesWithin', () => {
  const sizes = Array.from({ length: 64 }, (_, i) => 2 * i + 2);

  it.each([16, 32, 48, 64])('keeps to %i KiB of workgroup memory, and to whole warps', (kib) => {
    for (const size of sizes) {
      const tiles = tilesWithin(size, kib * KIB);
      if (!tiles) continue;
      for (const [name, tile] of Object.entries(tiles)) {
        const what = `${name}, ${size} numbers: ${JSON.stringify(tile)}`;
        expect(bytesOf(size, tile, name === 'forward' ? 1 : 2), what).toBeLessThanOrEqual(kib * KIB);
        expect((tile.rows * tile.columns) % 32, what).toBe(0);
        expect((4 * tile.columns) % tile.rows, what).toBe(0);
      }
    }
  });

  it('has a tile for the usual heads where there is memory, and none for wider ones', () => {
    for (const size of sizes.filter((s) => s <= 64))
      expect(tilesWithin(size, 32 * KIB), `${size}`).toBeDefined();
    expect(tilesWithin(128, 48 * KIB)).toBeDefined();
    expect(tilesWithin(130, 64 * KIB)).toBeUndefined();
    expect(tilesWithin(128, 16 * KIB)).toBeUndefined();
  });
});
