import { isObject } from '../rows/parse-json';
import type { RowValue } from '../rows/row-source';
import type { ColumnMapping } from '../settings';
import { shownValue } from '../shown-text';
import { asTurns, isUser, withSystem } from './conversation';
import { dumpedValue } from './dumped';
import type { Message, Text } from './example';
import { RowProblem } from './example';
import type { Note } from './note';
import { isMessages, readMessages, readText } from './read-messages';
import { asList, cell } from './read-value';

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

const textPart = (row: RowValue, column: string | undefined): string | undefined => {
  const value = column === undefined ? undefined : cell(row, column);
  if (isNothing(value)) return undefined;
  if (typeof value === 'string') return value;
  throw new RowProblem(`"${column}" is not a text`, shownValue(value));
};

/** The system text of a row, if it has one. @throws RowProblem */
export const readSystem = (row: RowValue, mapping: ColumnMapping): string | undefined =>
  textPart(row, mapping.system);

/** The tools of a row, as a list or its text; undefined where there are none. @throws RowProblem */
export const readTools = (row: RowValue, mapping: ColumnMapping): unknown[] | undefined => {
  const value = mapping.tools === undefined ? undefined : cell(row, mapping.tools);
  if (isNothing(value)) return undefined;
  const read = typeof value === 'string' ? dumpedValue(value) : value;
  const tools: unknown = isObject(read) && Object.keys(read).length > 0 ? [read] : read;
  if (Array.isArray(tools)) return tools.length > 0 ? (tools as unknown[]) : undefined;
  throw new RowProblem(`"${mapping.tools}" is not a list of tools`, shownValue(value));
};

/** Turns before the question: a list of [question, answer], or of messages. @throws RowProblem */
const readHistory = (row: RowValue, column: string | undefined, note: Note): Message[] => {
  const value = column === undefined ? undefined : cell(row, column);
  if (column === undefined || isNothing(value)) return [];
  if (isMessages(value)) return readMessages(value, column, note);
  const bad = () => new RowProblem(`"${column}" is not a list of [question, answer]`, shownValue(value));
  const turns = asList(value);
  if (!turns) throw bad();
  return turns.flatMap((turn): Message[] => {
    const pair = Array.isArray(turn) ? (turn as unknown[]) : [];
    const [question, answer] = pair;
    if (pair.length !== 2 || typeof question !== 'string' || typeof answer !== 'string') throw bad();
    return [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ];
  });
};

/** Joined by a line break, as most trainers do with Alpaca's instruction and input; a prompt that holds it is left so. */
const withInput = (prompt: string, input: string | undefined): string =>
  input === undefined || prompt.includes(input)
    ? prompt
    : prompt.trim() === ''
      ? input
      : `${prompt}\n${input}`;

const withInputAtEnd = (turns: Message[], input: string | undefined): Message[] => {
  const last = turns.at(-1)!;
  if (input === undefined) return turns;
  return isUser(last)
    ? [...turns.slice(0, -1), { ...last, content: withInput(last.content ?? '', input) }]
    : [...turns, { role: 'user', content: input }];
};

/**
 * The prompt of a row with the input that belongs to it and the turns before it; undefined where the cell is empty, so
 * that the answers may hold it.
 * @throws RowProblem when a part cannot be read
 */
export const readQuestion = (row: RowValue, mapping: ColumnMapping, note: Note): Text | undefined => {
  const column = mapping.prompt ?? 'prompt';
  const value = cell(row, column);
  const input = textPart(row, mapping.input);
  const history = readHistory(row, mapping.history, note);
  const isMissing = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
  if (isMissing && input === undefined) return history.length > 0 ? history : undefined;
  const own = isMissing ? '' : readText(value, column, note);
  const prompt = typeof own === 'string' ? withInput(own, input) : withInputAtEnd(own, input);
  return history.length === 0 ? prompt : [...history, ...asTurns(prompt, 'user')];
};

/** The prompt with the row's system text before it, as a conversation then. */
export const underSystem = (system: string | undefined, prompt: Text, note: Note): Text =>
  system === undefined ? prompt : withSystem(system, asTurns(prompt, 'user'), note);
