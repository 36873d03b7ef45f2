import type { PackedArrays, PackedFormat } from '../../src/kernels/packed-format';
import { packRows, perWord } from '../../src/kernels/packed-format';
import { floatToHalf } from '../../src/util/half';
import type { Rng } from '../../src/util/rng';

/** Every bit pattern of values may occur, and scales of either sign about `scale` in size. */
export const randomPacked = (
  rng: Rng,
  format: PackedFormat,
  shape: [number, number],
  block: 16 | 32 = 32,
  scale = 1,
): PackedArrays => {
  const size = shape[0] * shape[1];
  if (format === 'f16') {
    const data = Float32Array.from({ length: size }, () => scale * (rng.next() * 2 - 1));
    return packRows(data, shape, format);
  }
  const range = format === 'int4' ? 15 : 127;
  const half = (x: number) => floatToHalf(x * (rng.next() * 2 - 1));
  return {
    format,
    shape,
    block,
    values: Int32Array.from(
      { length: size / perWord[format] },
      () => rng.int(2 ** 16) | (rng.int(2 ** 16) << 16),
    ),
    scales: Int32Array.from({ length: size / block }, () => half(scale / range) | (half(scale) << 16)),
  };
};
