import type { Fail } from './error';
import { keyPlace, quoted } from './error';
import type { Metadata, Scalar } from './header';

/** Metadata by key, with the type that is wanted of it. Every method fails on a value of another type. */
export interface Fields {
  has: (key: string) => boolean;
  text: (key: string) => string | undefined;
  flag: (key: string) => boolean | undefined;
  number: (key: string) => number | undefined;
  /** A whole number, from 0 up. */
  count: (key: string) => number | undefined;
  texts: (key: string) => readonly string[] | undefined;
  numbers: (key: string) => readonly number[] | undefined;
  fail: Fail;
}

const shown = (value: Scalar | readonly Scalar[]) =>
  Array.isArray(value) ? `a list of ${value.length}` : typeof value === 'string' ? quoted(value) : `${value}`;

export const fieldsOf = (metadata: Metadata, fail: Fail): Fields => {
  const get = <T>(key: string, wanted: string, fits: (value: unknown) => value is T): T | undefined => {
    const value = metadata.get(key);
    if (value === undefined) return undefined;
    return fits(value) ? value : fail(keyPlace(key), `it is ${shown(value)}, not ${wanted}`);
  };
  const isNumber = (value: unknown): value is number => Number.isFinite(value);
  const isText = (value: unknown): value is string => typeof value === 'string';
  const listOf =
    <T>(fits: (value: unknown) => value is T) =>
    (value: unknown): value is readonly T[] =>
      Array.isArray(value) && value.every(fits);
  return {
    has: (key) => metadata.has(key),
    text: (key) => get(key, 'a text', isText),
    flag: (key) => get(key, 'true or false', (value): value is boolean => typeof value === 'boolean'),
    number: (key) => get(key, 'a number', isNumber),
    count: (key) =>
      get(
        key,
        'a whole number from 0 up',
        (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0,
      ),
    texts: (key) => get(key, 'a list of texts', listOf(isText)),
    numbers: (key) => get(key, 'a list of numbers', listOf(isNumber)),
    fail,
  };
};

/** The value, which this file must have. */
export const needed = <T>(fields: Fields, key: string, value: T | undefined): T =>
  value === undefined
    ? fields.fail(keyPlace(key), 'it is missing', 'Convert the model again with current tools.')
    : value;
