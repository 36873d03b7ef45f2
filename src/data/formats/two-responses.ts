import type { RowValue } from '../rows/row-source';
import { shownText, shownValue } from '../shown-text';
import { RowProblem } from './example';
import type { LabelWords } from './labels';
import { labelProblem, labelWord, meaningOf } from './labels';
import { cell } from './read-value';

export interface TwoColumns {
  first: string;
  second: string;
}

/** What answers are called, and how two of them are told apart. */
const stems = /^(response|answer|completion|output|conversation|generation|candidate|summary)s?[ _-]?$/i;
const endings: readonly (readonly [string, string])[] = [
  ['0', '1'],
  ['a', 'b'],
  ['1', '2'],
];

/**
 * The two columns that hold an answer each, by names such as `response_0` and `response_1`, or `answer_a` and `answer_b`.
 * Undefined where there are none, or more than two of a kind.
 */
export const findTwo = (columns: readonly string[]): TwoColumns | undefined => {
  const numbered = columns.flatMap((column) => {
    const stem = column.slice(0, -1);
    return stems.test(stem) && /[\da-z]$/i.test(column) ? [{ column, stem: stem.toLowerCase() }] : [];
  });
  for (const { stem } of numbered) {
    const own = numbered.filter((other) => other.stem === stem).map(({ column }) => column);
    if (own.length !== 2) continue;
    for (const [a, b] of endings) {
      const ending = (e: string) => own.find((column) => column.toLowerCase() === stem + e);
      const first = ending(a);
      const second = ending(b);
      if (first !== undefined && second !== undefined) return { first, second };
    }
  }
  return undefined;
};

const ties = new Set(['tie', 'tie (bothbad)', 'both', 'neither', 'none', 'equal', 'same', 'draw']);

/** What distinguishes two names: their ends after what they begin with alike, each up to the last word border. */
const endsOf = ({ first, second }: TwoColumns): [string, string] => {
  let n = 0;
  while (n < first.length && n < second.length && first[n] === second[n]) n++;
  return [first.slice(n).toLowerCase(), second.slice(n).toLowerCase()];
};

const namesOne = (word: string, column: string, end: string): boolean =>
  word === column.toLowerCase() ||
  (end !== '' && (word === end || [' ', '_', '-'].some((border) => word.endsWith(border + end))));

/**
 * The columns of the better and of the worse answer of a row. The better one is named by its column, or by what tells
 * its column from the other's: 0 of `response_0`, "model_b" of `answer_b`; else by the settings' words. Anything else is
 * refused: whether 1 is the first or the second of `response_a` and `response_b` cannot be told.
 * @throws RowProblem when none is named, or both are equal
 */
export const betterOfTwo = (
  row: RowValue,
  columns: TwoColumns & { better: string },
  words: LabelWords,
): { chosen: string; rejected: string } => {
  const { first, second, better } = columns;
  const value = cell(row, better);
  const meaning = meaningOf(value, words);
  const word = labelWord(value);
  const [firstEnd, secondEnd] = endsOf(columns);
  const isFirst =
    meaning === 'first' || (meaning === undefined && word !== undefined && namesOne(word, first, firstEnd));
  const isSecond =
    meaning === 'second' ||
    (meaning === undefined && word !== undefined && namesOne(word, second, secondEnd));
  if (isFirst !== isSecond)
    return isFirst ? { chosen: first, rejected: second } : { chosen: second, rejected: first };
  if (word !== undefined && ties.has(word)) {
    throw new RowProblem(`"${shownText(better, 40)}" calls neither answer better`, shownValue(value));
  }
  const what = `names neither "${shownText(first, 40)}" nor "${shownText(second, 40)}"`;
  throw labelProblem(better, what, value, ['first', 'second']);
};
