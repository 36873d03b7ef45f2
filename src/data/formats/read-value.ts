import { isObject } from '../rows/parse-json';
import type { RowValue } from '../rows/row-source';
import { shownText, shownValue } from '../shown-text';
import type { Message, Text } from './example';
import { RowProblem } from './example';

/** Own fields only: a row may well have a column called `constructor`. */
export const cell = (row: RowValue, column: string): unknown =>
  Object.hasOwn(row, column) ? row[column] : undefined;

const named = (column: string) => `"${shownText(column, 40)}"`;

const contentOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  // Parts of a message; texts alone can be used.
  const texts = value.map((part: unknown) =>
    isObject(part) && part['type'] === 'text' ? part['text'] : undefined,
  );
  return texts.length > 0 && texts.every((text) => typeof text === 'string') ? texts.join('') : undefined;
};

/** `{ role, content }`, or the `{ from, value }` that some collections have. */
const readMessage = (value: unknown, column: string, at: number): Message => {
  const bad = (what: string): never => {
    throw new RowProblem(`message in ${named(column)} ${what}`, `message ${at + 1}: ${shownValue(value)}`);
  };
  if (!isObject(value)) return bad('is not an object with role and content');
  const from = cell(value, 'from');
  const role = cell(value, 'role') ?? (from === 'human' ? 'user' : from === 'gpt' ? 'assistant' : from);
  if (typeof role !== 'string' || role === '') return bad('has no role');
  const content = contentOf(cell(value, 'content') ?? cell(value, 'value'));
  if (content === undefined) return bad('has no text as its content');
  return { role, content };
};

export const isMessages = (value: unknown): value is unknown[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  isObject(value[0]) &&
  ('role' in value[0] || 'from' in value[0]);

export const readMessages = (value: unknown, column: string): Message[] => {
  if (!Array.isArray(value) || value.length === 0) {
    throw new RowProblem(`${named(column)} is not a list of messages`, shownValue(value));
  }
  return value.map((message, i) => readMessage(message, column, i));
};

/** A text or a conversation. A missing field is a row's own problem; a missing column is found before. */
export const readText = (value: unknown, column: string): Text => {
  if (typeof value === 'string') return value;
  if (isMessages(value)) return readMessages(value, column);
  const what =
    value === undefined || value === null ? 'is missing' : 'is neither a text nor a list of messages';
  throw new RowProblem(`${named(column)} ${what}`, value === undefined ? '' : shownValue(value));
};

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
  if (text === 1 || text === '1' || text === 'true' || text === 'yes') return true;
  if (text === 0 || text === '0' || text === 'false' || text === 'no') return false;
  return undefined;
};

export const readBoolean = (value: unknown, column: string): boolean => {
  const result = asBoolean(value);
  if (result === undefined) throw new RowProblem(`${named(column)} is not true or false`, shownValue(value));
  return result;
};

export const readList = (value: unknown, column: string): unknown[] => {
  if (Array.isArray(value)) return value as unknown[];
  throw new RowProblem(`${named(column)} is not a list`, shownValue(value));
};
