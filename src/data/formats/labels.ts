import { shownText, shownValue } from '../shown-text';
import { RowProblem } from './example';
import { asBoolean } from './read-value';

/** What a label can mean: of one answer, or of two, which is better. */
export const labelMeanings = ['right', 'wrong', 'first', 'second'] as const;

export type LabelMeaning = (typeof labelMeanings)[number];

/** By what they mean, words of a label column that do not say it themselves. */
export type LabelWords = { readonly [meaning in LabelMeaning]?: readonly string[] | undefined };

/** A label as a word: without spaces around it, in small letters, whole numbers without a point. */
export const labelWord = (value: unknown): string | undefined => {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const word = String(value).trim().toLowerCase();
  return /^[+-]?\d+\.0*$/.test(word) ? String(Number(word)) : word;
};

export const isMissing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  Number.isNaN(value) ||
  (typeof value === 'string' && value.trim() === '');

/** A word that is said to mean two things. */
export const doubleWord = (words: LabelWords): string | undefined => {
  const all = labelMeanings.flatMap((meaning) => (words[meaning] ?? []).map(labelWord));
  return all.find((word, i) => all.indexOf(word) !== i);
};

/** What the settings say that a label means. */
export const meaningOf = (value: unknown, words: LabelWords): LabelMeaning | undefined => {
  const word = labelWord(value);
  if (word === undefined) return undefined;
  return labelMeanings.find((meaning) => words[meaning]?.some((name) => labelWord(name) === word));
};

const named = (column: string) => `"${shownText(column, 40)}"`;

export const labelProblem = (
  column: string,
  what: string,
  value: unknown,
  meanings: readonly [LabelMeaning, LabelMeaning],
): RowProblem =>
  isMissing(value)
    ? new RowProblem(`${named(column)} is missing`)
    : new RowProblem(
        `${named(column)} ${what}; say which labels mean ${meanings.join(' and which ')}`,
        shownValue(value),
      );

/** Whether a label says right: by the settings' words first, else as a number, a boolean or the text of one. */
export const asLabel = (value: unknown, words: LabelWords): boolean | undefined => {
  const meaning = meaningOf(value, words);
  if (meaning === 'right' || meaning === 'wrong') return meaning === 'right';
  return asBoolean(value);
};

/** @throws RowProblem for a label that cannot be read: it is never left out of account */
export const readLabel = (value: unknown, column: string, words: LabelWords): boolean => {
  const label = asLabel(value, words);
  if (label === undefined) throw labelProblem(column, 'is not true or false', value, ['right', 'wrong']);
  return label;
};
