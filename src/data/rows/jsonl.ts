import { shownText } from '../shown-text';
import type { ByteSource } from './byte-source';
import { isObject, JsonProblem, parseJson } from './parse-json';
import type { Row } from './row-source';
import { textLines } from './text-lines';

/** One object per line; blank lines are skipped, a bad line does not stop those after it. */
export async function* jsonlRows(source: ByteSource): AsyncGenerator<Row> {
  for await (const { number, text, problem } of textLines(source)) {
    const where = `${shownText(source.name, 120)}, line ${number}`;
    const bad = (reason: string): Row => ({ where, problem: reason, excerpt: shownText(text) });
    if (problem !== undefined) {
      yield bad(problem);
      continue;
    }
    if (text.trim() === '') continue;
    let row: Row;
    try {
      const value = parseJson(text);
      row = isObject(value) ? { where, value } : bad('is JSON, but not an object with named fields');
    } catch (error) {
      if (!(error instanceof JsonProblem)) throw error;
      row = bad(error.message);
    }
    yield row;
  }
}
