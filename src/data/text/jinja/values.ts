import { checkList, fail } from './error';

/** A Python float; whole numbers of JavaScript are Python's int. */
export class Float {
  constructor(readonly value: number) {}
}

/** What a name that is not there gives: prints as nothing, fails when it is asked for more. */
export class Undefined {
  constructor(readonly reason: string) {}
  fail(): never {
    return fail(this.reason);
  }
}

/** Sequences that do not change: a tuple, range() or the view of a dictionary. */
export class Frozen {
  constructor(
    readonly kind: 'tuple' | 'range' | 'dict_keys' | 'dict_values' | 'dict_items',
    readonly items: readonly Value[],
    /** How it prints, where that is not by its items. */
    readonly printed?: string,
  ) {}
}

/** What filters such as `map` give: to be gone through once. */
export class Generator {
  constructor(private items: readonly Value[]) {}
  take(): readonly Value[] {
    const { items } = this;
    this.items = [];
    return items;
  }
  takeOne(): Value | undefined {
    const [first] = this.items;
    this.items = this.items.slice(1);
    return first;
  }
}

export class Namespace {
  readonly attributes = new Map<string, Value>();
}

/** Text marked as safe HTML. It prints as it is; joined to another text, it escapes that. */
export class Markup {
  constructor(readonly text: string) {}
}

export interface Arguments {
  positional: readonly Value[];
  named: ReadonlyMap<string, Value>;
}

export class Callable {
  constructor(
    readonly name: string,
    readonly call: (args: Arguments) => Value,
    /** `loop` and macros have attributes. */
    readonly attributes: ReadonlyMap<string, Value> = new Map(),
  ) {}
}

export type Dict = Map<Value, Value>;

export type Value =
  | string
  | number
  | boolean
  | null
  | Float
  | Undefined
  | Value[]
  | Frozen
  | Generator
  | Dict
  | Namespace
  | Markup
  | Callable;

export const tuple = (...items: Value[]) => new Frozen('tuple', items);

/** Values as Python has them from plain JSON. `undefined` entries are left out. */
export const fromJson = (value: unknown): Value => {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : new Float(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return new Float(Number(value));
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    return new Map(entries.map(([k, v]): [Value, Value] => [k, fromJson(v)]));
  }
  return fail(`a value of type ${typeof value} cannot be given to a template`);
};

/** Python's name of the type, as its messages have it. */
export const typeName = (value: Value): string => {
  if (typeof value === 'string') return 'str';
  if (typeof value === 'number') return 'int';
  if (typeof value === 'boolean') return 'bool';
  if (value === null) return 'NoneType';
  if (value instanceof Float) return 'float';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'dict';
  if (value instanceof Frozen) return value.kind;
  if (value instanceof Generator) return 'generator';
  if (value instanceof Namespace) return 'Namespace';
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Markup) return 'Markup';
  return 'function';
};

const surrogates = /[\ud800-\udfff]/;

/** The characters of a text as Python counts them. */
export const characters = (text: string): string[] =>
  surrogates.test(text) ? Array.from(text) : text.split('');
export const lengthOf = (text: string): number =>
  surrogates.test(text) ? Array.from(text).length : text.length;

export const isTrue = (value: Value): boolean => {
  if (value instanceof Float) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (value instanceof Frozen) return value.items.length > 0;
  if (value instanceof Undefined) return false;
  if (value instanceof Markup) return value.text !== '';
  return typeof value === 'object' && value !== null ? true : Boolean(value);
};

/** int, float or bool as a number; undefined for anything else. */
export const asNumber = (value: Value): number | undefined => {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value instanceof Float ? value.value : undefined;
};
/** int or bool. */
export const asInteger = (value: Value): number | undefined =>
  value instanceof Float ? undefined : asNumber(value);

/** Goes through a value as `for` does. @throws TemplateError for what is not iterable */
export const iterate = (value: Value): readonly Value[] => {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return characters(value);
  if (value instanceof Markup) return characters(value.text);
  if (value instanceof Map) return [...value.keys()];
  if (value instanceof Frozen) return value.items;
  if (value instanceof Generator) return value.take();
  if (value instanceof Undefined) return [];
  return fail(`'${typeName(value)}' object is not iterable`);
};

export const size = (value: Value): number => {
  if (typeof value === 'string') return lengthOf(value);
  if (value instanceof Markup) return lengthOf(value.text);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map) return value.size;
  if (value instanceof Frozen) return value.items.length;
  if (value instanceof Undefined) return 0;
  return fail(`object of type '${typeName(value)}' has no len()`);
};

const sameItems = (a: readonly Value[], b: readonly Value[]) =>
  a.length === b.length && a.every((item, i) => equal(item, b[i]!));

export const equal = (a: Value, b: Value): boolean => {
  const [x, y] = [asNumber(a), asNumber(b)];
  if (x !== undefined && y !== undefined) return x === y;
  if (a instanceof Markup) return equal(a.text, b);
  if (b instanceof Markup) return equal(a, b.text);
  if (Array.isArray(a)) return Array.isArray(b) && sameItems(a, b);
  if (a instanceof Frozen) return b instanceof Frozen && a.kind === b.kind && sameItems(a.items, b.items);
  if (a instanceof Map) {
    return b instanceof Map && a.size === b.size && [...a].every(([k, v]) => b.has(k) && equal(v, b.get(k)!));
  }
  if (a instanceof Undefined) return b instanceof Undefined;
  return a === b;
};

/** By code points, as Python orders texts. */
const compareTexts = (a: string, b: string): number => {
  if (!surrogates.test(a) && !surrogates.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [characters(a), characters(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
};

/** Below, equal or above. @throws TemplateError where Python cannot compare */
export const compare = (a: Value, b: Value, operator = '<'): number => {
  const [x, y] = [asNumber(a), asNumber(b)];
  if (x !== undefined && y !== undefined) return x - y;
  if (a instanceof Undefined) return a.fail();
  if (b instanceof Undefined) return b.fail();
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  const [p, q] = Array.isArray(a) && Array.isArray(b) ? [a, b] : [];
  const isTuple = (v: Value): v is Frozen => v instanceof Frozen && v.kind === 'tuple';
  const [s, t] = isTuple(a) && isTuple(b) ? [a.items, b.items] : [p, q];
  if (s && t) {
    const i = s.findIndex((item, k) => k >= t.length || !equal(item, t[k]!));
    return i < 0 || i >= t.length ? s.length - t.length : compare(s[i]!, t[i]!, operator);
  }
  return fail(`'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
};

/** `item in container`. */
export const contains = (container: Value, item: Value): boolean => {
  const text = container instanceof Markup ? container.text : container;
  if (typeof text === 'string') {
    if (typeof item !== 'string') {
      return fail(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    }
    return text.includes(item);
  }
  if (container instanceof Map) return container.has(dictKey(item));
  if (container === null || typeof container !== 'object' || container instanceof Float) {
    return fail(`argument of type '${typeName(container)}' is not iterable`);
  }
  return iterate(container).some((other) => equal(other, item));
};

/** A key of a dictionary. @throws TemplateError for what Python cannot hash */
export const dictKey = (value: Value): Value => {
  if (Array.isArray(value) || value instanceof Map) return fail(`unhashable type: '${typeName(value)}'`);
  if (value instanceof Float)
    return Number.isInteger(value.value) ? value.value : fail('floats as keys are not supported here');
  if (value instanceof Markup) return value.text;
  return value instanceof Frozen ? fail('tuples as keys are not supported here') : value;
};

export const list = (value: Value): Value[] => {
  const items = [...iterate(value)];
  checkList(items.length);
  return items;
};
