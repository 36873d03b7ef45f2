import { Bound } from './arguments';
import { checkList, fail } from './error';
import type { LookUp } from './string-methods';
import { missingStringMethods, stringMethods } from './string-methods';
import type { Arguments, Dict, Value } from './values';
import {
  asInteger,
  Callable,
  characters,
  dictKey,
  equal,
  Float,
  Frozen,
  Markup,
  Namespace,
  tuple,
  typeName,
  Undefined,
} from './values';

/** A slice's bounds, each a whole number or left out. */
export class Slice {
  constructor(
    readonly start: Value,
    readonly stop: Value,
    readonly step: Value,
  ) {}
}

const count = (items: readonly Value[], args: Arguments) => {
  const value = new Bound('count', ['value'], args, 1).value('value')!;
  return items.filter((item) => equal(item, value)).length;
};
const index = (items: readonly Value[], args: Arguments) => {
  const bound = new Bound('index', ['value', 'start', 'stop'], args, 1);
  const from = bound.integer('start', 0);
  const at = items.findIndex((item, i) => i >= from && equal(item, bound.value('value')!));
  return at < 0 ? fail('the value is not in the list') : at;
};

const listMethods: Record<string, (items: readonly Value[], args: Arguments) => Value> = {
  copy: (items) => [...items],
  count,
  index,
};
const tupleMethods: typeof listMethods = { count, index };

const dictMethods: Record<string, (dict: Dict, args: Arguments) => Value> = {
  copy: (dict) => new Map(dict),
  get: (dict, args) => {
    const bound = new Bound('get', ['key', 'default'], args, 1);
    const found = dict.get(dictKey(bound.value('key')!));
    return found === undefined ? (bound.value('default') ?? null) : found;
  },
  items: (dict) =>
    new Frozen(
      'dict_items',
      [...dict].map(([k, v]) => tuple(k, v)),
    ),
  keys: (dict) => new Frozen('dict_keys', [...dict.keys()]),
  values: (dict) => new Frozen('dict_values', [...dict.values()]),
};

/** What would change a value is kept from templates, here as in transformers' sandbox. */
const changing: Record<string, readonly string[]> = {
  list: ['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort'],
  dict: ['clear', 'pop', 'popitem', 'setdefault', 'update'],
};

const numberAttributes: Record<string, (value: number) => Value> = {
  real: (value) => value,
  imag: () => 0,
  numerator: (value) => value,
  denominator: () => 1,
};

const methodOf = (value: Value, name: string): Value | undefined => {
  const method = (call: (args: Arguments) => Value) => new Callable(name, call);
  const has = (methods: object) => Object.hasOwn(methods, name);
  if (typeof value === 'string') {
    if (has(stringMethods)) return method((args) => stringMethods[name]!(value, args, name, lookUp));
    if (missingStringMethods.includes(name)) return fail(`the method ${name} of texts is not supported here`);
  }
  if (value instanceof Markup) {
    if (has(stringMethods)) return fail(`${name} of a text that is marked safe is not supported here`);
  }
  if (Array.isArray(value) && has(listMethods)) return method((args) => listMethods[name]!(value, args));
  if (value instanceof Frozen && value.kind === 'tuple' && has(tupleMethods)) {
    return method((args) => tupleMethods[name]!(value.items, args));
  }
  if (value instanceof Map && has(dictMethods)) return method((args) => dictMethods[name]!(value, args));
  if (changing[typeName(value)]?.includes(name)) {
    return new Undefined(`access to attribute '${name}' of '${typeName(value)}' object is unsafe`);
  }
  if (value instanceof Namespace) return value.attributes.get(name);
  if (value instanceof Callable) return value.attributes.get(name);
  const number = asInteger(value);
  if (number !== undefined && has(numberAttributes)) return numberAttributes[name]!(number);
  if (value instanceof Float && name === 'is_integer') return method(() => Number.isInteger(value.value));
  return undefined;
};

const described = (value: Value) => (value === null ? 'None' : `'${typeName(value)} object'`);

/** Python's obj[key]; undefined where it has none. */
const ownItem = (value: Value, key: Value): Value | undefined => {
  if (value instanceof Map) {
    const isHashable = !Array.isArray(key) && !(key instanceof Map) && !(key instanceof Frozen);
    return isHashable ? value.get(dictKey(key)) : undefined;
  }
  const at = asInteger(key);
  if (at === undefined) return undefined;
  const pick = <T>(items: ArrayLike<T>) => items[at < 0 ? items.length + at : at];
  if (typeof value === 'string') return pick(characters(value));
  if (Array.isArray(value)) return pick(value);
  if (value instanceof Frozen && !value.kind.startsWith('dict_')) return pick(value.items);
  return undefined;
};

/** `value.name`: the attribute, else the item, else undefined. */
const attribute = (value: Value, name: string): Value => {
  if (value instanceof Undefined) return value.fail();
  if (name.startsWith('_')) {
    const item = value instanceof Map && !name.startsWith('__') ? value.get(name) : undefined;
    return item ?? new Undefined(`access to attribute '${name}' of '${typeName(value)}' object is unsafe`);
  }
  const found = methodOf(value, name) ?? ownItem(value, name);
  return found === undefined ? new Undefined(`${described(value)} has no attribute '${name}'`) : found;
};

/** `value[key]`: the item, else the attribute of that name, else undefined. */
const item = (value: Value, key: Value): Value => {
  if (value instanceof Undefined) return value.fail();
  const own = ownItem(value, key);
  if (own !== undefined) return own;
  if (typeof key === 'string') {
    const method = key.startsWith('_') ? undefined : methodOf(value, key);
    return method ?? new Undefined(`${described(value)} has no attribute '${key}'`);
  }
  const shown = asInteger(key);
  return new Undefined(`${described(value)} has no element ${shown ?? `of type ${typeName(key)}`}`);
};

export const lookUp: LookUp = { attribute, item };

const bound = (value: Value): number | undefined => {
  if (value === null) return undefined;
  if (value instanceof Undefined) return value.fail();
  return asInteger(value) ?? fail('slice indices must be integers or None');
};

const sliced = <T>(items: readonly T[], { start, stop, step }: Slice): T[] => {
  const by = bound(step) ?? 1;
  if (by === 0) return fail('slice step cannot be zero');
  const { length } = items;
  const [low, high] = by > 0 ? [0, length] : [-1, length - 1];
  const clamp = (i: number | undefined, otherwise: number) => {
    if (i === undefined) return otherwise;
    return i < 0 ? Math.max(low, length + i) : Math.min(high, i);
  };
  const picked: T[] = [];
  const [from, to] =
    by > 0
      ? [clamp(bound(start), 0), clamp(bound(stop), length)]
      : [clamp(bound(start), length - 1), clamp(bound(stop), -1)];
  for (let i = from; by > 0 ? i < to : i > to; i += by) picked.push(items[i]!);
  return picked;
};

/** `value[start:stop:step]`. */
export const slice = (value: Value, by: Slice): Value => {
  if (value instanceof Undefined) return value.fail();
  if (typeof value === 'string') return sliced(characters(value), by).join('');
  if (Array.isArray(value)) {
    checkList(value.length);
    return sliced(value, by);
  }
  if (value instanceof Frozen && !value.kind.startsWith('dict_')) return tuple(...sliced(value.items, by));
  return fail(`'${typeName(value)}' object cannot be sliced`);
};
