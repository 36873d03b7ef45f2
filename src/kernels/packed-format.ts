import { floatToHalf, halfTable, roundToHalf } from '../util/half';

/**
 * Matrices in packed rows: small on the GPU, and read by the kernels word by word. All on the host here; packed-matrix.ts
 * puts them on the device.
 */
export type PackedFormat = 'f16' | 'int8' | 'int4';

/** A matrix [out, in] in packed rows, on the host. */
export interface PackedArrays {
  format: PackedFormat;
  /** [out, in]; in is a multiple of `block`, and for f16 of 2. */
  shape: [number, number];
  /** Elements along a row that share a scale. Ignored by f16. */
  block: 16 | 32;
  /** Row-major words: f16 two halves a word, low first; int8 four signed bytes; int4 eight nibbles, low nibble first. */
  values: Int32Array; // [out * in / perWord]
  /** One word per block, pack2x16float(d, m): value = d * q + m, q being -128..127 (int8) or 0..15 (int4). Not for f16. */
  scales: Int32Array | undefined; // [out * in / block]
}

/** Elements in one 32-bit word. */
export const perWord: Record<PackedFormat, number> = { f16: 2, int8: 4, int4: 8 };

/**
 * @param what names the matrix in the message
 * @throws Error when rows of this length cannot be packed so, or the matrix is empty.
 */
export const checkPackable = (
  what: string,
  shape: readonly [number, number],
  format: PackedFormat,
  block: number,
) => {
  const [rows, width] = shape;
  const unit = format === 'f16' ? 2 : block;
  if (!(rows > 0 && width > 0)) throw new Error(`${what}: a matrix of shape [${rows}, ${width}] is empty.`);
  if (width % unit !== 0) {
    throw new Error(
      `${what}: rows of ${width} elements are no multiple of ${unit}, which ${format} needs; keep this matrix as ${format === 'f16' ? 'f32' : 'f16 or f32'}.`,
    );
  }
};

/**
 * Bytes on the device for one matrix.
 * @param block as in PackedArrays.
 */
export const packedBytes = (shape: readonly [number, number], format: PackedFormat, block: 16 | 32 = 32) => {
  const elements = shape[0] * shape[1];
  return (4 * elements) / perWord[format] + (format === 'f16' ? 0 : (4 * elements) / block);
};

const outOfRange = (what: string, at: number, width: number, value: number, reason: string): never => {
  throw new Error(`${what}: element [${Math.floor(at / width)}, ${at % width}] is ${value}; ${reason}.`);
};

const BEYOND = 'it is beyond the 65,504 of half precision, keep this matrix as f32';
const TOO_WIDE = 'the scale of its block is beyond the 65,504 of half precision, keep this matrix as f32';
const NOT_FINITE = 'only finite numbers can be packed, so the weights are damaged';

const packHalves = (data: Float32Array, width: number): Int32Array => {
  const values = new Int32Array(data.length / 2);
  const bitsAt = (i: number) => {
    const bits = floatToHalf(data[i]!);
    if ((bits & 0x7c00) === 0x7c00) {
      outOfRange('packRows', i, width, data[i]!, Number.isFinite(data[i]!) ? BEYOND : NOT_FINITE);
    }
    return bits;
  };
  for (let w = 0; w < values.length; w++) values[w] = bitsAt(2 * w) | (bitsAt(2 * w + 1) << 16);
  return values;
};

/** (least, greatest) of a block; throws on what is not finite. */
const rangeOf = (data: Float32Array, start: number, block: number, width: number): [number, number] => {
  let [low, high] = [Infinity, -Infinity];
  for (let i = start; i < start + block; i++) {
    const x = data[i]!;
    if (!Number.isFinite(x)) outOfRange('packRows', i, width, x, NOT_FINITE);
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return [low, high];
};

const packBlocks = (data: Float32Array, width: number, format: 'int8' | 'int4'): [Int32Array, Int32Array] => {
  const block = 32;
  const each = perWord[format];
  const bits = 32 / each;
  const [least, greatest, mask] = format === 'int4' ? [0, 15, 15] : [-127, 127, 255];
  const values = new Int32Array(data.length / each);
  const scales = new Int32Array(data.length / block);
  for (let b = 0; b < scales.length; b++) {
    const start = b * block;
    const [low, high] = rangeOf(data, start, block, width);
    // Rounded first, so that q fits the scale as it is stored.
    const d = roundToHalf(format === 'int4' ? (high - low) / 15 : Math.max(high, -low) / 127);
    const m = format === 'int4' ? roundToHalf(low) : 0;
    if (!Number.isFinite(d) || !Number.isFinite(m)) {
      const extreme = data.indexOf(high > -low ? high : low, start);
      outOfRange('packRows', extreme, width, data[extreme]!, TOO_WIDE);
    }
    scales[b] = floatToHalf(d) | (floatToHalf(m) << 16);
    for (let i = start; i < start + block; i++) {
      const q = d === 0 ? 0 : Math.min(greatest, Math.max(least, Math.round((data[i]! - m) / d)));
      values[Math.floor(i / each)]! |= (q & mask) << (bits * (i % each));
    }
  }
  return [values, scales];
};

/**
 * Packs a matrix, rounding to nearest: f16 to half precision; int8 by the largest magnitude of each 32 elements of a row;
 * int4 by their least and greatest.
 * @param data [out, in], row-major
 * @throws Error when rows do not divide into blocks, or a number is not finite or beyond half precision.
 */
export const packRows = (data: Float32Array, shape: [number, number], format: PackedFormat): PackedArrays => {
  checkPackable('packRows', shape, format, 32);
  if (data.length !== shape[0] * shape[1]) {
    throw new Error(`packRows: ${data.length} elements do not fill the shape [${shape.join(', ')}].`);
  }
  if (format === 'f16') {
    return { format, shape, block: 32, values: packHalves(data, shape[1]), scales: undefined };
  }
  const [values, scales] = packBlocks(data, shape[1], format);
  return { format, shape, block: 32, values, scales };
};

/** Element i of a packed matrix, row-major. */
const elementOf = (
  { format, block, values, scales }: Omit<PackedArrays, 'shape'>,
  half: Float32Array,
  i: number,
): number => {
  const each = perWord[format];
  const [word, place] = [values[Math.floor(i / each)]!, i % each];
  if (format === 'f16') return half[(word >>> (16 * place)) & 0xffff]!;
  const q = format === 'int4' ? (word >>> (4 * place)) & 15 : (word << (24 - 8 * place)) >> 24;
  const scale = scales![Math.floor(i / block)]!;
  return half[scale & 0xffff]! * q + half[scale >>> 16]!; // exact in double precision, so rounded once
};

/** The matrix [out, in] in full, row-major. Slow and obvious: the oracle of the kernels. */
export const unpackRows = (packed: PackedArrays): Float32Array => {
  const half = halfTable();
  const [rows, width] = packed.shape;
  return Float32Array.from({ length: rows * width }, (_, i) => elementOf(packed, half, i));
};
