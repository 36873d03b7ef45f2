import { Bound } from './arguments';
import { checkList, checkText, fail } from './error';
import { formatBraces, pad } from './format';
import { SPACE } from './lexer';
import { joinTexts } from './print';
import type { Arguments, Value } from './values';
import { characters, Frozen, iterate, lengthOf, Markup, tuple, typeName, Undefined } from './values';

const space = new RegExp(`[${SPACE}]`, 'u');
const spaces = new RegExp(`[${SPACE}]+`, 'u');

/** `strip` and its like: without `chars`, whitespace; else any of those characters. */
export const strip = (text: string, chars: string | undefined, sides: 'both' | 'left' | 'right'): string => {
  const all = characters(text);
  const set = chars === undefined ? undefined : new Set(characters(chars));
  const goes = (c: string) => (set ? set.has(c) : space.test(c));
  let start = 0;
  let end = all.length;
  if (sides !== 'right') while (start < end && goes(all[start]!)) start++;
  if (sides !== 'left') while (end > start && goes(all[end - 1]!)) end--;
  return all.slice(start, end).join('');
};

const LINE_ENDS = '\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029';
const lineWithEnd = new RegExp(`([^${LINE_ENDS}]*)(?:\\r\\n|[${LINE_ENDS}]|$)`, 'g');

export const splitLines = (text: string, keepEnds = false): string[] => {
  const found: string[] = [];
  for (const [line, body] of text.matchAll(lineWithEnd)) {
    if (line !== '') found.push(keepEnds ? line : body!);
  }
  return found;
};

const split = (text: string, separator: string | undefined, most: number): string[] => {
  const parts: string[] = [];
  if (separator === '') return fail('empty separator');
  if (separator === undefined) {
    let rest = strip(text, undefined, 'left');
    while (rest !== '') {
      const gap = most >= 0 && parts.length >= most ? null : spaces.exec(rest);
      if (!gap) return [...parts, most >= 0 && parts.length >= most ? rest : strip(rest, undefined, 'right')];
      parts.push(rest.slice(0, gap.index));
      rest = rest.slice(gap.index + gap[0].length);
    }
    return parts;
  }
  const all = text.split(separator);
  if (most < 0 || all.length <= most + 1) return all;
  return [...all.slice(0, most), all.slice(most).join(separator)];
};

const splitFromRight = (text: string, separator: string | undefined, most: number): string[] => {
  if (most < 0) return split(text, separator, most);
  const turn = (t: string) => characters(t).reverse().join('');
  return split(turn(text), separator && turn(separator), most)
    .map(turn)
    .reverse();
};

export const replaceText = (text: string, old: string, by: string, count = -1): string => {
  const parts = old === '' ? ['', ...characters(text), ''] : text.split(old);
  const most = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  checkText(text.length + most * by.length);
  return (
    parts
      .slice(0, most)
      .map((part) => part + by)
      .join('') + parts.slice(most).join(old)
  );
};

const isCased = (c: string) => c.toLowerCase() !== c.toUpperCase();

export const capitalize = (text: string): string => {
  const [first = '', ...rest] = characters(text);
  const upper = characters(first.toUpperCase());
  return (upper[0] ?? '') + upper.slice(1).join('').toLowerCase() + rest.join('').toLowerCase();
};

const title = (text: string): string => {
  let afterCased = false;
  return characters(text)
    .map((c) => {
      const written = !isCased(c) ? c : afterCased ? c.toLowerCase() : capitalize(c);
      afterCased = isCased(c);
      return written;
    })
    .join('');
};

const isTitle = (text: string) => title(text) === text && characters(text).some(isCased);

const every = (text: string, pattern: RegExp) =>
  text !== '' && characters(text).every((c) => pattern.test(c));

/** Positions of a slice as Python clamps them. */
const within = (length: number, index: number | undefined, otherwise: number) => {
  if (index === undefined) return otherwise;
  return index < 0 ? Math.max(0, length + index) : Math.min(index, length);
};

const affix = (
  text: string,
  bound: Bound,
  name: string,
  fits: (part: string, affix: string) => boolean,
): boolean => {
  const all = characters(text);
  const start = bound.integer('start', 0);
  const part = all
    .slice(within(all.length, start, 0), within(all.length, bound.integer('end', undefined), all.length))
    .join('');
  const given = bound.value('affix')!;
  const affixes = given instanceof Frozen && given.kind === 'tuple' ? given.items : [given];
  return affixes.some((one) => {
    if (one instanceof Undefined) return one.fail();
    if (one instanceof Markup) return fits(part, one.text);
    return typeof one === 'string'
      ? fits(part, one)
      : fail(`${name} first arg must be str or a tuple of str, not ${typeName(one)}`);
  });
};

const find = (text: string, bound: Bound, fromRight: boolean): number => {
  const all = characters(text);
  const start = within(all.length, bound.integer('start', undefined), 0);
  const end = within(all.length, bound.integer('end', undefined), all.length);
  const part = all.slice(start, end).join('');
  const sought = bound.text('sub', '');
  const at = fromRight ? part.lastIndexOf(sought) : part.indexOf(sought);
  return at < 0 || start > end ? -1 : start + lengthOf(part.slice(0, at));
};

const partition = (text: string, separator: string, fromRight: boolean): Value => {
  if (separator === '') return fail('empty separator');
  const at = fromRight ? text.lastIndexOf(separator) : text.indexOf(separator);
  if (at < 0) return fromRight ? tuple('', '', text) : tuple(text, '', '');
  return tuple(text.slice(0, at), separator, text.slice(at + separator.length));
};

export interface LookUp {
  attribute(value: Value, name: string): Value;
  item(value: Value, key: Value): Value;
}

type Method = (text: string, args: Arguments, name: string, lookUp: LookUp) => Value;

const plain =
  (f: (text: string) => Value): Method =>
  (text, args, name) => {
    void new Bound(name, [], args);
    return f(text);
  };
const stripping =
  (sides: 'both' | 'left' | 'right'): Method =>
  (text, args, name) =>
    strip(text, new Bound(name, ['chars'], args).optionalText('chars'), sides);
const padding =
  (align: string): Method =>
  (text, args, name) => {
    const bound = new Bound(name, ['width', 'fillchar'], args, 1);
    const fill = bound.text('fillchar', ' ');
    if (lengthOf(fill) !== 1) fail('The fill character must be exactly one character long');
    const missing = bound.integer('width', 0) - lengthOf(text);
    // Python puts the odd one to the left where the width is odd.
    if (align === '^' && missing > 0 && missing % 2 === 1 && bound.integer('width', 0) % 2 === 1) {
      return pad(
        pad(text, lengthOf(text) + (missing + 1) / 2, '>', fill),
        bound.integer('width', 0),
        '<',
        fill,
      );
    }
    return pad(text, bound.integer('width', 0), align, fill);
  };
const splitting =
  (how: typeof split): Method =>
  (text, args, name) => {
    const bound = new Bound(name, ['sep', 'maxsplit'], args);
    const parts = how(text, bound.optionalText('sep'), bound.integer('maxsplit', -1));
    checkList(parts.length);
    return parts;
  };
const affixing =
  (fits: (part: string, affix: string) => boolean): Method =>
  (text, args, name) =>
    affix(text, new Bound(name, ['affix', 'start', 'end'], args, 1), name, fits);
const finding =
  (fromRight: boolean, mustBe: boolean): Method =>
  (text, args, name) => {
    const at = find(text, new Bound(name, ['sub', 'start', 'end'], args, 1), fromRight);
    return at < 0 && mustBe ? fail('substring not found') : at;
  };

/** The methods of Python's str. */
export const stringMethods: Record<string, Method> = {
  capitalize: plain(capitalize),
  casefold: plain((text) => text.replaceAll('ß', 'ss').toLowerCase()),
  center: padding('^'),
  count: (text, args, name) => {
    const bound = new Bound(name, ['sub', 'start', 'end'], args, 1);
    const all = characters(text);
    const part = all.slice(
      within(all.length, bound.integer('start', undefined), 0),
      within(all.length, bound.integer('end', undefined), all.length),
    );
    const sought = bound.text('sub', '');
    return sought === '' ? part.length + 1 : part.join('').split(sought).length - 1;
  },
  endswith: affixing((part, end) => part.endsWith(end)),
  find: finding(false, false),
  format: (text, { positional, named }, _, lookUp) => formatBraces(text, positional, named, lookUp),
  index: finding(false, true),
  isalnum: plain((text) => every(text, /^[\p{L}\p{N}]$/u)),
  isalpha: plain((text) => every(text, /^\p{L}$/u)),
  isascii: plain((text) => characters(text).every((c) => c.codePointAt(0)! < 128)),
  isdecimal: plain((text) => every(text, /^\p{Nd}$/u)),
  isdigit: plain((text) => every(text, /^[\p{Nd}²³¹⁰-⁹₀-₉]$/u)),
  isidentifier: plain((text) => /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(text)),
  islower: plain((text) => text === text.toLowerCase() && characters(text).some(isCased)),
  isnumeric: plain((text) => every(text, /^\p{N}$/u)),
  isprintable: plain((text) => !/[\p{C}\p{Z}]/u.test(text.replaceAll(' ', ''))),
  isspace: plain((text) => every(text, space)),
  istitle: plain(isTitle),
  isupper: plain((text) => text === text.toUpperCase() && characters(text).some(isCased)),
  join: (text, args, name) => {
    const items = iterate(new Bound(name, ['iterable'], args, 1).value('iterable')!);
    items.forEach((item, i) => {
      if (typeof item !== 'string' && !(item instanceof Markup)) {
        fail(`sequence item ${i}: expected str instance, ${typeName(item)} found`);
      }
    });
    return joinTexts(items, text);
  },
  ljust: padding('<'),
  lower: plain((text) => text.toLowerCase()),
  lstrip: stripping('left'),
  partition: (text, args, name) => partition(text, new Bound(name, ['sep'], args, 1).text('sep', ''), false),
  removeprefix: (text, args, name) => {
    const prefix = new Bound(name, ['prefix'], args, 1).text('prefix', '');
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  },
  removesuffix: (text, args, name) => {
    const suffix = new Bound(name, ['suffix'], args, 1).text('suffix', '');
    return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
  },
  replace: (text, args, name) => {
    const bound = new Bound(name, ['old', 'new', 'count'], args, 2);
    return replaceText(text, bound.text('old', ''), bound.text('new', ''), bound.integer('count', -1));
  },
  rfind: finding(true, false),
  rindex: finding(true, true),
  rjust: padding('>'),
  rpartition: (text, args, name) => partition(text, new Bound(name, ['sep'], args, 1).text('sep', ''), true),
  rsplit: splitting(splitFromRight),
  rstrip: stripping('right'),
  split: splitting(split),
  splitlines: (text, args, name) => splitLines(text, new Bound(name, ['keepends'], args).isTrue('keepends')),
  startswith: affixing((part, start) => part.startsWith(start)),
  strip: stripping('both'),
  swapcase: plain((text) =>
    characters(text)
      .map((c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()))
      .join(''),
  ),
  title: plain(title),
  upper: plain((text) => text.toUpperCase()),
  zfill: (text, args, name) => {
    const sign = /^[-+]?/.exec(text)![0];
    const width = new Bound(name, ['width'], args, 1).integer('width', 0) - sign.length;
    return sign + pad(text.slice(sign.length), width, '>', '0');
  },
};

/** Methods that Python's str has and we do not. */
export const missingStringMethods = ['encode', 'expandtabs', 'format_map', 'maketrans', 'translate'];
