import { DataError } from '../data-error';
import type { ByteSource } from './byte-source';

/** Whether a text encoding goes by this name: "utf-8", "windows-1252", "latin1", "shift_jis", ... as browsers know them. */
export const isEncoding = (name: string): boolean => {
  try {
    new TextDecoder(name);
    return true;
  } catch {
    return false;
  }
};

export const isUtf8 = (name: string): boolean => new TextDecoder(name).encoding === 'utf-8';

/** Why a text cannot be read, for any place that finds it. */
export const notUtf8 =
  'is not valid UTF-8 text; save it as UTF-8, or name its encoding, such as windows-1252';

/** The encoding that a byte order mark stands for. */
export const markedEncoding = (start: Uint8Array): string | undefined => {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return undefined;
};

/**
 * A text in a named encoding as the bytes of UTF-8.
 * @throws DataError from `chunks` where the bytes are none of that encoding
 */
export const asUtf8 = (source: ByteSource, encoding: string): ByteSource => ({
  name: source.name,
  size: undefined,
  async *chunks() {
    const decoder = new TextDecoder(encoding, { fatal: true });
    const encoder = new TextEncoder();
    let done = 0;
    const decode = (bytes?: Uint8Array) => {
      try {
        return encoder.encode(bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode());
      } catch (error) {
        const place = bytes ? `bytes ${done + 1} to ${done + bytes.length}` : 'its end';
        throw new DataError(source.name, place, `is not valid ${encoding} text; name another encoding`, {
          cause: error,
        });
      }
    };
    for await (const chunk of source.chunks()) {
      const text = decode(chunk);
      done += chunk.length;
      if (text.length > 0) yield text;
    }
    const rest = decode();
    if (rest.length > 0) yield rest;
  },
});
