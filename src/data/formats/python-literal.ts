import { limits } from '../rows/limits';

/** Why a text is not a value as Python writes one, and at which character. */
export class LiteralProblem extends Error {}

const constants: Record<string, unknown> = {
  None: null,
  True: true,
  False: false,
  nan: null,
  null: null,
  true: true,
  false: false,
};

const simpleEscapes: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '0': '\0',
  '\n': '',
};

const word = /[A-Za-z_][A-Za-z_0-9.]*/y;
const number = /[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const hex = /x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})/y;

/**
 * Reads a value as Python's `repr` writes it: lists, tuples, dictionaries, strings, numbers, None. What NumPy and pandas
 * make of them is read too: entries without commas between them, `array([...], dtype=object)`, nan. JSON is read as well.
 * @throws LiteralProblem
 */
export const parseLiteral = (text: string): unknown => {
  let at = 0;
  let depth = 0;
  const bad = (what: string): never => {
    throw new LiteralProblem(`${what} at character ${at + 1}`);
  };
  const space = () => {
    while (at < text.length && /\s/.test(text[at]!)) at++;
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found;
  };
  const escaped = (): string => {
    const code = match(hex);
    if (code) {
      const point = Number.parseInt((code[1] ?? code[2] ?? code[3])!, 16);
      return point > 0x10ffff ? bad('a character that does not exist') : String.fromCodePoint(point);
    }
    const c = text[at++];
    if (c === undefined) return bad('a text that does not end');
    if (Object.hasOwn(simpleEscapes, c)) return simpleEscapes[c]!;
    // Python keeps the backslash before what it does not know.
    return c === '\\' || c === "'" || c === '"' || c === '/' ? c : `\\${c}`;
  };
  const string = (): string => {
    const quote = text[at]!;
    at++;
    const pieces: string[] = [];
    let from = at;
    for (;;) {
      const c = text[at];
      if (c === undefined) return bad('a text that does not end');
      if (c === quote) break;
      if (c !== '\\') at++;
      else {
        pieces.push(text.slice(from, at));
        at++;
        pieces.push(escaped());
        from = at;
      }
    }
    pieces.push(text.slice(from, at));
    at++;
    return pieces.join('');
  };
  const list = (close: string): unknown[] => {
    at++;
    if (++depth > limits.depth) bad(`more than ${limits.depth} lists in lists`);
    const items: unknown[] = [];
    for (;;) {
      space();
      if (text[at] === close) break;
      items.push(value());
      space();
      if (text[at] === ',') at++;
      else if (text[at] === undefined) bad('a list that does not end');
    }
    at++;
    depth--;
    return items;
  };
  const dictionary = (): Record<string, unknown> => {
    at++;
    if (++depth > limits.depth) bad(`more than ${limits.depth} lists in lists`);
    const entries: [string, unknown][] = [];
    for (;;) {
      space();
      if (text[at] === '}') break;
      const key = value();
      if (typeof key !== 'string' && typeof key !== 'number') bad('a key that is no text');
      space();
      if (text[at] !== ':') bad('no colon behind a key');
      at++;
      entries.push([String(key), value()]);
      space();
      if (text[at] === ',') at++;
      else if (text[at] !== '}') bad('no comma behind a value');
    }
    at++;
    depth--;
    return Object.fromEntries(entries);
  };
  const named = (name: string): unknown => {
    if (Object.hasOwn(constants, name)) return constants[name];
    if (name !== 'array' && name !== 'np.array' && name !== 'numpy.array')
      return bad(`"${name.slice(0, 30)}"`);
    space();
    if (text[at] !== '(') bad('no bracket behind "array"');
    at++;
    const items = value();
    // What follows is the kind of the array.
    const end = text.indexOf(')', at);
    if (end < 0) bad('an array that does not end');
    at = end + 1;
    return items;
  };
  const value = (): unknown => {
    space();
    const c = text[at];
    if (c === '"' || c === "'") return string();
    if (c === '[') return list(']');
    if (c === '(') return list(')');
    if (c === '{') return dictionary();
    const digits = match(number);
    if (digits) return Number(digits[0].replaceAll('_', ''));
    const name = match(word);
    if (name) return named(name[0]);
    return bad(c === undefined ? 'nothing' : `"${c}"`);
  };
  const result = value();
  space();
  if (at < text.length) bad('more than one value');
  return result;
};
