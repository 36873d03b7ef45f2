import type { Normalizer } from './normalizers';
import { spaceEnd, spaceStart, WORD } from './pattern';
import type { Piece } from './pieces';

/** A token that is found in a text before it is split. */
export interface AddedToken {
  id: number;
  content: string;
  special: boolean;
  /** Only where no letter, digit or the like stands beside it. */
  singleWord: boolean;
  /** Takes the white space before it, or after it. */
  lstrip: boolean;
  rstrip: boolean;
  /** Looked for in the normalized text. */
  normalized: boolean;
}

/** Text to be tokenized, or a token that stands for itself. */
export type Section = { piece: Piece } | { id: number };

const word = new RegExp(WORD, 'u');

/** The characters beside a place in a text; empty at its ends. */
const before = (text: string, at: number) => Array.from(text.slice(Math.max(0, at - 2), at)).at(-1) ?? '';
const after = (text: string, at: number) => Array.from(text.slice(at, at + 2))[0] ?? '';

/** At each place the longest token; the first of two that are written alike. */
const finder = (tokens: readonly (readonly [string, AddedToken])[]) => {
  const byText = new Map<string, AddedToken>();
  for (const [text, token] of tokens) if (text !== '' && !byText.has(text)) byText.set(text, token);
  if (byText.size === 0) return undefined;
  const texts = [...byText.keys()].sort((a, b) => b.length - a.length);
  const escaped = texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  const expression = new RegExp(escaped.join('|'), 'gu');
  return (text: string) =>
    Array.from(text.matchAll(expression), (match) => ({
      start: match.index,
      end: match.index + match[0].length,
      token: byText.get(match[0])!,
    }));
};

const cut = (piece: Piece, find: ReturnType<typeof finder>): Section[] => {
  const { text, isStart } = piece;
  const sections: Section[] = [];
  let last = 0;
  const keep = (end: number) => {
    if (last < end) sections.push({ piece: { text: text.slice(last, end), isStart: isStart && last === 0 } });
  };
  for (const match of find?.(text) ?? []) {
    let { start, end } = match;
    const { token } = match;
    if (token.singleWord && (word.test(before(text, start)) || word.test(after(text, end)))) continue;
    if (token.lstrip) start = spaceStart(text, start, last);
    if (token.rstrip) end = spaceEnd(text, end);
    keep(start);
    sections.push({ id: token.id });
    last = end;
  }
  keep(text.length);
  return sections;
};

/** Finds the added tokens of a text and normalizes what lies between them. */
export const addedTokenSplitter = (
  tokens: readonly AddedToken[],
  normalize: Normalizer,
): ((text: string) => Section[]) => {
  const asWritten = finder(tokens.filter((t) => !t.normalized).map((t) => [t.content, t] as const));
  const asNormalized = finder(
    tokens.filter((t) => t.normalized).map((t) => [normalize(t.content), t] as const),
  );
  return (text) =>
    cut({ text, isStart: true }, asWritten).flatMap((section) => {
      if ('id' in section) return [section];
      const { piece } = section;
      return cut({ ...piece, text: normalize(piece.text) }, asNormalized);
    });
};
