import { Bound } from './arguments';
import { lookUp } from './attributes';
import { checkList, fail } from './error';
import { fixed, formatPercent, repeat } from './format';
import { binary } from './operators';
import type { JsonOptions } from './print';
import { escapeHtml, joinTexts, toJson, toText } from './print';
import { capitalize, replaceText, splitLines, strip } from './string-methods';
import { runTest } from './tests';
import type { Arguments, Value } from './values';
import {
  asInteger,
  asNumber,
  characters,
  compare,
  equal,
  Float,
  Generator,
  isTrue,
  iterate,
  lengthOf,
  list,
  Markup,
  size,
  tuple,
  typeName,
  Undefined,
} from './values';

type Filter = (value: Value, args: Arguments) => Value;

/** By a path such as `function.name` or `0.a`; undefined goes on as undefined. */
const attributePath = (value: Value, path: Value, otherwise?: Value): Value => {
  const steps: Value[] =
    typeof path === 'number'
      ? [path]
      : toText(path)
          .split('.')
          .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  let found = value;
  for (const step of steps) {
    found = lookUp.item(found, step);
    if (found instanceof Undefined && otherwise !== undefined) found = otherwise;
  }
  return found;
};

const foldCase = (value: Value): Value => (typeof value === 'string' ? value.toLowerCase() : value);

const sorted = <T>(items: readonly T[], key: (item: T) => Value, reverse: boolean): T[] => {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  keyed.sort((a, b) => (reverse ? compare(b.key, a.key) : compare(a.key, b.key)));
  return keyed.map(({ item }) => item);
};

const extreme =
  (sign: 1 | -1): Filter =>
  (value, args) => {
    const bound = new Bound('min', ['case_sensitive', 'attribute'], args);
    const attribute = bound.value('attribute');
    const key = (item: Value) => {
      const own = attribute === undefined || attribute === null ? item : attributePath(item, attribute);
      return bound.isTrue('case_sensitive') ? own : foldCase(own);
    };
    const items = iterate(value);
    if (items.length === 0) return new Undefined('No aggregated item, sequence was empty.');
    return items.reduce((best, item) => (sign * compare(key(item), key(best)) < 0 ? item : best));
  };

const rest = ({ positional, named }: Arguments, count: number): Arguments => ({
  positional: positional.slice(count),
  named,
});

/** `select` and its like: by a test, else by whether the value is true. */
const selecting =
  (keep: boolean, byAttribute: boolean): Filter =>
  (value, args) => {
    let name: Value | undefined;
    let others = args.positional;
    if (byAttribute) [name, ...others] = others as [Value, ...Value[]];
    if (byAttribute && name === undefined) return fail('Missing parameter for attribute name');
    const [test, ...testArguments] = others;
    const kept = iterate(value).filter((item) => {
      const own = byAttribute ? attributePath(item, name!) : item;
      const isFit = test === undefined ? isTrue(own) : runTest(toText(test), own, testArguments);
      return isFit === keep;
    });
    return new Generator(kept);
  };

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
  const all = characters(toText(value));
  if (most < lengthOf(end)) return fail(`expected length >= ${lengthOf(end)}, got ${most}`);
  if (all.length <= most + bound.integer('leeway', 5)) return value;
  const cut = all.slice(0, most - lengthOf(end)).join('');
  const space = cut.lastIndexOf(' ');
  return (bound.isTrue('killwords') || space < 0 ? cut : cut.slice(0, space)) + end;
};

const unique: Filter = (value, args) => {
  const bound = new Bound('unique', ['case_sensitive', 'attribute'], args);
  const attribute = bound.value('attribute');
  const seen: Value[] = [];
  return new Generator(
    iterate(value).filter((item) => {
      const own = attribute === undefined || attribute === null ? item : attributePath(item, attribute);
      const key = bound.isTrue('case_sensitive') ? own : foldCase(own);
      if (seen.some((other) => equal(other, key))) return false;
      seen.push(key);
      return true;
    }),
  );
};

const sort: Filter = (value, args) => {
  const bound = new Bound('sort', ['reverse', 'case_sensitive', 'attribute'], args);
  const attribute = bound.value('attribute') ?? null;
  const fold = bound.isTrue('case_sensitive') ? (v: Value) => v : foldCase;
  const key = (item: Value): Value => {
    if (attribute === null) return fold(item);
    if (typeof attribute !== 'string') return fold(attributePath(item, attribute));
    return [...attribute.split(',').map((path) => fold(attributePath(item, path)))];
  };
  return sorted(iterate(value), key, bound.isTrue('reverse'));
};

const dictsort: Filter = (value, args) => {
  const bound = new Bound('dictsort', ['case_sensitive', 'by', 'reverse'], args);
  const by = bound.text('by', 'key');
  if (by !== 'key' && by !== 'value') return fail('You can only sort by either "key" or "value"');
  if (!(value instanceof Map)) return fail(`'${typeName(value)}' object has no attribute 'items'`);
  const pick = ([k, v]: [Value, Value]) => (by === 'key' ? k : v);
  const key = (entry: [Value, Value]) =>
    bound.isTrue('case_sensitive') ? pick(entry) : foldCase(pick(entry));
  return sorted([...value], key, bound.isTrue('reverse')).map(([k, v]) => tuple(k, v));
};

const groupby: Filter = (value, args) => {
  const bound = new Bound('groupby', ['attribute', 'default', 'case_sensitive'], args, 1);
  const fold = bound.isTrue('case_sensitive') ? (v: Value) => v : foldCase;
  const own = (item: Value) => attributePath(item, bound.value('attribute')!, bound.value('default'));
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sorted(iterate(value), (v) => fold(own(v)), false)) {
    const key = fold(own(item));
    const last = groups.at(-1);
    if (last && equal(last.key, key)) last.items.push(item);
    else groups.push({ key, items: [item] });
  }
  // Each is a pair that also has the names `grouper` and `list`; only the pair is given here.
  return groups.map(({ items }) => tuple(own(items[0]!), items));
};

const map: Filter = (value, args) => {
  const { positional, named } = args;
  const attribute = named.get('attribute');
  if (positional.length === 0 && attribute !== undefined) {
    const unknown = [...named.keys()].find((key) => key !== 'attribute' && key !== 'default');
    if (unknown) return fail(`Unexpected keyword argument '${unknown}'`);
    return new Generator(iterate(value).map((item) => attributePath(item, attribute, named.get('default'))));
  }
  const [name] = positional;
  if (name === undefined) return fail('map requires a filter argument');
  return new Generator(iterate(value).map((item) => runFilter(toText(name), item, rest(args, 1))));
};

const batch: Filter = (value, args) => {
  const bound = new Bound('batch', ['linecount', 'fill_with'], args, 1);
  const count = bound.integer('linecount', 1);
  if (count < 1) return fail('batch needs a count of at least 1');
  const items = iterate(value);
  const fill = bound.value('fill_with') ?? null;
  const batches: Value[] = [];
  for (let i = 0; i < items.length; i += count) {
    const one = items.slice(i, i + count);
    while (fill !== null && one.length < count) one.push(fill);
    batches.push(one);
  }
  return new Generator(batches);
};

const slices: Filter = (value, args) => {
  const bound = new Bound('slice', ['slices', 'fill_with'], args, 1);
  const count = bound.integer('slices', 1);
  if (count < 1) return fail('integer division or modulo by zero');
  checkList(count);
  const items = iterate(value);
  const each = Math.floor(items.length / count);
  const longer = items.length % count;
  const fill = bound.value('fill_with') ?? null;
  let at = 0;
  return new Generator(
    Array.from({ length: count }, (_, i) => {
      const start = at;
      at += each + (i < longer ? 1 : 0);
      const part = items.slice(start, at);
      return fill !== null && i >= longer ? [...part, fill] : part;
    }),
  );
};

const join: Filter = (value, args) => {
  const bound = new Bound('join', ['d', 'attribute'], args);
  const attribute = bound.value('attribute') ?? null;
  const items = iterate(value).map((item) => (attribute === null ? item : attributePath(item, attribute)));
  return joinTexts(items, toText(bound.value('d') ?? ''));
};

const first: Filter = (value) => {
  const found = value instanceof Generator ? value.takeOne() : iterate(value)[0];
  return found === undefined ? new Undefined('No first item, sequence was empty.') : found;
};
const last: Filter = (value) => {
  if (value instanceof Generator) return fail("'generator' object is not reversible");
  return iterate(value).at(-1) ?? new Undefined('No last item, sequence was empty.');
};

const reverse: Filter = (value) => {
  if (typeof value === 'string') return characters(value).reverse().join('');
  return new Generator([...iterate(value)].reverse());
};

const sum: Filter = (value, args) => {
  const bound = new Bound('sum', ['attribute', 'start'], args);
  const attribute = bound.value('attribute') ?? null;
  const items = iterate(value).map((item) => (attribute === null ? item : attributePath(item, attribute)));
  return items.reduce((total, item) => binary('+', total, item), bound.value('start') ?? 0);
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
  return entries.map(([k, v]) => `${quote(toText(k!), true)}=${quote(toText(v!), true)}`).join('&');
};

const items: Filter = (value) => {
  if (value instanceof Undefined) return new Generator([]);
  if (!(value instanceof Map)) return fail('Can only get item pairs from a mapping.');
  return new Generator([...value].map(([k, v]) => tuple(k, v)));
};

/** Jinja2's filters by name, `tojson` as transformers has it. */
const filters: Record<string, Filter> = {
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
  batch,
  capitalize: (value) => capitalize(toText(value)),
  center: (value, args) => {
    const width = new Bound('center', ['width'], args).integer('width', 80);
    return toText(lookUpMethod(toText(value), 'center', [width]));
  },
  count: length,
  d: defaulting,
  default: defaulting,
  dictsort,
  e: escapeHtml,
  escape: escapeHtml,
  first,
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
  groupby,
  indent,
  int: (value, args) => {
    const bound = new Bound('int', ['default', 'base'], args);
    return toInteger(value, bound.value('default') ?? 0, bound.integer('base', 10));
  },
  items,
  join,
  last,
  length,
  list,
  lower: (value) => toText(value).toLowerCase(),
  map,
  max: extreme(-1),
  min: extreme(1),
  reject: selecting(false, false),
  rejectattr: selecting(false, true),
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
  reverse,
  round,
  safe: (value) => (value instanceof Markup ? value : new Markup(toText(value))),
  select: selecting(true, false),
  selectattr: selecting(true, true),
  slice: slices,
  sort,
  string: (value) => (value instanceof Markup ? value : toText(value)),
  sum,
  title: titleFilter,
  tojson,
  trim: (value, args) =>
    strip(toText(value), new Bound('trim', ['chars'], args).optionalText('chars'), 'both'),
  truncate,
  unique,
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
