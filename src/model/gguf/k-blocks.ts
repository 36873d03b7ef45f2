import { halfTable } from '../../util/half';
import type { Decode } from './blocks';

/** The two K-quants: blocks of 256 elements whose parts have small scales of their own. Sources as in blocks.ts. */

/**
 * Scale (or, from `first` = 4 on, minimum) of part j (0..7) of a Q4_K block, six bits each in twelve bytes from `at`
 * on: bytes 0..3 scales 0..3 and bytes 4..7 minima 0..3 in their low six bits; bytes 8..11 the low four bits of scales
 * (low nibble) and minima (high nibble) 4..7, whose upper two bits are the top bits of bytes 0..3 and 4..7.
 */
const sixBits = (bytes: Uint8Array, at: number, j: number, first: 0 | 4): number => {
  if (j < 4) return bytes[at + first + j]! & 63;
  const low = first === 0 ? bytes[at + 4 + j]! & 15 : bytes[at + 4 + j]! >> 4;
  return low | ((bytes[at + first + j - 4]! >> 6) << 4);
};
export const scaleQ4_K = (bytes: Uint8Array, block: number, j: number) => sixBits(bytes, block + 4, j, 0);
export const minimumQ4_K = (bytes: Uint8Array, block: number, j: number) => sixBits(bytes, block + 4, j, 4);

/**
 * Q4_K, 144 bytes for 256 elements: d, dmin, 12 bytes of scales s and minima m for 8 parts of 32 elements, then 128
 * bytes: of each 32, low nibbles are an even part and high ones the odd part behind it. Value d s q - dmin m.
 */
export const decodeQ4_K: Decode = (bytes, at, count, out, to) => {
  const half = halfTable();
  for (let b = 0; b < count; b++, at += 144, to += 256) {
    const d = half[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const dmin = half[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    for (let j = 0; j < 8; j++) {
      const scale = d * scaleQ4_K(bytes, at, j);
      const minimum = dmin * minimumQ4_K(bytes, at, j);
      const from = at + 16 + 32 * (j >> 1);
      const shift = 4 * (j & 1);
      for (let i = 0; i < 32; i++) {
        out[to + 32 * j + i] = scale * ((bytes[from + i]! >> shift) & 15) - minimum;
      }
    }
  }
};

/**
 * Element i (0..255) of a Q6_K block, -32..31. Of each half of 128 elements: low nibbles of 64 bytes are elements
 * 0..63, high ones 64..127; upper two bits lie in 32 bytes, bits 0-1 for elements 0..31, 2-3 for 32..63, 4-5 for
 * 64..95, 6-7 for 96..127.
 */
export const elementQ6_K = (bytes: Uint8Array, block: number, i: number): number => {
  const [part, k] = [i >> 7, i & 127];
  const low = (bytes[block + 64 * part + (k & 63)]! >> (k < 64 ? 0 : 4)) & 15;
  const high = (bytes[block + 128 + 32 * part + (k & 31)]! >> (2 * (k >> 5))) & 3;
  return (low | (high << 4)) - 32;
};

/**
 * Q6_K, 210 bytes for 256 elements: 128 bytes of low and 64 of upper bits, 16 signed bytes s for 16 elements each, d.
 * Value d s q.
 */
export const decodeQ6_K: Decode = (bytes, at, count, out, to) => {
  const half = halfTable();
  for (let b = 0; b < count; b++, at += 210, to += 256) {
    const d = half[bytes[at + 208]! | (bytes[at + 209]! << 8)]!;
    for (let j = 0; j < 16; j++) {
      const scale = d * ((bytes[at + 192 + j]! << 24) >> 24);
      for (let i = 16 * j; i < 16 * j + 16; i++) out[to + i] = scale * elementQ6_K(bytes, at, i);
    }
  }
};
