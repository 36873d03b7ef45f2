import { toByteCharacters } from './byte-characters';
import type { Json } from './error';
import { bad, byType, listAt, textAt } from './error';
import type { Pattern } from './pattern';
import { fromRegExp, readPattern, WHITE_SPACE, WORD } from './pattern';
import type { Behavior, Piece } from './pieces';
import { readBehavior, splitPiece } from './pieces';

/** Cuts pieces into the words that the model sees one by one, and may rewrite them. */
export type PreTokenizer = (pieces: readonly Piece[]) => Piece[];

const splitting =
  (find: Pattern, behavior: Behavior, invert = false): PreTokenizer =>
  (pieces) =>
    pieces.flatMap((piece) => splitPiece(piece, find(piece.text), behavior, invert));

const of = (source: string) => fromRegExp(new RegExp(source, 'gu'));
const punctuation = of('[\\p{P}!-/:-@[-`{-~]');
const whiteSpace = of(WHITE_SPACE);
const gpt2Words = of(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${WHITE_SPACE}\\p{L}\\p{N}]+|${WHITE_SPACE}+(?!\\P{White_Space})|${WHITE_SPACE}+`,
);

const byteLevel = (config: Json): PreTokenizer => {
  const addsSpace = config['add_prefix_space'] !== false;
  const cut = config['use_regex'] === false ? undefined : splitting(gpt2Words, 'Isolated');
  return (pieces) => {
    const begun = addsSpace
      ? pieces.map((piece) => (piece.text.startsWith(' ') ? piece : { ...piece, text: ` ${piece.text}` }))
      : pieces;
    return (cut ? cut(begun) : begun).map((piece) => ({ ...piece, text: toByteCharacters(piece.text) }));
  };
};

const metaspace = (config: Json, place: string): PreTokenizer => {
  const replacement = textAt(config['replacement'] ?? '▁', `${place}.replacement`);
  const given = config['prepend_scheme'] ?? (config['add_prefix_space'] === false ? 'never' : 'always');
  const scheme = String(given).toLowerCase();
  if (!['always', 'first', 'never'].includes(scheme))
    bad(`${place}.prepend_scheme`, 'must be always, first or never');
  const find = of(`[${replacement.replace(/[\\\]^-]/g, '\\$&')}]`);
  return (pieces) => {
    const written = pieces.map((piece) => {
      const text = piece.text.replaceAll(' ', replacement);
      const isBegun = scheme === 'always' || (scheme === 'first' && piece.isStart);
      return { ...piece, text: isBegun && !text.startsWith(replacement) ? replacement + text : text };
    });
    if (config['split'] === false) return written;
    return written.flatMap((piece) => splitPiece(piece, find(piece.text), 'MergedWithNext'));
  };
};

const split = (config: Json, place: string): PreTokenizer =>
  splitting(
    readPattern(config['pattern'], `${place}.pattern`),
    readBehavior(config['behavior'], `${place}.behavior`),
    config['invert'] === true,
  );

const fixedLength = (config: Json, place: string): PreTokenizer => {
  const length = config['length'];
  if (!Number.isInteger(length) || (length as number) < 1)
    bad(`${place}.length`, 'must be a whole number above 0');
  const find = of(`[\\s\\S]{1,${Math.min(length as number, 65_535)}}`);
  return splitting(find, 'Isolated');
};

const sequence = (config: Json, place: string): PreTokenizer => {
  const all = listAt(config['pretokenizers'], `${place}.pretokenizers`).map((one, i) =>
    byType(makers, one, `${place}.pretokenizers[${i}]`),
  );
  return (pieces) => all.reduce((now, cut) => cut(now), [...pieces]);
};

const makers: Record<string, (config: Json, place: string) => PreTokenizer> = {
  BertPreTokenizer: () => {
    const words = splitting(whiteSpace, 'Removed');
    const signs = splitting(punctuation, 'Isolated');
    return (pieces) => signs(words(pieces));
  },
  ByteLevel: byteLevel,
  CharDelimiterSplit: (config, place) =>
    splitting(readPattern(config['delimiter'], `${place}.delimiter`), 'Removed'),
  Digits: (config) =>
    splitting(of('\\p{N}'), config['individual_digits'] === true ? 'Isolated' : 'Contiguous'),
  FixedLength: fixedLength,
  Metaspace: metaspace,
  Punctuation: (config, place) =>
    splitting(punctuation, readBehavior(config['behavior'] ?? 'Isolated', `${place}.behavior`)),
  Sequence: sequence,
  Split: split,
  Whitespace: () => splitting(of(`${WORD}+|[^${WORD.slice(1, -1)}${WHITE_SPACE}]+`), 'Removed', true),
  WhitespaceSplit: () => splitting(whiteSpace, 'Removed'),
};

/** @throws TokenizerError for a kind that is not known */
export const readPreTokenizer = (config: unknown): PreTokenizer =>
  config === null || config === undefined ? (pieces) => [...pieces] : byType(makers, config, 'pre_tokenizer');
