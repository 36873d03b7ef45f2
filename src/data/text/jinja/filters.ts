import { Bound } from './arguments';
import { lookUp } from './attributes';
import { fail } from './error';
import { fixed, formatPercent, repeat } from './format';
import type { JsonOptions } from './print';
import { escapeHtml, joinTexts, toJson, toText } from './print';
import type { Filter } from './sequence-filters';
import { sequenceFilters } from './sequence-filters';
import { capitalize, replaceText, splitLines, strip } from './string-methods';
import type { Arguments, Value } from './values';
import {
  asInteger,
  asNumber,
  characters,
  Float,
  isTrue,
  iterate,
  lengthOf,
  Markup,
  size,
  tuple,
  typeName,
  Undefined,
} from './values';

const defaulting: Filter = (value, args) => {
  const bound = new Bound('default', ['default_value', 'boolean'], args);
  const isMissing = value instanceof Undefined || (bound.isTrue('boolean') && !isTrue(value));
  return isMissing ? (bound.value('default_value') ?? '') : value;
};

const length: Filter = (value) => size(value);

const toInteger = (value: Value, fallback: Value, base: number): Value => {
  if (typeof value === 'string') {
    const text = strip(value, undefined, 'both').replace(/(?<=[\da-z])_(?=[\da-z])/gi, '');
    const digits =
      base === 16
        ? /^[-+]?(?:0x)?[\da-f]+$/i
        : base === 8
          ? /^[-+]?(?:0o)?[0-7]+$/i
          : base === 2
            ? /^[-+]?(?:0b)?[01]+$/i
            : /^[-+]?\d+$/;
    if (digits.test(text)) {
      const size = Number.parseInt(text.replace(/^[-+]?(?:0[xob])?/i, ''), base);
      return (text.startsWith('-') ? -size : size) || 0;
    }
  }
  const number = toFloat(value);
  return number === undefined || !Number.isFinite(number) ? fallback : Math.trunc(number) || 0;
};
const toFloat = (value: Value): number | undefined => {
  if (value instanceof Undefined) return value.fail();
  if (typeof value !== 'string') return asNumber(value);
  const text = strip(value, undefined, 'both').replace(/(?<=\d)_(?=\d)/g, '');
  if (/^[-+]?(?:inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^[-+]?nan$/i.test(text)) return Number.NaN;
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;
};

const indent: Filter = (value, args) => {
  const bound = new Bound('indent', ['width', 'first', 'blank'], args);
  const width = bound.value('width') ?? 4;
  const by = typeof width === 'string' ? width : repeat(' ', bound.integer('width', 4));
  if (value instanceof Undefined) return value.fail();
  if (typeof value !== 'string')
    return fail(`unsupported operand type(s) for +=: '${typeName(value)}' and 'str'`);
  const lines = splitLines(`${value}\n`);
  const written = lines.map((line, i) =>
    i > 0 && (bound.isTrue('blank') || line !== '') ? by + line : line,
  );
  return (bound.isTrue('first') ? by : '') + joinTexts(written, '\n');
};

const round: Filter = (value, args) => {
  const bound = new Bound('round', ['precision', 'method'], args);
  const method = bound.text('method', 'common');
  const precision = bound.integer('precision', 0);
  if (value instanceof Undefined) return value.fail();
  const number = asNumber(value) ?? fail(`type ${typeName(value)} doesn't define __round__ method`);
  if (!['common', 'ceil', 'floor'].includes(method)) return fail('method must be common, ceil or floor');
  const scale = 10 ** precision;
  if (method !== 'common') return new Float(Math[method as 'ceil' | 'floor'](number * scale) / scale);
  if (precision > 100) return value;
  const rounded =
    precision >= 0 ? Number(fixed(number, precision)) : Number(fixed(number * scale, 0)) / scale;
  return value instanceof Float ? new Float(rounded) : rounded;
};

const truncate: Filter = (value, args) => {
  const bound = new Bound('truncate', ['length', 'killwords', 'end', 'leeway'], args);
  const end = bound.text('end', '...');
  const most = bound.integer('length', 255);
  if (most < lengthOf(end)) return fail(`expected length >= ${lengthOf(end)}, got ${most}`);
  if (size(value) <= most + bound.integer('leeway', 5)) return value;
  if (typeof value !== 'string') return fail(`can only truncate str, not ${typeName(value)}`);
  const all = characters(value);
  const cut = all.slice(0, most - lengthOf(end)).join('');
  const space = cut.lastIndexOf(' ');
  return (bound.isTrue('killwords') || space < 0 ? cut : cut.slice(0, space)) + end;
};

const tojson: Filter = (value, args) => {
  const bound = new Bound('tojson', ['ensure_ascii', 'indent', 'separators', 'sort_keys'], args);
  const given = bound.value('indent') ?? null;
  const separators = bound.value('separators') ?? null;
  const options: JsonOptions = {
    ensureAscii: bound.isTrue('ensure_ascii'),
    sortKeys: bound.isTrue('sort_keys'),
    indent:
      given === null
        ? undefined
        : typeof given === 'string'
          ? given
          : repeat(' ', bound.integer('indent', 0)),
  };
  if (separators !== null) {
    const [comma, colon, ...more] = iterate(separators);
    if (comma === undefined || colon === undefined || more.length > 0)
      return fail('separators must be two texts');
    options.separators = [toText(comma), toText(colon)];
  }
  return toJson(value, options);
};

const titleFilter: Filter = (value) =>
  toText(value)
    .split(/([-\s({[<]+)/)
    .map((word) => capitalizeFirst(word))
    .join('');
const capitalizeFirst = (word: string) => {
  const [head = '', ...tail] = characters(word);
  return head.toUpperCase() + tail.join('').toLowerCase();
};

const urlencode: Filter = (value) => {
  const quote = (text: string, isQuery: boolean) =>
    encodeURIComponent(text)
      .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
      .replace(isQuery ? /%20/g : /%2F/g, isQuery ? '+' : '/');
  if (typeof value === 'string' || asNumber(value) !== undefined || value === null)
    return quote(toText(value), false);
  const entries = value instanceof Map ? [...value] : iterate(value).map((pair) => iterate(pair));
  if (entries.some((pair) => pair.length !== 2)) return fail('pairs of key and value are needed');
  return entries.map(([k, v]) => `${quote(toText(k!), true)}=${quote(toText(v!), true)}`).join('&');
};

/** Jinja2's filters by name, `tojson` as transformers has it. */
const filters: Record<string, Filter> = {
  ...sequenceFilters((name, value, args) => runFilter(name, value, args)),
  abs: (value) => {
    if (value instanceof Undefined) return value.fail();
    const number = asNumber(value) ?? fail(`bad operand type for abs(): '${typeName(value)}'`);
    return value instanceof Float ? new Float(Math.abs(number)) : Math.abs(number);
  },
  attr: (value, args) => {
    const name = new Bound('attr', ['name'], args, 1).text('name', '');
    return value instanceof Map && value.has(name)
      ? new Undefined(`'dict object' has no attribute '${name}'`)
      : lookUp.attribute(value, name);
  },
  capitalize: (value) => capitalize(toText(value)),
  center: (value, args) => {
    const width = new Bound('center', ['width'], args).integer('width', 80);
    return toText(lookUpMethod(toText(value), 'center', [width]));
  },
  count: length,
  d: defaulting,
  default: defaulting,
  e: escapeHtml,
  escape: escapeHtml,
  float: (value, args) => {
    const number = toFloat(value);
    return number === undefined
      ? (new Bound('float', ['default'], args).value('default') ?? new Float(0))
      : new Float(number);
  },
  format: (value, { positional, named }) =>
    formatPercent(
      toText(value),
      named.size > 0 ? new Map([...named] as [Value, Value][]) : tuple(...positional),
    ),
  indent,
  int: (value, args) => {
    const bound = new Bound('int', ['default', 'base'], args);
    return toInteger(value, bound.value('default') ?? 0, bound.integer('base', 10));
  },
  length,
  lower: (value) => toText(value).toLowerCase(),
  replace: (value, args) => {
    const bound = new Bound('replace', ['old', 'new', 'count'], args, 2);
    const count = bound.value('count') ?? null;
    return replaceText(
      toText(value),
      toText(bound.value('old')!),
      toText(bound.value('new')!),
      count === null ? -1 : asInteger(count),
    );
  },
  round,
  safe: (value) => (value instanceof Markup ? value : new Markup(toText(value))),
  string: (value) => (value instanceof Markup ? value : toText(value)),
  title: titleFilter,
  tojson,
  trim: (value, args) =>
    strip(toText(value), new Bound('trim', ['chars'], args).optionalText('chars'), 'both'),
  truncate,
  upper: (value) => toText(value).toUpperCase(),
  urlencode,
  wordcount: (value) => toText(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0,
};

const lookUpMethod = (text: string, name: string, positional: Value[]): Value => {
  const method = lookUp.attribute(text, name);
  return typeof method === 'object' && method !== null && 'call' in method
    ? method.call({ positional, named: new Map() })
    : fail(`there is no method ${name}`);
};

export const filterNames: ReadonlySet<string> = new Set(Object.keys(filters));
/** What Jinja2 has beside them: for pages, for chance, or never seen in a chat template. */
export const unsupportedFilters: ReadonlySet<string> = new Set([
  'filesizeformat',
  'forceescape',
  'pprint',
  'random',
  'striptags',
  'urlize',
  'wordwrap',
  'xmlattr',
]);

/** @throws TemplateError for a filter that is not known, and for what Python raises */
export const runFilter = (name: string, value: Value, args: Arguments): Value => {
  if (!Object.hasOwn(filters, name)) return fail(`there is no filter named ${name}`);
  return filters[name]!(value, args);
};
