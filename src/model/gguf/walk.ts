import type { Fail } from './error';
import { keyPlace, quoted, tensorPlace } from './error';

/**
 * The header of a GGUF file, walked from length to length without keeping anything. Layout (little-endian, sizes are
 * u64, in version 1 u32): "GGUF", u32 version, tensor count, metadata count; per metadata value a key (size, bytes),
 * u32 type, the value (lists: u32 type, size, elements); per tensor a name, u32 rank, sizes, u32 type, u64 offset into
 * the data.
 *
 * The parser that reads the values believes counts and lengths, and reads zeros behind the end of a file. So every
 * length is first held against the bytes that are there, and nothing is allocated that the file does not pay for.
 */

export interface Walked {
  version: 1 | 2 | 3;
  tensorCount: number;
  keyCount: number;
  /** First byte behind the header. */
  end: number;
  /** The last text of each list of texts: key, place in the list, first byte and end. */
  lastTexts: { key: string; index: number; start: number; end: number }[];
}

/** Bytes of the scalar types by their number; 0 for texts and lists, which say their own length. */
const scalarBytes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const TEXT = 8;
const LIST = 9;

// The parser holds the header in a buffer of at most 50 MB, and reads ahead by 2.5 MB.
const MAX_HEADER = 47_000_000;
const MAX_LIST = 1_000_000; // its own limit
/**
 * It fetches more when less than 500,000 bytes are left before a key, and cuts a text that is longer than what is
 * there.
 */
const MAX_TEXT = 400_000;
const MAX_NAME = 65_535; // the format's
const MAX_RANK = 4; // GGML's

/** Keys that the parser gives a meaning of its own, or that are no plain property. */
const reserved = new Set(['version', 'tensor_count', 'kv_count', '__proto__']);

const WHOLE = 'Use a whole GGUF file, versions 1 to 3.';

const readVersion = (view: DataView, fail: Fail): 1 | 2 | 3 => {
  if (view.byteLength < 4 || view.getUint32(0, true) !== 0x46554747) {
    fail('byte 0', 'the file does not begin with "GGUF"; it is another kind of file', WHOLE);
  }
  if (view.byteLength < 24) fail('byte 4', `the file ends after ${view.byteLength} bytes`);
  const version = view.getUint32(4, true);
  if (version === 1 || version === 2 || version === 3) return version;
  const swapped = view.getUint32(4, false);
  if (swapped >= 1 && swapped <= 3) {
    fail('byte 4', 'the file is big-endian', 'Convert it to little-endian (gguf-convert-endian).');
  }
  return fail('byte 4', `the version is ${version}, which this reader does not know`, WHOLE);
};

/** @throws GgufError through `fail` where a count or length does not fit the file, or a name is there twice. */
export const walkHeader = (bytes: Uint8Array, fail: Fail): Walked => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = readVersion(view, fail);
  const limit = Math.min(bytes.length, MAX_HEADER);
  const sizeBytes = version === 1 ? 4 : 8;
  const decoder = new TextDecoder();
  const lastTexts: Walked['lastTexts'] = [];
  let at = 8;

  const room = (need: number, place: string) => {
    if (at + need <= limit) return;
    if (at + need > bytes.length) {
      fail(
        place,
        `${need} bytes should follow byte ${at}, but the file ends after ${bytes.length}; it is cut short or damaged`,
      );
    }
    fail(place, `the header goes on after ${MAX_HEADER} bytes`, 'Use a file with a smaller header.');
  };
  const u32 = (place: string) => {
    room(4, place);
    at += 4;
    return view.getUint32(at - 4, true);
  };
  /** A count or length. Past 2^53 it may round, but is then still beyond any file. */
  const size = (place: string) => {
    room(sizeBytes, place);
    at += sizeBytes;
    return version === 1 ? view.getUint32(at - 4, true) : Number(view.getBigUint64(at - 8, true));
  };
  const text = (place: string, most: number) => {
    const length = size(place);
    room(length, place);
    if (length > most) fail(place, `a text of ${length} bytes is longer than ${most}`);
    at += length;
    return length;
  };
  const name = (place: string, seen: Set<string>): string => {
    const length = text(place, MAX_NAME);
    const found = decoder.decode(bytes.subarray(at - length, at));
    if (seen.has(found)) fail(place, `the name ${quoted(found)} is there twice`);
    seen.add(found);
    return found;
  };
  const count = (what: string, least: number): number => {
    const found = size(`the ${what} count`);
    if (found * least > limit - at) {
      fail(
        `the ${what} count`,
        `${found} of them cannot fit into the ${limit - at} bytes that follow; the file is cut short or damaged`,
      );
    }
    return found;
  };

  const list = (key: string) => {
    const place = keyPlace(key);
    const type = u32(place);
    const length = size(place);
    if (type === LIST) fail(place, 'a list of lists is not supported', 'Remove this key from the file.');
    if (!(type in scalarBytes)) fail(place, `list elements of type ${type} are not known`);
    room(length * (type === TEXT ? sizeBytes : scalarBytes[type]!), place);
    if (length > MAX_LIST) fail(place, `a list of ${length} elements is longer than ${MAX_LIST}`);
    if (type !== TEXT) {
      at += length * scalarBytes[type]!;
      return;
    }
    let last = 0;
    for (let i = 0; i < length; i++) last = text(place, MAX_TEXT);
    if (length > 0) lastTexts.push({ key, index: length - 1, start: at - last, end: at });
  };

  const tensorCount = count('tensor', 16 + 2 * sizeBytes);
  const keyCount = count('metadata', 5 + sizeBytes);
  const keys = new Set<string>();
  for (let i = 0; i < keyCount; i++) {
    const key = name(`metadata key ${i}`, keys);
    if (reserved.has(key)) fail(keyPlace(key), 'this key is not allowed', 'Rename it.');
    const type = u32(keyPlace(key));
    if (type === LIST) list(key);
    else if (type === TEXT) text(keyPlace(key), MAX_TEXT);
    else if (!(type in scalarBytes)) fail(keyPlace(key), `values of type ${type} are not known`);
    else {
      room(scalarBytes[type]!, keyPlace(key));
      at += scalarBytes[type]!;
    }
  }
  const names = new Set<string>();
  for (let i = 0; i < tensorCount; i++) {
    const place = tensorPlace(name(`tensor ${i}`, names));
    const rank = u32(place);
    if (rank < 1 || rank > MAX_RANK) fail(place, `it has ${rank} dimensions, not 1 to ${MAX_RANK}`);
    const rest = rank * sizeBytes + 12;
    room(rest, place);
    at += rest;
  }
  return { version, tensorCount, keyCount, end: at, lastTexts };
};
