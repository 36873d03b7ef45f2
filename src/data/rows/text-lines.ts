import { joinBytes } from '../../util/join-bytes';
import type { ByteSource } from './byte-source';
import { notUtf8 } from './encoding';
import { inBytes, limits } from './limits';

export interface Line {
  /** From 1. */
  number: number;
  /** Without its line break. */
  text: string;
  /** Why it cannot be used; then `text` is its beginning, as far as it can be shown. */
  problem?: string;
}

const strict = new TextDecoder('utf-8', { fatal: true });
const lenient = new TextDecoder('utf-8');

const decode = (bytes: Uint8Array, number: number): Line => {
  const end = bytes.at(-1) === 13 ? bytes.length - 1 : bytes.length;
  const own = bytes.subarray(0, end);
  try {
    return { number, text: strict.decode(own) };
  } catch {
    return { number, text: lenient.decode(own.subarray(0, 400)), problem: notUtf8 };
  }
};

const tooLong = (number: number, start: Uint8Array): Line => ({
  number,
  text: lenient.decode(start.subarray(0, 400)),
  problem: `is longer than ${inBytes(limits.line)}; is a line break missing?`,
});

const isBlank = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte !== 32 && byte !== 9 && byte !== 13) return false;
  return true;
};

/**
 * Lines of a UTF-8 text that are not blank, a chunk's worth at a time; a byte order mark and `\r` before `\n` are
 * dropped. Holds one chunk and one line.
 */
export async function* textLines(source: ByteSource): AsyncGenerator<Line[]> {
  let number = 1;
  let parts: Uint8Array[] = [];
  let length = 0;
  const line = (last: Uint8Array): Line => {
    if (length + last.length > limits.line) return tooLong(number, parts[0] ?? last);
    return decode(parts.length === 0 ? last : joinBytes([...parts, last]), number);
  };
  for await (const chunk of source.chunks()) {
    const lines: Line[] = [];
    let from = 0;
    for (;;) {
      const to = chunk.indexOf(10, from);
      if (to < 0) break;
      const last = chunk.subarray(from, to);
      if (length > 0 || !isBlank(last)) lines.push(line(last));
      number++;
      parts = [];
      length = 0;
      from = to + 1;
    }
    const rest = chunk.subarray(from);
    if (rest.length > 0) {
      length += rest.length;
      // Past the limit only the beginning is kept, to be shown.
      if (length <= limits.line || parts.length === 0) parts.push(rest);
    }
    if (lines.length > 0) yield lines;
  }
  if (length > 0) yield [line(new Uint8Array(0))];
}
