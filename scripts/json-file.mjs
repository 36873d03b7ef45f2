// Reading JSON that a person wrote: errors name the file and the line.
import { readFileSync } from 'node:fs';

const lineAt = (text, index) => text.slice(0, index).split('\n').length;

/** Index at which JSON.parse gave up, from the words of its message; the end of the text when it says none. */
const positionOf = (text, message) => {
  const line = /line (\d+)/.exec(message);
  if (line) return { line: Number(line[1]) };
  const position = /position (\d+)/.exec(message);
  return { line: lineAt(text, position ? Number(position[1]) : text.length) };
};

/**
 * @param {string} path
 * @param {new (message: string) => Error} Failure class of the error that a person can put right
 * @returns {{ path: string, text: string, value: any }}
 */
export const parseJsonFile = (path, Failure = Error) => {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(`${path}: cannot be read (${error.code ?? error.message}).`);
  }
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Failure(`${path}:${positionOf(text, error.message).line}: is not JSON: ${error.message}`);
  }
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
