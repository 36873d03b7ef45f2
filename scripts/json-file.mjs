// Reading JSON that a person wrote: errors name the file and the line.
import { readFileSync } from 'node:fs';

const lineAt = (text, index) => text.slice(0, index).split('\n').length;

const space = /[ \t\r\n]*/y;
const scalar =
  /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

/** Index of the first character that JSON does not allow there. JSON.parse tells it in some versions of Node only. */
const errorIndex = (text) => {
  let at = 0;
  const skip = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found !== null;
  };
  const take = (character) => {
    skip(space);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  // Each returns false with `at` on the offending character.
  const list = (close, item) => {
    if (take(close)) return true;
    do if (!item()) return false;
    while (take(','));
    return take(close);
  };
  const member = () => {
    skip(space);
    return text[at] === '"' && skip(scalar) && take(':') && value();
  };
  const value = () => {
    if (take('{')) return list('}', member);
    if (take('[')) return list(']', value);
    return skip(scalar);
  };
  if (value()) skip(space);
  return at;
};

/**
 * Any JSON.
 * @param {string | number} file a path, or 0 for standard input
 * @param {new (message: string) => Error} Failure class of the error that a person can put right
 * @returns {{ path: string, text: string, value: any }}
 */
export const readJson = (file, Failure = Error) => {
  const path = file === 0 ? 'standard input' : String(file);
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(`${path}: cannot be read (${error.code ?? error.message}).`);
  }
  try {
    return { path, text, value: JSON.parse(text) };
  } catch (error) {
    throw new Failure(
      `${path}:${lineAt(text, errorIndex(text))}: is not JSON: ${error.message.replaceAll('\n', ' ')}`,
    );
  }
};

/**
 * A run document, or a part of one.
 * @param {string} path
 * @param {new (message: string) => Error} Failure class of the error that a person can put right
 * @returns {{ path: string, text: string, value: any }}
 */
export const parseJsonFile = (path, Failure = Error) => {
  const { text, value } = readJson(path, Failure);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Failure(`${path}:1: should be a JSON object, a run document.`);
  }
  return { path, text, value };
};

/**
 * Line on which a field such as "data.trees" stands, as far as it does; for an unknown field named in the message,
 * that field's. Undefined when none of it is found.
 */
export const lineOfField = (text, field, message = '') => {
  const unknown = /unknown field "([^"]+)"/.exec(message)?.[1];
  const keys = [...(field === 'document' ? [] : field.split('.')), ...(unknown ? [unknown] : [])];
  let index = 0;
  let found = false;
  for (const key of keys) {
    const at = text.indexOf(`${JSON.stringify(key)}`, index);
    if (at < 0) break;
    index = at;
    found = true;
  }
  return found ? lineAt(text, index) : undefined;
};
