import type { RowValue } from '../rows/row-source';
import { shownText, shownValue } from '../shown-text';
import { dumpedValue } from './dumped';
import { RowProblem } from './example';

/**
 * Own fields only: a row may well have a column called `constructor`. NaN alone in a cell is how tables of Python write
 * that nothing stands there.
 */
export const cell = (row: RowValue, column: string): unknown =>
  Object.hasOwn(row, column) && !Number.isNaN(row[column]) ? row[column] : undefined;

const named = (column: string) => `"${shownText(column, 40)}"`;

export const readString = (value: unknown, column: string): string => {
  if (typeof value === 'string') return value;
  throw new RowProblem(
    `${named(column)} ${value === undefined || value === null ? 'is missing' : 'is not a text'}`,
    value === undefined ? '' : shownValue(value),
  );
};

export const readNumber = (value: unknown, column: string): number => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new RowProblem(`${named(column)} is not a finite number`, shownValue(value));
};

export const asBoolean = (value: unknown): boolean | undefined => {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.trim().toLowerCase() : value;
  const number = typeof text === 'string' && text !== '' ? Number(text) : text;
  if (number === 1 || text === 'true' || text === 'yes') return true;
  if (number === 0 || text === 'false' || text === 'no') return false;
  return undefined;
};

/** A list, also one that stands as text; undefined for anything else. */
export const asList = (value: unknown): unknown[] | undefined => {
  const read = typeof value === 'string' ? dumpedValue(value) : value;
  return Array.isArray(read) ? (read as unknown[]) : undefined;
};

export const readList = (value: unknown, column: string): unknown[] => {
  const list = asList(value);
  if (list) return list;
  throw new RowProblem(`${named(column)} is not a list`, shownValue(value));
};
