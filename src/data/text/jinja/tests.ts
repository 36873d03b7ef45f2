import { fail } from './error';
import { comparison } from './operators';
import { toText } from './print';
import type { Value } from './values';
import {
  asNumber,
  Callable,
  contains,
  Float,
  Frozen,
  Markup,
  Namespace,
  typeName,
  Undefined,
} from './values';

type Test = (value: Value, args: readonly Value[]) => boolean;

const remainder = (value: Value, by: Value): number => {
  if (value instanceof Undefined) return value.fail();
  const [a, b] = [asNumber(value), asNumber(by)];
  if (a === undefined || b === undefined)
    return fail(`unsupported operand type(s) for %: '${typeName(value)}' and '${typeName(by)}'`);
  return b === 0 ? fail('integer division or modulo by zero') : a - b * Math.floor(a / b);
};
const isText = (value: Value) => typeof value === 'string' || value instanceof Markup;
const hasCase = (text: string) => /\p{Lu}|\p{Ll}|\p{Lt}/u.test(text);
const comparing =
  (operator: string): Test =>
  (value, [other]) =>
    comparison(operator, value, other!);

const isSame = (a: Value, b: Value) => {
  // Python keeps one object of small whole numbers and of equal constants.
  if (typeof a !== typeof b) return false;
  return a === b;
};

/** Jinja2's tests by name, each with how many arguments it takes. */
export const tests: Record<string, [arity: number, test: Test]> = {
  boolean: [0, (value) => typeof value === 'boolean'],
  // Python's Undefined can be called; it fails then.
  callable: [0, (value) => value instanceof Callable || value instanceof Undefined],
  defined: [0, (value) => !(value instanceof Undefined)],
  divisibleby: [1, (value, [by]) => remainder(value, by!) === 0],
  escaped: [0, (value) => value instanceof Markup],
  even: [0, (value) => remainder(value, 2) === 0],
  false: [0, (value) => value === false],
  float: [0, (value) => value instanceof Float],
  in: [1, (value, [container]) => contains(container!, value)],
  integer: [0, (value) => typeof value === 'number'],
  iterable: [
    0,
    (value) =>
      !(
        value === null ||
        asNumber(value) !== undefined ||
        value instanceof Namespace ||
        value instanceof Callable
      ),
  ],
  lower: [0, (value) => toText(value) === toText(value).toLowerCase() && hasCase(toText(value))],
  mapping: [0, (value) => value instanceof Map],
  none: [0, (value) => value === null],
  number: [0, (value) => asNumber(value) !== undefined],
  odd: [0, (value) => remainder(value, 2) === 1],
  sameas: [1, (value, [other]) => isSame(value, other!)],
  sequence: [
    0,
    (value) =>
      isText(value) ||
      Array.isArray(value) ||
      value instanceof Map ||
      value instanceof Undefined ||
      (value instanceof Frozen && !value.kind.startsWith('dict_')),
  ],
  string: [0, isText],
  true: [0, (value) => value === true],
  undefined: [0, (value) => value instanceof Undefined],
  upper: [0, (value) => toText(value) === toText(value).toUpperCase() && hasCase(toText(value))],
  ...Object.fromEntries(
    [
      ['eq', '=='],
      ['equalto', '=='],
      ['==', '=='],
      ['ne', '!='],
      ['!=', '!='],
      ['gt', '>'],
      ['greaterthan', '>'],
      ['>', '>'],
      ['ge', '>='],
      ['>=', '>='],
      ['lt', '<'],
      ['lessthan', '<'],
      ['<', '<'],
      ['le', '<='],
      ['<=', '<='],
    ].map(([name, operator]) => [name!, [1, comparing(operator!)] as [number, Test]]),
  ),
};

/** @throws TemplateError for a test that is not known, a wrong count of arguments, and what the test itself objects to */
export const runTest = (name: string, value: Value, args: readonly Value[]): boolean => {
  if (!Object.hasOwn(tests, name)) return fail(`there is no test named ${name}`);
  const [arity, test] = tests[name]!;
  if (args.length !== arity) return fail(`the test ${name} takes ${arity} arguments, not ${args.length}`);
  return test(value, args);
};
