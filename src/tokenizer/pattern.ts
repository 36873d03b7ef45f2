import { toRegExp } from 'oniguruma-to-es';
import { bad, isObject } from './error';

/** A stretch of a text, in UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}

/** Finds all matches in a text, from left to right. */
export type Pattern = (text: string) => Span[];

/** All matches. As in the Oniguruma binding, an empty one right after a match does not count. */
export const fromRegExp =
  (expression: RegExp): Pattern =>
  (text) => {
    const spans: Span[] = [];
    let last = -1;
    for (const match of text.matchAll(expression)) {
      const end = match.index + match[0].length;
      if (match[0] === '' && match.index === last) continue;
      spans.push({ start: match.index, end });
      last = end;
    }
    return spans;
  };

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** `{ String }` or `{ Regex }`, the latter in Oniguruma's language, which is not that of JavaScript. */
export const readPattern = (value: unknown, place: string): Pattern => {
  if (typeof value === 'string') return fromRegExp(new RegExp(escaped(value), 'gu'));
  if (isObject(value) && typeof value['String'] === 'string') {
    return fromRegExp(new RegExp(escaped(value['String']), 'gu'));
  }
  if (!isObject(value) || typeof value['Regex'] !== 'string')
    return bad(place, 'must be { String } or { Regex }');
  try {
    return fromRegExp(toRegExp(value['Regex'], { global: true }));
  } catch (error) {
    return bad(
      place,
      `this regular expression cannot be used here (${error instanceof Error ? error.message : String(error)})`,
      error,
    );
  }
};

/** White_Space of Unicode, as Rust has it; JavaScript's \s has U+FEFF more and U+0085 less. */
export const WHITE_SPACE = '\\p{White_Space}';
const whiteSpace = new RegExp(WHITE_SPACE, 'u');

/** Where the white space begins that ends at a place; all of it lies in one UTF-16 unit each. */
export const spaceStart = (text: string, end: number, least = 0): number => {
  let start = end;
  while (start > least && whiteSpace.test(text[start - 1]!)) start--;
  return start;
};
export const spaceEnd = (text: string, start: number): number => {
  let end = start;
  while (end < text.length && whiteSpace.test(text[end]!)) end++;
  return end;
};
/** \w of Rust's regex crate. */
export const WORD = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]';
