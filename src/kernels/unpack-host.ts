import { hostInts } from '../tf';
import { halfTable } from '../util/half';
import type { PackedInfo } from './packed-matrix';

type Reader = (row: number, out: Float32Array, at: number) => void;

/** Writes whole rows of a packed matrix on the wasm and cpu backends: (row, target, offset in it). */
export const rowReader = ({ format, shape, block, values, scales }: PackedInfo): Reader => {
  const [half, width] = [halfTable(), shape[1]];
  if (format === 'f16') {
    return (row, out, at) => {
      const words = hostInts(values);
      const start = (row * width) / 2;
      for (let i = 0; i < width / 2; i++) {
        const word = words[start + i]!;
        out[at + 2 * i] = half[word & 0xffff]!;
        out[at + 2 * i + 1] = half[word >>> 16]!;
      }
    };
  }
  const bits = format === 'int4' ? 4 : 8;
  const each = 32 / bits;
  const signed = format === 'int8';
  return (row, out, at) => {
    const [words, scaleWords] = [hostInts(values), hostInts(scales!)];
    const [start, firstBlock] = [(row * width) / each, (row * width) / block];
    for (let b = 0; b < width / block; b++) {
      const scale = scaleWords[firstBlock + b]!;
      const [d, m] = [half[scale & 0xffff]!, half[scale >>> 16]!];
      for (let w = (b * block) / each; w < ((b + 1) * block) / each; w++) {
        const word = words[start + w]!;
        const to = at + w * each;
        if (signed) for (let i = 0; i < each; i++) out[to + i] = d * ((word << (24 - 8 * i)) >> 24) + m;
        else for (let i = 0; i < each; i++) out[to + i] = d * ((word >>> (4 * i)) & 15) + m;
      }
    }
  };
};
