import type { FieldProblem } from '../state';
import type { FieldName } from './field-labels';

/** Kinds of values, as a person calls them. */
const kinds: Record<string, string> = {
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of fields',
};

const written = (value: number, times: number): string =>
  Number((value * times).toPrecision(12)).toLocaleString('en-GB', { maximumFractionDigits: 20 });

/** What is wrong with a field, as the end of a sentence that its label begins, in the numbers that the control shows. */
export const problemWords = (
  { message, value }: FieldProblem,
  { times = 1 }: Partial<FieldName> = {},
): string => {
  const named = message.replace(/\bof type (\w+)/, (whole, kind: string) => kinds[kind] ?? whole);
  const bounds = named.replace(
    /(?<=\b(?:at least|at most|from|to) )-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.]*\w)/g,
    (n) => written(Number(n), times),
  );
  return typeof value === 'number' && Number.isFinite(value) && message.startsWith('is too ')
    ? `is ${written(value, times)}, which ${bounds}`
    : bounds;
};
