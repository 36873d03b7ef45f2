import { shownText } from '../shown-text';
import type { ByteSource } from './byte-source';
import { objectRow } from './object-row';
import { isObject, JsonProblem, parseJson } from './parse-json';
import type { Row } from './row-source';
import type { Line } from './text-lines';
import { textLines } from './text-lines';

const rowOf = (name: string, { number, text, problem }: Line): Row => {
  const where = `${shownText(name, 120)}, line ${number}`;
  const bad = (reason: string): Row => ({ where, problem: reason, excerpt: shownText(text) });
  if (problem !== undefined) return bad(problem);
  try {
    const value = parseJson(text);
    return isObject(value) ? objectRow(where, value) : bad('is JSON, but not an object with named fields');
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    return bad(error.message);
  }
};

/** One object per line; blank lines are skipped, a bad line does not stop those after it. */
export async function* jsonlRows(source: ByteSource): AsyncGenerator<Row> {
  for await (const lines of textLines(source)) {
    for (const line of lines) {
      if (line.problem !== undefined || line.text.trim() !== '') yield rowOf(source.name, line);
    }
  }
}
