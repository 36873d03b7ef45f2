import { bad } from './error';

/**
 * SentencePiece's compiled rules of what becomes of a character: a double array of UTF-8 bytes (darts-clone), then the
 * replacements, each ended by a zero byte.
 */
const LARGEST_GRAPHEME = 6;

const hasLeaf = (unit: number) => ((unit >>> 8) & 1) === 1;
const leafOf = (unit: number) => unit & 0x7fffffff;
const labelOf = (unit: number) => unit & 0x800000ff;
const offsetOf = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const fromBase64 = (text: string, place: string): Uint8Array => {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch (error) {
    return bad(place, 'is not base64', error);
  }
};

/** @throws TokenizerError for what is no such table */
export const readCharsMap = (value: unknown, place: string): ((text: string) => string) => {
  if (value === null || value === undefined || value === '') return (text) => text;
  if (typeof value !== 'string') return bad(place, 'must be a text in base64');
  const bytes = fromBase64(value, place);
  if (bytes.length < 4) return bad(place, 'is too short');
  const view = new DataView(bytes.buffer);
  const size = view.getUint32(0, true);
  if (size % 4 !== 0 || 4 + size > bytes.length)
    return bad(place, 'names a table that is longer than the text');
  const units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
  const replacements = bytes.subarray(4 + size);

  /** What the shortest rule at the beginning makes of a text; undefined when there is none. */
  const rule = (text: string): string | undefined => {
    let at = 0;
    let unit = units[0] ?? 0;
    at ^= offsetOf(unit);
    for (const byte of encoder.encode(text)) {
      if (byte === 0) break;
      at ^= byte;
      unit = units[at] ?? 0;
      if (labelOf(unit) !== byte) return undefined;
      at ^= offsetOf(unit);
      if (hasLeaf(unit)) {
        const start = leafOf(units[at] ?? 0);
        const end = replacements.indexOf(0, start);
        return decoder.decode(replacements.subarray(start, end < 0 ? undefined : end));
      }
    }
    return undefined;
  };
  const known = new Map<string, string>();
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  const written = (grapheme: string): string => {
    const whole = encoder.encode(grapheme).length < LARGEST_GRAPHEME ? rule(grapheme) : undefined;
    return whole ?? Array.from(grapheme, (c) => rule(c) ?? c).join('');
  };
  return (text) => {
    let result = '';
    for (const { segment } of segmenter.segment(text)) {
      let one = known.get(segment);
      if (one === undefined) {
        one = written(segment);
        if (known.size < 100_000) known.set(segment, one);
      }
      result += one;
    }
    return result;
  };
};
