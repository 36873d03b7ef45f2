import { halfTable } from '../../util/half';

/**
 * Decoders of GGML's element types: `count` blocks of `bytes` from byte `at` become floats from `out[to]` on. Layouts
 * are those of the block structs in GGML (ggml-common.h); all numbers are little-endian, d and m in half precision.
 * Products are exact in double precision, so each result is rounded to float once, which is what exact float arithmetic
 * gives.
 */
export type Decode = (bytes: Uint8Array, at: number, count: number, out: Float32Array, to: number) => void;

const u16 = (bytes: Uint8Array, at: number) => bytes[at]! | (bytes[at + 1]! << 8);

/** F32: 4 bytes an element. */
export const decodeF32: Decode = (bytes, at, count, out, to) => {
  // Bytes are copied as such: the source need not be aligned.
  new Uint8Array(out.buffer, out.byteOffset + 4 * to, 4 * count).set(bytes.subarray(at, at + 4 * count));
};

/** F16: 2 bytes an element, half precision. */
export const decodeF16: Decode = (bytes, at, count, out, to) => {
  const half = halfTable();
  for (let i = 0; i < count; i++) out[to + i] = half[u16(bytes, at + 2 * i)]!;
};

/** BF16: 2 bytes an element, the upper half of a float. */
export const decodeBF16: Decode = (bytes, at, count, out, to) => {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < count; i++) bits[to + i] = u16(bytes, at + 2 * i) << 16;
};

/** Q8_0, 34 bytes for 32 elements: d, then 32 signed bytes q. Value d q. */
export const decodeQ8_0: Decode = (bytes, at, count, out, to) => {
  const half = halfTable();
  for (let b = 0; b < count; b++, at += 34, to += 32) {
    const d = half[u16(bytes, at)]!;
    for (let i = 0; i < 32; i++) out[to + i] = d * ((bytes[at + 2 + i]! << 24) >> 24);
  }
};

/**
 * Q4_0, 18 bytes for 32 elements: d, then 16 bytes whose low nibbles are elements 0..15 and high ones 16..31.
 * Value d (q - 8).
 */
export const decodeQ4_0: Decode = (bytes, at, count, out, to) => {
  const half = halfTable();
  for (let b = 0; b < count; b++, at += 18, to += 32) {
    const d = half[u16(bytes, at)]!;
    for (let i = 0; i < 16; i++) {
      const byte = bytes[at + 2 + i]!;
      out[to + i] = d * ((byte & 15) - 8);
      out[to + 16 + i] = d * ((byte >> 4) - 8);
    }
  }
};

/** Q4_1, 20 bytes for 32 elements: d, m, then nibbles as in Q4_0. Value d q + m. */
export const decodeQ4_1: Decode = (bytes, at, count, out, to) => {
  const half = halfTable();
  for (let b = 0; b < count; b++, at += 20, to += 32) {
    const d = half[u16(bytes, at)]!;
    const m = half[u16(bytes, at + 2)]!;
    for (let i = 0; i < 16; i++) {
      const byte = bytes[at + 4 + i]!;
      out[to + i] = d * (byte & 15) + m;
      out[to + 16 + i] = d * (byte >> 4) + m;
    }
  }
};

/**
 * Element i (0..31) of five bits: nibbles from byte `low` on as in Q4_0, fifth bits in the four bytes from `high` on.
 */
export const fiveBits = (bytes: Uint8Array, low: number, high: number, i: number): number => {
  const byte = bytes[low + (i & 15)]!;
  const fifth = (bytes[high + (i >> 3)]! >> (i & 7)) & 1;
  return (i < 16 ? byte & 15 : byte >> 4) | (fifth << 4);
};

/** Q5_0, 22 bytes for 32 elements: d, 32 fifth bits, then nibbles as in Q4_0. Value d (q - 16). */
export const decodeQ5_0: Decode = (bytes, at, count, out, to) => {
  const half = halfTable();
  for (let b = 0; b < count; b++, at += 22, to += 32) {
    const d = half[u16(bytes, at)]!;
    for (let i = 0; i < 32; i++) out[to + i] = d * (fiveBits(bytes, at + 6, at + 2, i) - 16);
  }
};

/** Q5_1, 24 bytes for 32 elements: d, m, 32 fifth bits, then nibbles as in Q4_0. Value d q + m. */
export const decodeQ5_1: Decode = (bytes, at, count, out, to) => {
  const half = halfTable();
  for (let b = 0; b < count; b++, at += 24, to += 32) {
    const d = half[u16(bytes, at)]!;
    const m = half[u16(bytes, at + 2)]!;
    for (let i = 0; i < 32; i++) out[to + i] = d * fiveBits(bytes, at + 8, at + 4, i) + m;
  }
};
