// NAME=VALUE of an option.
import { UsageError } from './usage-error.mjs';

/** Both sides of the first "="; the left one is not empty. */
export const splitPair = (pair, flag, form) => {
  const at = pair.indexOf('=');
  if (at < 1) throw new UsageError(`${flag}: "${pair}" is not ${form}.`);
  return [pair.slice(0, at), pair.slice(at + 1)];
};

/** A parameter's value: a number, on or off, or one of the words that it may be; whoever reads it says which. */
const paramValue = (text) => {
  if (text === 'true' || text === 'on') return true;
  if (text === 'false' || text === 'off') return false;
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : text;
};

/**
 * Name and value of a --param.
 * @param {string} pair
 * @returns {[string, number | boolean | string]}
 */
export const readParam = (pair) => {
  const [name, value] = splitPair(pair, '--param', 'NAME=VALUE');
  return [name, paramValue(value)];
};
