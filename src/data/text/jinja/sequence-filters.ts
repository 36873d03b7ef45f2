import { Bound } from './arguments';
import { lookUp } from './attributes';
import { checkList, fail } from './error';
import { binary } from './operators';
import { joinTexts, toText } from './print';
import { runTest } from './tests';
import type { Arguments, Value } from './values';
import {
  characters,
  compare,
  equal,
  Generator,
  isTrue,
  iterate,
  list,
  tuple,
  typeName,
  Undefined,
} from './values';

export type Filter = (value: Value, args: Arguments) => Value;

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
    if (!isTrue(value)) return new Generator([]);
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

const unique: Filter = (value, args) => {
  const bound = new Bound('unique', ['case_sensitive', 'attribute'], args);
  const attribute = bound.value('attribute');
  const seen: Value[] = [];
  return new Generator(
    iterate(value).filter((item) => {
      const own = attribute === undefined || attribute === null ? item : attributePath(item, attribute);
      const key = bound.isTrue('case_sensitive') ? own : foldCase(own);
      if (Array.isArray(key) || key instanceof Map) return fail(`unhashable type: '${typeName(key)}'`);
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

/** `map`, which applies another filter. */
const mapping =
  (run: (name: string, value: Value, args: Arguments) => Value): Filter =>
  (value, args) => {
    if (!isTrue(value)) return new Generator([]);
    const { positional, named } = args;
    const attribute = named.get('attribute');
    if (positional.length === 0 && attribute !== undefined) {
      const unknown = [...named.keys()].find((key) => key !== 'attribute' && key !== 'default');
      if (unknown) return fail(`Unexpected keyword argument '${unknown}'`);
      return new Generator(
        iterate(value).map((item) => attributePath(item, attribute, named.get('default'))),
      );
    }
    const [name] = positional;
    if (name === undefined) return fail('map requires a filter argument');
    return new Generator(iterate(value).map((item) => run(toText(name), item, rest(args, 1))));
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

const items: Filter = (value) => {
  if (value instanceof Undefined) return new Generator([]);
  if (!(value instanceof Map)) return fail('Can only get item pairs from a mapping.');
  return new Generator([...value].map(([k, v]) => tuple(k, v)));
};

/** The filters that go through a sequence, by name. @param run applies a filter by its name, for `map` */
export const sequenceFilters = (
  run: (name: string, value: Value, args: Arguments) => Value,
): Record<string, Filter> => ({
  batch,
  dictsort,
  first,
  groupby,
  items,
  join,
  last,
  list,
  map: mapping(run),
  max: extreme(-1),
  min: extreme(1),
  reject: selecting(false, false),
  rejectattr: selecting(false, true),
  reverse,
  select: selecting(true, false),
  selectattr: selecting(true, true),
  slice: slices,
  sort,
  sum,
  unique,
});
