/** Looking for NaN and infinities in the bytes of a weight file, without decoding them. */

/** Bits of the exponent, all of which are set in NaN and infinities and in nothing else. */
const exponents = { F32: 0x7f80_0000, F16: 0x7c00, BF16: 0x7f80 } as const;

export type FloatType = keyof typeof exponents;

const PIECE = 1 << 20;

/** The words of a piece of the file; a copy only where they do not lie at a multiple of their size. */
const wordsOf = (bytes: Uint8Array, type: FloatType): Uint32Array | Uint16Array => {
  const size = type === 'F32' ? 4 : 2;
  const { buffer, byteOffset, length } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return size === 4
    ? new Uint32Array(buffer, byteOffset, length / 4)
    : new Uint16Array(buffer, byteOffset, length / 2);
};

/** Index of the first element that is NaN or infinite; -1 when there is none. Little-endian, as the files and all our machines. */
export const firstNotFinite = (bytes: Uint8Array, type: FloatType): number => {
  const mask = exponents[type];
  for (let at = 0; at < bytes.length; at += PIECE) {
    const words = wordsOf(bytes.subarray(at, at + PIECE), type);
    for (let i = 0; i < words.length; i++) {
      if ((words[i]! & mask) === mask) return at / (type === 'F32' ? 4 : 2) + i;
    }
  }
  return -1;
};

/** "element [3, 7]" of a tensor of this shape. */
export const elementAt = (index: number, shape: readonly number[]): string => {
  const places: number[] = [];
  let rest = index;
  for (const size of [...shape].reverse()) {
    places.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `element [${places.join(', ')}]`;
};
