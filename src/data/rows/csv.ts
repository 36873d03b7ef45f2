import type Papa from 'papaparse';
import { DataError } from '../data-error';
import { shownText } from '../shown-text';
import type { ByteSource } from './byte-source';
import { inBytes, limits } from './limits';
import { isObject, JsonProblem, parseJson } from './parse-json';
import type { Row, RowValue } from './row-source';

interface Parsed {
  data: string[][];
  errors: { code: string; row?: number }[];
  meta: { cursor: number };
}

const delimiters = [',', '\t', ';', '|'] as const;

/** The one that stands most often outside quotes in the first line. */
const guessDelimiter = (text: string): string => {
  const line =
    text
      .slice(0, 64 * 1024)
      .replace(/"[^"]*"/g, '')
      .split(/\r?\n/)[0] ?? '';
  const count = (d: string) => line.split(d).length;
  return delimiters.reduce((best, d) => (count(d) > count(best) ? d : best));
};

/** A conversation written into a cell as JSON is read as one; any other cell is its text. */
const cellValue = (cell: string): unknown => {
  if (!/^\s*\[\s*\{/.test(cell)) return cell;
  try {
    const value = parseJson(cell);
    const isTalk = Array.isArray(value) && value.every((m) => isObject(m) && typeof m['role'] === 'string');
    return isTalk ? value : cell;
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    return cell;
  }
};

const toRow = (where: string, header: readonly string[], cells: readonly string[]): Row => {
  if (cells.length !== header.length) {
    return {
      where,
      problem: `has a different number of cells than the header; a cell with a comma, tab or line break in it needs quotes`,
      excerpt: `${cells.length} instead of ${header.length}: ${shownText(cells.join(' | '))}`,
    };
  }
  const value: RowValue = Object.fromEntries(header.map((name, i) => [name, cellValue(cells[i]!)]));
  return { where, value };
};

const checkHeader = (name: string, header: readonly string[]): void => {
  if (header.length > limits.columns) {
    throw new DataError(name, 'line 1', `has ${header.length} columns; at most ${limits.columns} are read`);
  }
  const twice = header.find((column, i) => header.indexOf(column) !== i);
  if (twice !== undefined) {
    throw new DataError(name, 'line 1', `names the column "${shownText(twice, 40)}" twice; rename one`);
  }
};

/** Characters of the file; a byte that is no UTF-8 becomes U+FFFD and is counted by the caller. */
async function* textChunks(source: ByteSource): AsyncGenerator<{ text: string; last: boolean }> {
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of source.chunks())
    yield { text: decoder.decode(chunk, { stream: true }), last: false };
  yield { text: decoder.decode(), last: true };
}

/**
 * Comma- or tab-separated values with a header, quotes as in RFC 4180. Reads row by row: what is left of an unfinished
 * row waits for the next bytes.
 */
export async function* csvRows(source: ByteSource, fixedDelimiter?: string): AsyncGenerator<Row> {
  const { Parser } = (await import('papaparse')).default as typeof Papa;
  const name = shownText(source.name, 120);
  let parser: Papa.Parser | undefined;
  let header: string[] | undefined;
  let rest = '';
  let line = 1;
  let row = 0;
  /** Parsing an unfinished row anew with every chunk would cost its square. */
  let waitFor = 0;
  for await (const { text, last } of textChunks(source)) {
    rest += text;
    if (waitFor > 0 && rest.length > limits.line) {
      throw new DataError(
        source.name,
        `row ${row} (line ${line})`,
        `is longer than ${inBytes(limits.line)}; is a quote opened and not closed?`,
      );
    }
    if (!last && rest.length < waitFor) continue;
    if (!parser) {
      if (rest.length < 64 * 1024 && !last) continue;
      const newline = /\r\n|\n|\r/.exec(rest)?.[0] ?? '\n';
      parser = new Parser({
        delimiter: fixedDelimiter ?? guessDelimiter(rest),
        newline: newline as '\n',
        fastMode: false,
      });
    }
    const { data, errors, meta } = parser.parse(rest, 0, !last) as Parsed;
    const unclosed = errors.find(({ code }) => code === 'MissingQuotes')?.row;
    const misquoted = new Set(errors.filter(({ code }) => code === 'InvalidQuotes').map((e) => e.row));
    for (const [i, cells] of data.entries()) {
      const where = `${name}, row ${row} (line ${line})`;
      line += 1 + cells.reduce((sum, cell) => sum + (cell.match(/\n/g)?.length ?? 0), 0);
      if (cells.length === 1 && cells[0]!.trim() === '') continue;
      const excerpt = shownText(cells.join(' | '));
      if (!header) {
        if (unclosed === i) throw new DataError(source.name, 'line 1', 'opens a quote that nothing closes');
        header = cells.map((cell) => cell.trim());
        checkHeader(source.name, header);
        row = 1;
        continue;
      }
      row++;
      if (unclosed === i) yield { where, problem: 'opens a quote that nothing closes', excerpt };
      else if (misquoted.has(i)) {
        yield {
          where,
          problem: 'has a quote in the middle of a cell; double it and quote the cell',
          excerpt,
        };
      } else yield toRow(where, header, cells);
    }
    if (!last) {
      rest = rest.slice(meta.cursor);
      waitFor = data.length === 0 ? rest.length * 2 : 0;
    }
  }
}
