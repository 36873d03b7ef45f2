import { shownText } from '../shown-text';
import { limits } from './limits';
import { parseWithNotFinite } from './not-finite';

/** Why a text is not the JSON that is wanted, and where in it. */
export class JsonProblem extends Error {}

/** Depth of lists and objects, without parsing: the parser and everything after it may recurse. */
const checkDepth = (text: string): void => {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 92) i++;
      else if (c === 34) inString = false;
    } else if (c === 34) inString = true;
    else if (c === 91 || c === 123) {
      if (++depth > limits.depth) {
        throw new JsonProblem(
          `nests lists and objects more than ${limits.depth} deep at character ${i + 1}; flatten it`,
        );
      }
    } else if (c === 93 || c === 125) depth--;
  }
};

const placeIn = (text: string, at: number): string => {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  return text.includes('\n') ? `line ${line}, column ${column}` : `character ${column}`;
};

/** JSON, also with NaN and infinities. @throws JsonProblem */
export const parseJson = (text: string): unknown => {
  checkDepth(text);
  const parsed = parseWithNotFinite(text);
  if ('value' in parsed) return parsed.value;
  const { error } = parsed;
  const message = error instanceof Error ? error.message : String(error);
  const at = /position (\d+)/.exec(message)?.[1];
  const where = at === undefined ? '' : ` at ${placeIn(text, parsed.at(Number(at)))}`;
  // The engine's own words end in the whole text or in its position.
  const what = message.replace(/,? (\.\.\.)?".*$/s, '').replace(/ in JSON at position.*$/s, '');
  throw new JsonProblem(`is not valid JSON${where} (${shownText(what, 60)})`);
};

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
