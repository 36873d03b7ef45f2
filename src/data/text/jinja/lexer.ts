import { fail } from './error';

/** `operator` and `name` carry their text, `string` its value, numbers their digits. */
export interface Token {
  type:
    | 'data'
    | 'block_begin'
    | 'block_end'
    | 'variable_begin'
    | 'variable_end'
    | 'name'
    | 'string'
    | 'integer'
    | 'float'
    | 'operator'
    | 'eof';
  text: string;
  line: number;
}

// What Python's \s and str.isspace() take for whitespace.
export const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const sticky = (source: string, flags = '') => new RegExp(source, `yu${flags}`);

const root = sticky(
  `(?<text>.*?)(?:(?<raw>\\{%(?<rawSign>[-+]?)[${SPACE}]*raw[${SPACE}]*(?:-%\\}[${SPACE}]*|%\\}))|(?<begin>\\{[#%{])(?<sign>[-+]?))`,
  's',
);
const commentEnd = sticky(`.*?(?:\\+#\\}|-#\\}[${SPACE}]*|#\\}\\n?)`, 's');
const rawEnd = sticky(
  `(?<text>.*?)\\{%(?<sign>[-+]?)[${SPACE}]*endraw[${SPACE}]*(?:\\+%\\}|-%\\}[${SPACE}]*|%\\}\\n?)`,
  's',
);
const blockEnd = sticky(`(?:\\+%\\}|-%\\}[${SPACE}]*|%\\}\\n?)`);
const variableEnd = sticky(`(?:-\\}\\}[${SPACE}]*|\\}\\})`);
const whitespace = sticky(`[${SPACE}]+`);
const float = sticky(
  '(?<!\\.)(?:\\d+_)*\\d+(?:(?:\\.(?:\\d+_)*\\d+)?e[+-]?(?:\\d+_)*\\d+|\\.(?:\\d+_)*\\d+)',
  'i',
);
const integer = sticky('(?:0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\\da-f])+|[1-9](?:_?\\d)*|0(?:_?0)*)', 'i');
const name = sticky('[\\p{L}\\p{N}_\\p{M}]+');
const string = sticky(`(?:'[^'\\\\]*(?:\\\\.[^'\\\\]*)*'|"[^"\\\\]*(?:\\\\.[^"\\\\]*)*")`, 's');
const operator = sticky('(?://|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}><=.:|,;])');

const closing: Record<string, string> = { '{': '}', '(': ')', '[': ']' };

const simpleEscapes: Record<string, string> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The text of a literal as Python's unicode-escape reads it: what is no escape stays as it is. */
const unescaped = (literal: string): string =>
  literal.replace(
    /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/gu,
    (whole, octal?: string, x?: string, u?: string, long?: string, character?: string) => {
      const hex = x ?? u ?? long;
      if (hex !== undefined) {
        const code = Number.parseInt(hex, 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : fail('illegal Unicode character in a text');
      }
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      if (['x', 'u', 'U', 'N'].includes(character!)) fail(`${whole} in a text is no character`);
      return simpleEscapes[character!] ?? whole;
    },
  );

const oneSpace = new RegExp(`[${SPACE}]`, 'u');
const trimmed = (text: string): string => {
  let end = text.length;
  while (end > 0 && oneSpace.test(text[end - 1]!)) end--;
  return text.slice(0, end);
};
const onlySpace = new RegExp(`^[${SPACE}]+$`, 'u');

/**
 * Tokens of a template, as Jinja2's lexer makes them with `trim_blocks` and `lstrip_blocks`, which transformers sets.
 * @throws TemplateError with the line
 */
export const tokenize = (template: string): Token[] => {
  const source = template.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let lineStarting = true;

  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  const advance = (whole: string) => {
    for (let i = whole.indexOf('\n'); i >= 0; i = whole.indexOf('\n', i + 1)) line++;
    at += whole.length;
    lineStarting = whole.endsWith('\n');
  };
  const bad = (reason: string): never => fail(`line ${line}: ${reason}`);
  const add = (type: Token['type'], text: string): void => {
    tokens.push({ type, text, line });
  };

  /** The text before a tag, without what the tag's sign or `lstrip_blocks` takes from its end. */
  const before = (text: string, sign: string, isVariable: boolean) => {
    if (sign === '-') return trimmed(text);
    if (sign === '+' || isVariable) return text;
    const lineStart = text.lastIndexOf('\n') + 1;
    if (lineStart === 0 && !lineStarting) return text;
    return onlySpace.test(text.slice(lineStart)) ? text.slice(0, lineStart) : text;
  };

  const unexpected = () => `unexpected ${JSON.stringify(String.fromCodePoint(source.codePointAt(at)!))}`;

  const addOperator = (sign: string, open: string[]) => {
    const close = closing[sign];
    if (close) open.push(close);
    else if (sign === '}' || sign === ')' || sign === ']') {
      const expected = open.pop();
      if (expected !== sign) bad(`unexpected ${sign}${expected ? `, expected ${expected}` : ''}`);
    }
    add('operator', sign);
  };
  const readers: [RegExp, (text: string, open: string[]) => void][] = [
    [float, (text) => add('float', text.replaceAll('_', ''))],
    [integer, (text) => add('integer', text.replaceAll('_', ''))],
    [
      name,
      (text) => {
        if (!/^[\p{ID_Start}_]/u.test(text)) bad(`${text} is no name`);
        add('name', text);
      },
    ],
    [string, (text) => add('string', unescaped(text.slice(1, -1)))],
    [operator, addOperator],
  ];
  /** Adds the token here, and gives its text; undefined when there is none. */
  const readToken = (open: string[]): string | undefined => {
    for (const [pattern, read] of readers) {
      const found = match(pattern);
      if (!found) continue;
      read(found[0], open);
      return found[0];
    }
    return undefined;
  };

  const inTag = (isEnd: RegExp, endType: Token['type']) => {
    const open: string[] = [];
    for (;;) {
      const end = open.length === 0 ? match(isEnd) : null;
      if (end) {
        add(endType, '');
        advance(end[0]);
        return;
      }
      const space = match(whitespace);
      if (space) {
        advance(space[0]);
        continue;
      }
      const whole = readToken(open);
      if (whole === undefined) return bad(at >= source.length ? 'a tag is not closed' : unexpected());
      advance(whole);
    }
  };

  while (at < source.length) {
    const tag = match(root);
    if (!tag) {
      add('data', source.slice(at));
      break;
    }
    const { text, raw, rawSign, begin, sign } = tag.groups!;
    const data = before(text!, raw === undefined ? sign! : rawSign!, begin === '{{');
    if (data !== '') add('data', data);
    advance(tag[0]);
    if (raw !== undefined) {
      const end = match(rawEnd);
      if (!end) return bad('raw is not closed by endraw');
      const inner = before(end.groups!['text']!, end.groups!['sign']!, false);
      if (inner !== '') add('data', inner);
      advance(end[0]);
    } else if (begin === '{#') {
      const end = match(commentEnd);
      if (!end) return bad('a comment is not closed');
      advance(end[0]);
    } else if (begin === '{%') {
      add('block_begin', '');
      inTag(blockEnd, 'block_end');
    } else {
      add('variable_begin', '');
      inTag(variableEnd, 'variable_end');
    }
  }
  add('eof', '');
  return tokens;
};
