import { annotationsIn, evaluate, holds, resultsOf } from './annotations';

export interface WrongLine {
  /** The correct lines before it, each with its line break. */
  prefix: string;
  chosen: string;
  rejected: string;
  chosenEnds: boolean;
  rejectedEnds: boolean;
}

/** Lines with their line breaks. */
export const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** The line with the first false result put right, in the annotation and where it is repeated behind it. */
const corrected = (line: string): string | undefined => {
  const wrong = annotationsIn(line).find((annotation) => holds(annotation) === false);
  if (!wrong) return undefined;
  const value = evaluate(wrong.expression)!;
  const right = String(Number(value.toFixed(2)));
  const after = line.slice(wrong.end);
  const repeated = after.startsWith(wrong.result) && !/^\d/.test(after.slice(wrong.result.length));
  return `${line.slice(0, wrong.start)}<<${wrong.expression}=${right}>>${repeated ? right + after.slice(wrong.result.length) : after}`;
};

/**
 * Finds where a wrong solution goes wrong, and what is right there:
 * 1. the first calculator annotation that does not hold; right is the same line with the result put right;
 * 2. else the first line that departs from a correct solution with the same lines before, if it reaches a number that
 *    no correct solution reaches; right is that solution's line.
 * A solution that departs in some other way is left alone: from its text nobody can tell which line is to blame.
 */
export const firstWrongLine = (wrong: string, right: readonly string[]): WrongLine | undefined => {
  const lines = linesOf(wrong);
  const results = new Set(right.flatMap(resultsOf));
  let best: WrongLine | undefined;
  let bestAt = -1;
  for (const solution of right) {
    const own = linesOf(solution);
    let n = 0;
    while (n < lines.length && n < own.length && lines[n] === own[n]) n++;
    if (n <= bestAt || n >= lines.length || n >= own.length) continue;
    const reached = resultsOf(lines[n]!);
    if (reached.length === 0 || reached.some((result) => results.has(result))) continue;
    bestAt = n;
    best = {
      prefix: lines.slice(0, n).join(''),
      chosen: own[n]!,
      rejected: lines[n]!,
      chosenEnds: n === own.length - 1,
      rejectedEnds: n === lines.length - 1,
    };
  }
  const false_ = lines.findIndex((line) => annotationsIn(line).some((a) => holds(a) === false));
  if (false_ < 0 || (best && bestAt <= false_)) return best;
  const isLast = false_ === lines.length - 1;
  return {
    prefix: lines.slice(0, false_).join(''),
    chosen: corrected(lines[false_]!)!,
    rejected: lines[false_]!,
    chosenEnds: isLast,
    rejectedEnds: isLast,
  };
};
