import { shownValue } from '../shown-text';
import type { JudgedLine } from './example';
import { RowProblem } from './example';
import { lineLabels } from './judged-lines';
import { asBoolean, asList } from './read-value';

/** A step's label as a share: how surely it is right. Undefined for what is none. */
const shareOf = (value: unknown): number | undefined => {
  const word = typeof value === 'string' ? value.trim() : value;
  if (word === '+') return 1;
  if (word === '-' || Number(word) === -1) return 0;
  const yes = asBoolean(word);
  if (yes !== undefined) return yes ? 1 : 0;
  const share =
    typeof word === 'number' || (typeof word === 'string' && word !== '') ? Number(word) : Number.NaN;
  return share >= 0 && share <= 1 ? share : undefined;
};

const isText = (value: unknown): value is string => typeof value === 'string';

/** Whether two columns hold the steps of an answer and a label for each, as the first row has them. */
export const areJudgedSteps = (steps: unknown, labels: unknown): boolean => {
  const [texts, own] = [asList(steps), asList(labels)];
  return (
    texts !== undefined &&
    own !== undefined &&
    texts.length > 0 &&
    texts.length === own.length &&
    texts.every(isText) &&
    own.every((label) => shareOf(label) !== undefined)
  );
};

/** A step as it stands in the answer: on a line of its own, unless its own blanks part it from the next one. */
const joinable = (step: string, next: string | undefined) =>
  next === undefined || /\s$/.test(step) || /^\s/.test(next) ? step : `${step}\n`;

/**
 * The steps of an answer, each with what is said of it: TRL's stepwise supervision. A label is true or false, 1 or 0 (or -1), + or -, or a
 * share between 0 and 1, such as that of the rollouts which end right; from a half on a step counts as right.
 * @throws RowProblem when the two lists do not fit each other
 */
export const readJudgedSteps = (
  steps: unknown,
  labels: unknown,
  columns: { steps: string; labels: string },
): JudgedLine[] => {
  const read = (value: unknown, column: string): unknown[] => {
    const list = asList(value);
    if (list) return list;
    throw new RowProblem(`"${column}" is not a list`, shownValue(value));
  };
  const [texts, own] = [read(steps, columns.steps), read(labels, columns.labels)];
  if (texts.length !== own.length) {
    throw new RowProblem(
      `"${columns.steps}" and "${columns.labels}" have different lengths`,
      `${texts.length} and ${own.length}`,
    );
  }
  const all = texts.map((text, i) => {
    const share = shareOf(own[i]);
    if (!isText(text)) throw new RowProblem(`a step in "${columns.steps}" is not a text`, shownValue(text));
    if (share === undefined)
      throw new RowProblem(`a label in "${columns.labels}" says neither right nor wrong`, shownValue(own[i]));
    return { text, share };
  });
  // A step without text says nothing, and its label with it.
  const kept = all.filter(({ text }) => text.trim() !== '');
  if (kept.length === 0) throw new RowProblem('the row has no step');
  let sound = true;
  return kept.map(({ text, share }, i) => {
    sound &&= share >= 0.5;
    const certain = lineLabels(share >= 0.5, sound);
    const graded = share > 0 && share < 1 ? { reward: share, score: share, value: share } : {};
    return { text: joinable(text, kept[i + 1]?.text), labels: { ...certain, ...graded } };
  });
};
