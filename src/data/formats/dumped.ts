/** Lists and messages that a file holds as text: `str()` of Python, `json.dumps`, what pandas writes into a cell. */
import { isObject, JsonProblem, parseJson } from '../rows/parse-json';
import { LiteralProblem, parseLiteral } from './python-literal';

/** Lists as CSV holds them are short; a longer text is no cell. */
const MAX_TEXT = 8 * 1024 * 1024;

/** A list whose first entry begins with a field that nearly only messages have. */
const beginsLikeMessages = /^\s*(?:array\()?[[(]\s*\{\s*(['"])(?:role|from|content)\1\s*:/;
/** An object, or a list of them, that names a speaker somewhere. */
const mayBeMessages = /^\s*(?:array\()?[[(]?\s*\{\s*['"]/;
const namesSpeaker = /(['"])(?:role|from)\1\s*:/;
/** The text of a text of messages. */
const beginsLikeTwice = /^\s*"\s*\[\s*\{\s*(?:\\"|')(?:role|from|content)(?:\\"|')\s*:/;
/** What Python writes for objects of some libraries; nothing can read those back. */
const beginsLikeObjects = /^\s*\[\s*(?:<[\w.]+ object at 0x|(?:[\w.]*Message|ChatCompletion\w*)\()/;

/** Why a text that begins like messages is none. */
export class DumpProblem extends Error {}

/** Of a text that is JSON or Python's way of writing: its value. @throws DumpProblem */
const parse = (text: string): unknown => {
  if (text.length > MAX_TEXT) throw new DumpProblem('is too long');
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
  }
  try {
    return parseLiteral(text);
  } catch (error) {
    if (!(error instanceof LiteralProblem)) throw error;
    throw new DumpProblem(error.message);
  }
};

const speaks = (value: unknown): boolean =>
  isObject(value) && (Object.hasOwn(value, 'role') || Object.hasOwn(value, 'from'));

/**
 * The messages that a text holds as text; undefined where the text is just a text, an answer in JSON included.
 * @throws DumpProblem for a text that begins like messages and cannot be read
 */
export const dumpedMessages = (text: string): unknown => {
  if (beginsLikeObjects.test(text))
    throw new DumpProblem('it holds the names of objects and not their contents');
  if (beginsLikeTwice.test(text)) {
    const inner = parse(text);
    if (typeof inner === 'string') return dumpedMessages(inner);
  }
  if (!mayBeMessages.test(text) || !(namesSpeaker.test(text) || beginsLikeMessages.test(text)))
    return undefined;
  try {
    const value = parse(text);
    return speaks(Array.isArray(value) ? value[0] : value) ? value : undefined;
  } catch (error) {
    if (error instanceof DumpProblem && !beginsLikeMessages.test(text)) return undefined;
    throw error;
  }
};

/** The list or object that a text holds as text; undefined where it holds none. */
export const dumpedValue = (text: string): unknown => {
  if (!/^\s*(?:[[{(]|array\()/.test(text)) return undefined;
  try {
    const value = parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch (error) {
    if (!(error instanceof DumpProblem)) throw error;
    return undefined;
  }
};
