// Reading JSON that a person wrote: errors name the file and the line.
import { readFileSync } from 'node:fs';
import { jsonErrorLine, lineAt } from '../src/util/json-place.mjs';

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
    throw new Failure(`${path}:${jsonErrorLine(text)}: is not JSON: ${error.message.replaceAll('\n', ' ')}`);
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
