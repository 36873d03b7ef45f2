import type { PackedFormat } from '../../kernels/packed-format';
import { floatToHalf, halfTable } from '../../util/half';
import { fiveBits } from './blocks';
import { elementQ6_K, minimumQ4_K, scaleQ4_K } from './k-blocks';

/** Where packed blocks are written: one matrix's words, the same memory as bytes, and its scales. */
export interface PackTarget {
  words: Int32Array;
  bytes: Uint8Array;
  scales: Int32Array;
}

/**
 * How blocks of a GGML type become packed rows, which hold d q + m (kernels/packed-format.ts). Bits are moved, not
 * recomputed: the values are those of the decoder, save the sign of a zero. Q4_K and Q6_K multiply two scales, and that
 * product is rounded to half precision.
 */
export interface Packing {
  format: PackedFormat;
  block: 16 | 32;
  /** Largest magnitude of the file's own scales for which ours are finite. */
  largestScale: number;
  /** `count` blocks from byte `at` go to element `to` and on, a multiple of the block. */
  pack: (bytes: Uint8Array, at: number, count: number, target: PackTarget, to: number) => void;
}

const u16 = (bytes: Uint8Array, at: number) => bytes[at]! | (bytes[at + 1]! << 8);
const LARGEST_HALF = 65_504;

/** Four low nibbles in four bytes of a word become sixteen bits. */
const squeeze = (word: number): number => {
  const pairs = (word | (word >>> 4)) & 0x00ff00ff;
  return (pairs | (pairs >>> 8)) & 0xffff;
};
const word = (bytes: Uint8Array, at: number) =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** Eight nibbles (low for shift 0, high for 4) of the eight bytes from `at` on, in order. */
const eightNibbles = (bytes: Uint8Array, at: number, shift: 0 | 4): number =>
  squeeze((word(bytes, at) >>> shift) & 0x0f0f0f0f) |
  (squeeze((word(bytes, at + 4) >>> shift) & 0x0f0f0f0f) << 16);

const sixteenBytesOfNibbles = (bytes: Uint8Array, at: number, words: Int32Array, to: number) => {
  words[to] = eightNibbles(bytes, at, 0);
  words[to + 1] = eightNibbles(bytes, at + 8, 0);
  words[to + 2] = eightNibbles(bytes, at, 4);
  words[to + 3] = eightNibbles(bytes, at + 8, 4);
};

/** F16: two elements a word, as they are. Rows must be even. */
export const packF16: Packing = {
  format: 'f16',
  block: 32,
  largestScale: LARGEST_HALF,
  pack: (bytes, at, count, target, to) => {
    target.bytes.set(bytes.subarray(at, at + 2 * count), 2 * to);
  },
};

/** Q8_0: exact; m = 0. */
export const packQ8_0: Packing = {
  format: 'int8',
  block: 32,
  largestScale: LARGEST_HALF,
  pack: (bytes, at, count, target, to) => {
    for (let b = 0; b < count; b++, at += 34, to += 32) {
      target.scales[to / 32] = u16(bytes, at);
      for (let i = 0; i < 32; i++) target.bytes[to + i] = bytes[at + 2 + i]!;
    }
  },
};

/** Q4_0: exact; m = -8 d. */
export const packQ4_0: Packing = {
  format: 'int4',
  block: 32,
  largestScale: LARGEST_HALF / 8,
  pack: (bytes, at, count, target, to) => {
    const half = halfTable();
    for (let b = 0; b < count; b++, at += 18, to += 32) {
      const d = u16(bytes, at);
      target.scales[to / 32] = d | (floatToHalf(-8 * half[d]!) << 16);
      sixteenBytesOfNibbles(bytes, at + 2, target.words, to / 8);
    }
  },
};

/** Q4_1: exact. */
export const packQ4_1: Packing = {
  format: 'int4',
  block: 32,
  largestScale: LARGEST_HALF,
  pack: (bytes, at, count, target, to) => {
    for (let b = 0; b < count; b++, at += 20, to += 32) {
      target.scales[to / 32] = word(bytes, at);
      sixteenBytesOfNibbles(bytes, at + 4, target.words, to / 8);
    }
  },
};

/** Q5_0: exact; five bits, less 16, go into a byte; m = 0. */
export const packQ5_0: Packing = {
  format: 'int8',
  block: 32,
  largestScale: LARGEST_HALF,
  pack: (bytes, at, count, target, to) => {
    for (let b = 0; b < count; b++, at += 22, to += 32) {
      target.scales[to / 32] = u16(bytes, at);
      for (let i = 0; i < 32; i++) target.bytes[to + i] = fiveBits(bytes, at + 6, at + 2, i) - 16;
    }
  },
};

/** Q5_1: exact; five bits go into a byte. */
export const packQ5_1: Packing = {
  format: 'int8',
  block: 32,
  largestScale: LARGEST_HALF,
  pack: (bytes, at, count, target, to) => {
    for (let b = 0; b < count; b++, at += 24, to += 32) {
      target.scales[to / 32] = word(bytes, at);
      for (let i = 0; i < 32; i++) target.bytes[to + i] = fiveBits(bytes, at + 8, at + 4, i);
    }
  },
};

/** Q4_K: nibbles exact; d s and -dmin m rounded to half precision. */
export const packQ4_K: Packing = {
  format: 'int4',
  block: 32,
  largestScale: LARGEST_HALF / 63,
  pack: (bytes, at, count, target, to) => {
    const half = halfTable();
    for (let b = 0; b < count; b++, at += 144, to += 256) {
      const d = half[u16(bytes, at)]!;
      const dmin = half[u16(bytes, at + 2)]!;
      for (let j = 0; j < 8; j++) {
        target.scales[to / 32 + j] =
          floatToHalf(d * scaleQ4_K(bytes, at, j)) | (floatToHalf(-dmin * minimumQ4_K(bytes, at, j)) << 16);
        const from = at + 16 + 32 * (j >> 1);
        const shift = j & 1 ? 4 : 0;
        for (let k = 0; k < 4; k++) {
          target.words[to / 8 + 4 * j + k] = eightNibbles(bytes, from + 8 * k, shift);
        }
      }
    }
  },
};

/** Q6_K: six bits go into a byte; d s rounded to half precision, one for 16 elements; m = 0. */
export const packQ6_K: Packing = {
  format: 'int8',
  block: 16,
  largestScale: LARGEST_HALF / 128,
  pack: (bytes, at, count, target, to) => {
    const half = halfTable();
    for (let b = 0; b < count; b++, at += 210, to += 256) {
      const d = half[u16(bytes, at + 208)]!;
      for (let j = 0; j < 16; j++) {
        target.scales[to / 16 + j] = floatToHalf(d * ((bytes[at + 192 + j]! << 24) >> 24));
      }
      for (let i = 0; i < 256; i++) target.bytes[to + i] = elementQ6_K(bytes, at, i);
    }
  },
};
