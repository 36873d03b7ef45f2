/** How a packed matrix stores its elements. */
export type PackedFormat = 'f16' | 'int8' | 'int4';

/** A matrix [out, in] in packed rows, on the host. */
export interface PackedArrays {
  format: PackedFormat;
  /** [out, in]; in is a multiple of `block` (f16: of 2). */
  shape: [number, number];
  /** Elements along a row that share scale and offset; ignored by f16. */
  block: 16 | 32;
  /** Row-major words: f16 two halves a word (low first); int8 four signed bytes; int4 eight nibbles, low nibble first. */
  values: Int32Array;
  /** One word per block: two halves (d, m), value = d * q + m. Absent for f16. */
  scales: Int32Array | undefined;
}
