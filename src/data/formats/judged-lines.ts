import { annotationsIn, holds } from './annotations';
import type { JudgedLine } from './example';
import { firstWrongLine, linesOf } from './first-wrong-line';

/** A line's labels as losses over steps read them. @param sound everything up to its end is right */
export const lineLabels = (correct: boolean, sound: boolean): JudgedLine['labels'] => {
  const right = correct ? 1 : 0;
  return { correct: right, reward: right, score: right, q: sound ? 1 : -1, value: sound ? 1 : 0 };
};

/**
 * What can be told of each line of a solution: all are right in a right one; in a wrong one those before its first wrong line
 * (see `firstWrongLine`), and of the later ones those whose calculations hold, but for the last, which gives the wrong result.
 * @returns undefined where nobody can tell which line of a wrong solution is to blame
 */
export const judgedLines = (
  solution: string,
  isRight: boolean,
  right: readonly string[],
): JudgedLine[] | undefined => {
  const lines = linesOf(solution);
  if (isRight) return lines.map((text) => ({ text, labels: lineLabels(true, true) }));
  const found = firstWrongLine(solution, right);
  if (!found) return undefined;
  const first = linesOf(found.prefix).length;
  return lines.map((text, i) => {
    const fails =
      i === first || i === lines.length - 1 || annotationsIn(text).some((a) => holds(a) === false);
    return { text, labels: lineLabels(i < first || !fails, i < first) };
  });
};

/** Share of the lines before the first wrong one; 0 where it cannot be told, below 1 always. */
export const shareBeforeMistake = (solution: string, right: readonly string[]): number => {
  const found = firstWrongLine(solution, right);
  return found ? linesOf(found.prefix).length / linesOf(solution).length : 0;
};
