import { isObject } from '../rows/parse-json';
import type { RowValue } from '../rows/row-source';
import { shownValue } from '../shown-text';
import { removeAnnotations } from './annotations';
import type { Example, Text } from './example';
import { RowProblem } from './example';
import { firstWrongLine } from './first-wrong-line';
import { judgedLines, shareBeforeMistake } from './judged-lines';
import type { Note } from './note';
import { asBoolean, cell } from './read-value';

interface Solutions {
  /** The models' own first, the ground truth last. */
  right: string[];
  wrong: string[];
}

export interface SolutionColumns {
  groundTruth: string | undefined;
  solutions: readonly string[];
}

const readSolutions = (row: RowValue, columns: SolutionColumns): Solutions => {
  const right = new Set<string>();
  const wrong = new Set<string>();
  for (const column of columns.solutions) {
    const value = cell(row, column);
    if (value === undefined || value === null) continue;
    const solution = isObject(value) ? cell(value, 'solution') : undefined;
    const isCorrect = isObject(value) ? asBoolean(cell(value, 'is_correct')) : undefined;
    if (typeof solution !== 'string' || isCorrect === undefined) {
      throw new RowProblem(`"${column}" is not { solution, is_correct }`, shownValue(value));
    }
    if (solution.trim() !== '') (isCorrect ? right : wrong).add(solution);
  }
  const truth = columns.groundTruth === undefined ? undefined : cell(row, columns.groundTruth);
  if (typeof truth === 'string' && truth.trim() !== '') right.add(truth);
  return { right: [...right], wrong: [...wrong] };
};

const untold =
  'no wrong step can be told: every annotation holds, and no line departs to a number of its own';

/**
 * Examples from one question with several solutions.
 * @param shape what the method eats: pairs of a right and a wrong solution, a right and a wrong step, right ones alone, all of them as one
 *   list with scores (of a wrong one the share of its lines before the first wrong line), or the same with every line judged
 * @param limit most examples of one row
 * @throws RowProblem when the row has none
 */
export const solutionExamples = (
  row: RowValue,
  where: string,
  columns: SolutionColumns,
  prompt: Text,
  options: {
    shape: 'pairs' | 'steps' | 'scored' | 'lists' | 'judged';
    limit: number;
    annotations: 'keep' | 'remove';
    note: Note;
  },
): Example[] => {
  const { right, wrong } = readSolutions(row, columns);
  const text = (solution: string) =>
    options.annotations === 'remove' ? removeAnnotations(solution) : solution;
  if (options.shape === 'scored') {
    const responses = [
      ...right.map((solution) => ({ text: text(solution), score: 1 })),
      ...wrong.map((solution) => ({ text: text(solution), score: 0 })),
    ];
    if (responses.length === 0) throw new RowProblem('the row has no solution');
    return [{ kind: 'scored', where, prompt, responses }];
  }
  if (right.length === 0) throw new RowProblem('the row has no right solution');
  if (wrong.length === 0) throw new RowProblem('the row has no wrong solution');
  if (options.shape === 'lists') {
    const responses = [
      ...right.map((solution) => ({ text: text(solution), score: 1 })),
      ...wrong.map((solution) => ({ text: text(solution), score: shareBeforeMistake(solution, right) })),
    ];
    return [{ kind: 'scored', where, prompt, responses }];
  }
  if (options.shape === 'judged') {
    const judged = (solution: string, isRight: boolean) => {
      const lines = judgedLines(solution, isRight, right);
      if (!lines) {
        options.note('unjudged');
        return [];
      }
      const shown = lines.map((line) => ({ ...line, text: text(line.text) }));
      return [{ text: text(solution), score: isRight ? 1 : 0, lines: shown }];
    };
    const bad = wrong.flatMap((solution) => judged(solution, false));
    if (bad.length === 0) throw new RowProblem(untold);
    return [
      {
        kind: 'scored',
        where,
        prompt,
        responses: [...right.flatMap((solution) => judged(solution, true)), ...bad],
      },
    ];
  }
  if (options.shape === 'pairs') {
    const pairs: Example[] = [];
    // Every wrong one meets every right one, in turns, so that few pairs are not all of one solution.
    for (let turn = 0; turn < right.length; turn++) {
      for (const [i, rejected] of wrong.entries()) {
        if (pairs.length >= options.limit) return pairs;
        const chosen = right[(turn + i) % right.length]!;
        pairs.push({ kind: 'pair', where, prompt, chosen: text(chosen), rejected: text(rejected) });
      }
    }
    return pairs;
  }
  const steps: Example[] = [];
  const seen = new Set<string>();
  for (const solution of wrong) {
    const found = firstWrongLine(solution, right);
    if (!found || steps.length >= options.limit) continue;
    const key = JSON.stringify([found.prefix, found.rejected]);
    if (seen.has(key)) continue;
    seen.add(key);
    const step = {
      ...found,
      prefix: text(found.prefix),
      chosen: text(found.chosen),
      rejected: text(found.rejected),
    };
    if (step.chosen !== step.rejected) steps.push({ kind: 'step', where, prompt, ...step });
  }
  if (steps.length === 0) {
    throw new RowProblem(untold);
  }
  return steps;
};
