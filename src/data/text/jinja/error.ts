/** A template that cannot be read, or that Jinja2 in Python would stop at as well. */
export class TemplateError extends Error {
  override name = 'TemplateError';
}

/** A template that asks for too much; with the next conversation it would do the same. */
export class TooMuch extends Error {}

export const fail = (reason: string): never => {
  throw new TemplateError(reason);
};

/** Characters of any text that a template makes, entries of any list. */
const MAX_TEXT = 8 * 1024 * 1024;
const MAX_LIST = 100_000;

/** @throws TooMuch before a text of that many characters is made */
export const checkText = (length: number): void => {
  if (length > MAX_TEXT) throw new TooMuch(`it makes a text of more than ${MAX_TEXT} characters`);
};

/** @throws TooMuch before a list of that many entries is made */
export const checkList = (length: number): void => {
  if (length > MAX_LIST) throw new TooMuch(`it makes a list of more than ${MAX_LIST} entries`);
};
