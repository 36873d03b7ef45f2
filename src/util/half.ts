/** IEEE half-precision numbers (1 sign, 5 exponent, 10 fraction bits) and the floats they stand for. */

const fromBits = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

let table: Float32Array | undefined;

/** Every half-precision number by its bits: 256 KB once instead of arithmetic per element. */
export const halfTable = (): Float32Array => {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => fromBits(bits));
  return table;
};

/** The number that 16 bits stand for. */
export const halfToFloat = (bits: number): number => halfTable()[bits]!;

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/**
 * The bits of the nearest half-precision number, ties to even. What is beyond 65,504 by half a step or more becomes
 * infinity, as IEEE 754 has it.
 */
export const floatToHalf = (value: number): number => {
  float[0] = value;
  const bits = word[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x4780_0000) return sign | 0x7c00; // 65,536 and more
  if (magnitude < 0x3880_0000) {
    // Below 2^-14 halves are multiples of 2^-24. The product is exact, and adding 2^52 rounds to a whole number, ties to even.
    const steps = Math.abs(float[0]!) * 2 ** 24 + 2 ** 52 - 2 ** 52;
    return sign | steps;
  }
  // Drops 13 bits of the fraction; a carry goes on into the exponent, and at the top into infinity.
  const rebased = magnitude - 0x3800_0000;
  return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
};

/** The value rounded to half precision. */
export const roundToHalf = (value: number): number => halfToFloat(floatToHalf(value));
