import { checkList, fail } from './error';
import { formatPercent, repeat } from './format';
import { escapeHtml, joinTexts } from './print';
import type { Value } from './values';
import {
  asInteger,
  asNumber,
  compare,
  contains,
  equal,
  Float,
  Frozen,
  Markup,
  typeName,
  Undefined,
} from './values';

const whole = (value: number): number =>
  Number.isSafeInteger(value) ? value : fail('a whole number becomes too large to be exact here');

const numbers: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0 ? fail('division by zero') : a / b),
  '//': (a, b) => (b === 0 ? fail('integer division or modulo by zero') : Math.floor(a / b)),
  '%': (a, b) => (b === 0 ? fail('integer division or modulo by zero') : a - b * Math.floor(a / b)),
  '**': (a, b) => a ** b,
};

const repeated = (items: readonly Value[], count: number): Value[] => {
  checkList(items.length * Math.max(0, count));
  return Array.from({ length: Math.max(0, count) }, () => items).flat();
};

/** Arithmetic as Python has it. @throws TemplateError where Python raises */
export const binary = (operator: string, a: Value, b: Value): Value => {
  if (typeof a === 'string' && operator === '%') return formatPercent(a, b);
  if (a instanceof Undefined) return a.fail();
  if (b instanceof Undefined) return b.fail();
  const [x, y] = [asNumber(a), asNumber(b)];
  if (x !== undefined && y !== undefined) {
    const result = numbers[operator]!(x, y);
    if (operator === '**' && Number.isNaN(result) && x < 0)
      return fail('complex numbers are not supported here');
    const isFloat =
      a instanceof Float || b instanceof Float || operator === '/' || (operator === '**' && y < 0);
    return isFloat ? new Float(result) : whole(result);
  }
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return joinTexts([a, b]);
    if (
      (a instanceof Markup || b instanceof Markup) &&
      [a, b].every((v) => typeof v === 'string' || v instanceof Markup)
    ) {
      return new Markup(joinTexts([escapeHtml(a), escapeHtml(b)]));
    }
    if (Array.isArray(a) && Array.isArray(b)) {
      checkList(a.length + b.length);
      return [...a, ...b];
    }
    if (a instanceof Frozen && b instanceof Frozen && a.kind === 'tuple' && b.kind === 'tuple') {
      return new Frozen('tuple', [...a.items, ...b.items]);
    }
    if (typeof a === 'string') return fail(`can only concatenate str (not "${typeName(b)}") to str`);
  }
  if (operator === '*') {
    for (const [sequence, count] of [
      [a, asInteger(b)],
      [b, asInteger(a)],
    ] as const) {
      if (count === undefined) continue;
      if (typeof sequence === 'string') return repeat(sequence, count);
      if (Array.isArray(sequence)) return repeated(sequence, count);
      if (sequence instanceof Frozen && sequence.kind === 'tuple') {
        return new Frozen('tuple', repeated(sequence.items, count));
      }
    }
  }
  return fail(`unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`);
};

export const negate = (value: Value, sign: 1 | -1): Value => {
  if (value instanceof Undefined) return value.fail();
  const number =
    asNumber(value) ?? fail(`bad operand type for unary ${sign < 0 ? '-' : '+'}: '${typeName(value)}'`);
  return value instanceof Float ? new Float(sign * number) : sign * number || 0;
};

export const comparison = (operator: string, a: Value, b: Value): boolean => {
  switch (operator) {
    case '==':
      return equal(a, b);
    case '!=':
      return !equal(a, b);
    case 'in':
      return contains(b, a);
    case 'not in':
      return !contains(b, a);
    case '<':
      return compare(a, b, operator) < 0;
    case '<=':
      return compare(a, b, operator) <= 0;
    case '>':
      return compare(a, b, operator) > 0;
    default:
      return compare(a, b, operator) >= 0;
  }
};
