import { toByteCharacters } from './byte-characters';
import { readCharsMap } from './chars-map';
import type { Json } from './error';
import { byType, listAt, textAt } from './error';
import { readPattern, spaceEnd, spaceStart, WHITE_SPACE } from './pattern';

/** What happens to a text before it is split. */
export type Normalizer = (text: string) => string;

const chinese =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
const whiteSpace = new RegExp(WHITE_SPACE, 'gu');

/** Character by character, so that no sigma is taken for a final one. */
const lowercase = (text: string): string => {
  if (!text.includes('Σ')) return text.toLowerCase();
  return Array.from(text, (c) => c.toLowerCase()).join('');
};

const bert = (config: Json): Normalizer => {
  const lower = config['lowercase'] !== false;
  const clean = config['clean_text'] !== false;
  const apart = config['handle_chinese_chars'] !== false;
  const strip = typeof config['strip_accents'] === 'boolean' ? config['strip_accents'] : lower;
  return (given) => {
    let text = given;
    if (clean) {
      text = text.replace(/[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '').replace(whiteSpace, ' ');
    }
    if (apart) text = text.replace(chinese, ' $& ');
    if (strip) text = text.normalize('NFD').replace(/\p{Mn}/gu, '');
    return lower ? lowercase(text) : text;
  };
};

const nmt: Normalizer = (text) =>
  Array.from(text, (c) => {
    const code = c.codePointAt(0)!;
    const isOf = (...ranges: [number, number][]) => ranges.some(([from, to]) => code >= from && code <= to);
    if (isOf([1, 8], [0xb, 0xb], [0xe, 0x1f], [0x7f, 0x7f], [0x8f, 0x8f], [0x9f, 0x9f])) return '';
    const isSpace =
      isOf([9, 0xa], [0xc, 0xd], [0x200b, 0x200f], [0x2028, 0x2029]) ||
      [0x1680, 0x2581, 0xfeff, 0xfffd].includes(code);
    return isSpace ? ' ' : c;
  }).join('');

const strip = (config: Json): Normalizer => {
  const left = config['strip_left'] !== false;
  const right = config['strip_right'] !== false;
  return (text) => {
    const start = left ? spaceEnd(text, 0) : 0;
    return text.slice(start, right ? spaceStart(text, text.length, start) : undefined);
  };
};

const replace = (config: Json, place: string): Normalizer => {
  const find = readPattern(config['pattern'], `${place}.pattern`);
  const content = textAt(config['content'], `${place}.content`);
  return (text) => {
    let written = '';
    let last = 0;
    for (const { start, end } of find(text)) {
      written += text.slice(last, start) + content;
      last = end;
    }
    return written + text.slice(last);
  };
};

const sequence = (config: Json, place: string): Normalizer => {
  const all = listAt(config['normalizers'], `${place}.normalizers`).map((one, i) =>
    byType(makers, one, `${place}.normalizers[${i}]`),
  );
  return (text) => all.reduce((t, normalize) => normalize(t), text);
};

const makers: Record<string, (config: Json, place: string) => Normalizer> = {
  BertNormalizer: bert,
  ByteLevel: () => toByteCharacters,
  Lowercase: () => lowercase,
  NFC: () => (text) => text.normalize('NFC'),
  NFD: () => (text) => text.normalize('NFD'),
  NFKC: () => (text) => text.normalize('NFKC'),
  NFKD: () => (text) => text.normalize('NFKD'),
  Nmt: () => nmt,
  Precompiled: (config, place) =>
    readCharsMap(config['precompiled_charsmap'], `${place}.precompiled_charsmap`),
  Prepend: (config, place) => {
    const prefix = textAt(config['prepend'], `${place}.prepend`);
    return (text) => (text === '' ? text : prefix + text);
  },
  Replace: replace,
  Sequence: sequence,
  Strip: strip,
  StripAccents: () => (text) => text.replace(/\p{M}/gu, ''),
};

/** @throws TokenizerError for a kind that is not known */
export const readNormalizer = (config: unknown): Normalizer =>
  config === null || config === undefined ? (text) => text : byType(makers, config, 'normalizer');
