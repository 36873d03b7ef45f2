import { isObject } from '../rows/parse-json';
import { shownText, shownValue } from '../shown-text';
import { DumpProblem, dumpedMessages, dumpedValue } from './dumped';
import type { Message, Text } from './example';
import { RowProblem, saysMore } from './example';
import type { Note } from './note';
import { isCallRole, knownRole } from './roles';

const own = (value: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(value, name) ? value[name] : undefined;

const named = (column: string) => `"${shownText(column, 40)}"`;

const noNote: Note = () => {};

const textOfContent = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  // Parts of a message; texts alone can be used.
  const texts = value.map((part: unknown) =>
    isObject(part) && part['type'] === 'text' ? part['text'] : undefined,
  );
  return texts.length > 0 && texts.every((text) => typeof text === 'string') ? texts.join('') : undefined;
};

const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);

/** Calls of tools from `{ name, arguments }` or its text; undefined for anything else. */
const callOf = (content: unknown): unknown[] | undefined => {
  const value = typeof content === 'string' ? dumpedValue(content) : content;
  const list = Array.isArray(value) ? value : [value];
  const functions = list.filter((call) => isObject(call) && typeof own(call, 'name') === 'string');
  return functions.length === list.length && list.length > 0
    ? functions.map((call) => ({ type: 'function', function: call }))
    : undefined;
};

/** Fields beside role and content, as they stand; calls that stand as text are read. */
const extraOf = (
  value: Record<string, unknown>,
  used: readonly string[],
): Record<string, unknown> | undefined => {
  const entries = Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
    const read = name === 'tool_calls' && typeof field === 'string' ? (dumpedValue(field) ?? field) : field;
    return used.includes(name) || isNothing(read) ? [] : [[name, read]];
  });
  const { function_call: call, ...others } = Object.fromEntries(entries);
  // The older name of one call.
  const calls = others['tool_calls'] === undefined ? callOf(call) : undefined;
  const extra = {
    ...others,
    ...(calls ? { tool_calls: calls } : call !== undefined && { function_call: call }),
  };
  return Object.keys(extra).length > 0 ? extra : undefined;
};

/** `{ role, content }`, or the `{ from, value }` that some collections have, with what else a template may ask for. */
const readMessage = (value: unknown, column: string, at: number, note: Note): Message => {
  const bad = (what: string): never => {
    throw new RowProblem(`message in ${named(column)} ${what}`, `message ${at + 1}: ${shownValue(value)}`);
  };
  if (!isObject(value)) return bad('is not an object with role and content');
  const byRole = !isNothing(own(value, 'role'));
  const given = byRole ? own(value, 'role') : own(value, 'from');
  if (typeof given !== 'string' || given.trim() === '') return bad('has no role');
  const byContent = own(value, 'content') !== undefined && own(value, 'content') !== null;
  const raw = byContent ? own(value, 'content') : own(value, 'value');
  const extra = extraOf(value, [byRole ? 'role' : 'from', byContent ? 'content' : 'value', 'content']);
  if (isCallRole(given)) {
    const calls = callOf(raw) ?? bad('is a call of a tool that cannot be read; give { name, arguments }');
    return { role: 'assistant', content: '', extra: { ...extra, tool_calls: calls } };
  }
  const role = knownRole(given);
  if (role === undefined) note('role', given);
  const text = textOfContent(raw);
  const isEmpty = raw === undefined || raw === null || (Array.isArray(raw) && raw.length === 0);
  const content = text ?? (isEmpty && saysMore(extra) ? null : undefined);
  if (content === undefined) return bad('has no text as its content');
  return { role: role ?? given, content, ...(extra && { extra }) };
};

/** One list of roles beside one of contents, as a table keeps a list of messages. */
const fromColumns = (value: Record<string, unknown>): unknown => {
  const lists = Object.entries(value).filter((entry): entry is [string, unknown[]] =>
    Array.isArray(entry[1]),
  );
  const length = lists.find(([name]) => name === 'role' || name === 'from')?.[1].length;
  if (length === undefined || lists.some(([, list]) => list.length !== length)) return value;
  return Array.from({ length }, (_, i) => Object.fromEntries(lists.map(([name, list]) => [name, list[i]])));
};

const isMessage = (value: unknown): boolean =>
  isObject(value) && (Object.hasOwn(value, 'role') || Object.hasOwn(value, 'from'));

/** What stands there as a list of messages: also one message alone, and either as text. @throws DumpProblem */
const listOf = (value: unknown): unknown[] | undefined => {
  const given = typeof value === 'string' ? dumpedMessages(value) : value;
  // A table may keep each message as a text of its own.
  const read = Array.isArray(given)
    ? given.map((item: unknown) => (typeof item === 'string' ? (dumpedMessages(item) ?? item) : item))
    : given;
  const list = isObject(read) && isMessage(read) ? fromColumns(read) : read;
  if (Array.isArray(list)) return list.length > 0 && isMessage(list[0]) ? (list as unknown[]) : undefined;
  return isMessage(list) ? [list] : undefined;
};

/** Whether a value holds a conversation or a turn of one, be it as a text. */
export const isMessages = (value: unknown): boolean => {
  try {
    return listOf(value) !== undefined;
  } catch (error) {
    if (error instanceof DumpProblem) return false;
    throw error;
  }
};

const messagesOr = (value: unknown, column: string): unknown[] | undefined => {
  try {
    return listOf(value);
  } catch (error) {
    if (!(error instanceof DumpProblem)) throw error;
    throw new RowProblem(
      `${named(column)} begins like a list of messages and cannot be read as one`,
      `${error.message}: ${shownText(String(value))}`,
    );
  }
};

/** @throws RowProblem when it is no list of messages, or one of them cannot be read */
export const readMessages = (value: unknown, column: string, note = noNote): Message[] => {
  const list = messagesOr(value, column);
  if (list) return list.map((message, i) => readMessage(message, column, i, note));
  if (Array.isArray(value) && value.length > 0) readMessage(value[0], column, 0, note);
  throw new RowProblem(`${named(column)} is not a list of messages`, shownValue(value));
};

/** A text or a conversation. A missing field is a row's own problem; a missing column is found before. @throws RowProblem */
export const readText = (value: unknown, column: string, note = noNote): Text => {
  const list = messagesOr(value, column);
  if (list) return list.map((message, i) => readMessage(message, column, i, note));
  if (typeof value === 'string') return value;
  const what =
    value === undefined || value === null ? 'is missing' : 'is neither a text nor a list of messages';
  throw new RowProblem(`${named(column)} ${what}`, value === undefined ? '' : shownValue(value));
};
