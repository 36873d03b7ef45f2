import { joinBytes } from '../../util/join-bytes';
import type { ByteSource } from './byte-source';

/** Stands where a byte was no UTF-8. Half of a surrogate pair, which no decoded text can hold. */
export const BAD_BYTE = '\udc00';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes of a character that the chunk only begins. */
const unfinished = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
};

/** The text with `BAD_BYTE` for what is no UTF-8; U+FFFD that the file itself holds stays. */
const marked = (bytes: Uint8Array): string => {
  const pieces: string[] = [];
  let from = 0;
  for (let at = bytes.indexOf(0xef); at >= 0; at = bytes.indexOf(0xef, at + 1)) {
    if (bytes[at + 1] !== 0xbf || bytes[at + 2] !== 0xbd) continue;
    pieces.push(lenient.decode(bytes.subarray(from, at)));
    from = at + 3;
  }
  pieces.push(lenient.decode(bytes.subarray(from)));
  return pieces.map((piece) => piece.replaceAll('\ufffd', BAD_BYTE)).join('\ufffd');
};

const decode = (bytes: Uint8Array): string => {
  try {
    return strict.decode(bytes);
  } catch {
    return marked(bytes);
  }
};

/** Characters of a UTF-8 file without its byte order mark; `BAD_BYTE` stands for what is no UTF-8. */
export async function* strictText(source: ByteSource): AsyncGenerator<{ text: string; last: boolean }> {
  let held: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  let first = true;
  const textOf = (bytes: Uint8Array) => {
    const text = decode(bytes);
    const own = first && text.startsWith('\ufeff') ? text.slice(1) : text;
    first = first && text === '';
    return own;
  };
  for await (const chunk of source.chunks()) {
    const bytes = held.length > 0 ? joinBytes([held, chunk]) : chunk;
    const end = bytes.length - unfinished(bytes);
    held = bytes.slice(end);
    yield { text: textOf(bytes.subarray(0, end)), last: false };
  }
  yield { text: textOf(held), last: true };
}
