import type Papa from 'papaparse';
import { DataError } from '../data-error';
import { shownText } from '../shown-text';
import type { ByteSource } from './byte-source';
import { notUtf8 } from './encoding';
import { inBytes, limits } from './limits';
import { unifyLineEnds } from './line-ends';
import { isObject, JsonProblem, parseJson } from './parse-json';
import type { Row, RowValue } from './row-source';
import { BAD_BYTE, strictText } from './strict-text';

interface Parsed {
  data: string[][];
  errors: { code: string; row?: number }[];
  meta: { cursor: number };
}

const delimiters = [',', '\t', ';', '|'] as const;
const lineEnd = /\r\n|\r|\n/g;

/** The one that stands most often outside quotes in the first line. */
const guessDelimiter = (text: string): string => {
  const line =
    text
      .slice(0, 64 * 1024)
      .replace(/"[^"]*"/g, '')
      .split(lineEnd)[0] ?? '';
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

interface Header {
  names: string[];
  /** Columns that the file gives no name; they count only where they hold something. */
  unnamed: ReadonlySet<number>;
}

const isEmpty = (cell: string): boolean => cell.trim() === '';

const readHeader = (file: string, cells: readonly string[]): Header => {
  const bad = (reason: string): never => {
    throw new DataError(file, 'line 1', reason);
  };
  if (cells.length > limits.columns) {
    bad(`has ${cells.length} columns; at most ${limits.columns} are read`);
  }
  if (cells.some((cell) => cell.includes(BAD_BYTE))) bad(notUtf8);
  const given = cells.map((cell) => cell.trim());
  const twice = given.find((column, i) => column !== '' && given.indexOf(column) !== i);
  if (twice !== undefined) bad(`names the column "${shownText(twice, 40)}" twice; rename one`);
  const nameAt = (i: number): string => {
    let name = `column ${i + 1}`;
    while (given.includes(name)) name += '_';
    return name;
  };
  return {
    names: given.map((name, i) => name || nameAt(i)),
    unnamed: new Set(given.flatMap((name, i) => (name === '' ? [i] : []))),
  };
};

const toRow = (where: string, { names, unnamed }: Header, cells: readonly string[]): Row => {
  const bad = (problem: string, what: string): Row => ({
    where,
    problem,
    excerpt: shownText(what.replaceAll(BAD_BYTE, '\ufffd')),
  });
  const all = cells.join(' | ');
  if (all.includes(BAD_BYTE)) return bad(notUtf8, all);
  // A delimiter too many at the end is a column without a name.
  if (cells.length < names.length || !cells.slice(names.length).every(isEmpty)) {
    return bad(
      'has a different number of cells than the header; a cell with a comma, tab or line break in it needs quotes',
      `${cells.length} instead of ${names.length}: ${all}`,
    );
  }
  const value: RowValue = Object.fromEntries(
    names.flatMap((name, i) =>
      unnamed.has(i) && isEmpty(cells[i]!) ? [] : [[name, cellValue(cells[i]!)] as const],
    ),
  );
  return { where, value };
};

/**
 * Comma- or tab-separated values with a header, quotes as in RFC 4180, line ends of any kind. Reads row by row: what is
 * left of an unfinished row waits for the next bytes.
 */
export async function* csvRows(source: ByteSource, fixedDelimiter?: string): AsyncGenerator<Row> {
  const { Parser } = (await import('papaparse')).default as typeof Papa;
  const name = shownText(source.name, 120);
  let parser: Papa.Parser | undefined;
  let unify: (piece: string) => string = (piece) => piece;
  let header: Header | undefined;
  let rest = '';
  let line = 1;
  let row = 0;
  /** Parsing an unfinished row anew with every chunk would cost its square. */
  let waitFor = 0;
  for await (const { text, last } of strictText(source)) {
    rest += unify(text);
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
      const delimiter = fixedDelimiter ?? guessDelimiter(rest);
      parser = new Parser({ delimiter, newline: '\n', fastMode: false });
      unify = unifyLineEnds(delimiter);
      rest = unify(rest);
    }
    const { data, errors, meta } = parser.parse(rest, 0, !last) as Parsed;
    const unclosed = errors.find(({ code }) => code === 'MissingQuotes')?.row;
    const misquoted = new Set(errors.filter(({ code }) => code === 'InvalidQuotes').map((e) => e.row));
    for (const [i, cells] of data.entries()) {
      const where = `${name}, row ${row} (line ${line})`;
      line += 1 + cells.reduce((sum, cell) => sum + (cell.match(lineEnd)?.length ?? 0), 0);
      if (cells.every(isEmpty)) continue;
      const excerpt = shownText(cells.join(' | ').replaceAll(BAD_BYTE, '\ufffd'));
      if (!header) {
        if (unclosed === i) throw new DataError(source.name, 'line 1', 'opens a quote that nothing closes');
        header = readHeader(source.name, cells);
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
