import type { Rng } from '../util/rng';
import { arithmeticAspects, repairArithmetic } from './arithmetic-lines';
import { worldCard } from './cards';
import { drawnApart } from './held-out';
import { judgeLines, splitLines, verdictOf } from './lines';
import { applied, createSumReader, sumOf } from './sums';
import type { Problem, Task, Verdict } from './task';

/*
 * Chained arithmetic, one operation per line.
 *
 *   prompt    7,+5,*3,-2
 *   response  7+5=12
 *             12*3=36
 *             36-2=34
 *             A:34
 *
 * The operations apply from left to right. Every value on the way lies in 0..999, so each line has exactly one
 * right form and a model of a few hundred thousand parameters can learn the task, but not at once.
 */

/** What a difficulty of the card means. */
interface Level {
  id: string;
  /** Number of operations, from and to. */
  operations: readonly [number, number];
  /** Largest first number. */
  start: number;
  /** Largest number added or subtracted. */
  addend: number;
  /** Largest value on the way. */
  limit: number;
}

const levels: readonly Level[] = [
  { id: 'easy', operations: [2, 3], start: 20, addend: 20, limit: 99 },
  { id: 'medium', operations: [3, 4], start: 50, addend: 50, limit: 999 },
  { id: 'hard', operations: [4, 6], start: 99, addend: 99, limit: 999 },
];

const largestFactor = 9;
const heldOutSeed = 20_240_618;

const levelOf = (difficulty: string): Level => {
  const level = levels.find((l) => l.id === difficulty);
  if (!level) {
    const known = levels.map((l) => `"${l.id}"`).join(', ');
    throw new Error(`Task "arithmetic" has no difficulty "${difficulty}"; use one of ${known}.`);
  }
  return level;
};

const between = (rng: Rng, low: number, high: number): number => low + rng.int(high - low + 1);

/** One operation that keeps the value in 0..limit; the operators that can are equally likely. */
const drawOperation = (rng: Rng, value: number, level: Level): string => {
  const room = {
    '+': Math.min(level.addend, level.limit - value),
    '-': Math.min(level.addend, value),
    '*': value === 0 ? 0 : Math.min(largestFactor, Math.floor(level.limit / value)),
  };
  const possible = (['+', '-', '*'] as const).filter((o) => room[o] >= (o === '*' ? 2 : 1));
  const operator = rng.pick(possible);
  return operator + between(rng, operator === '*' ? 2 : 1, room[operator]);
};

const drawAny = (rng: Rng, level: Level): Problem => {
  const start = between(rng, 1, level.start);
  const operations: string[] = [];
  const lines: string[] = [];
  let value = start;
  for (let left = between(rng, ...level.operations); left > 0; left--) {
    const operation = drawOperation(rng, value, level);
    const next = applied(value, operation);
    operations.push(operation);
    lines.push(`${value}${operation}=${next}\n`);
    value = next;
  }
  const question = [start, ...operations].join(',');
  return {
    id: `arithmetic/${question}`,
    prompt: `${question}\n`,
    solution: `${lines.join('')}A:${value}`,
    answer: String(value),
    difficulty: level.id,
    data: { start, operations },
  };
};

const apart = drawnApart(heldOutSeed, levelOf, drawAny);

/**
 * Problems number `start` to `start + count - 1` of the fixed held-out list of a difficulty, all distinct. `draw`
 * never returns any of them. The list does not depend on any run's seed.
 *
 * @throws when the difficulty is unknown, the range is not whole and non-negative, or the list is exhausted.
 */
export const { heldOut: heldOutProblems } = apart;

/** Checks every line and the answer; see `createSumReader`. One newline after the answer is allowed. */
const verify = (problem: Problem, response: string): Verdict => {
  const reader = createSumReader(sumOf(problem));
  const steps = judgeLines(response, (line) =>
    reader.answer === undefined ? reader.read(line) : 'there is text after the answer',
  );
  return verdictOf(steps, reader.answer === reader.right, reader.answer);
};

/** Chained arithmetic; see the top of this file. */
export const arithmetic: Task = {
  ...worldCard('arithmetic'),
  ...apart,
  verify,
  continueFrom: (problem, prefix) => {
    const { steps, correct } = verify(problem, prefix);
    if (correct) return '';
    // Right lines have one form, so a right prefix of whole lines is as long as the solution's own.
    const whole = prefix === '' || prefix.endsWith('\n');
    return whole && steps.every((s) => s.correct) ? problem.solution.slice(prefix.length) : undefined;
  },
  splitSteps: splitLines,
  aspects: arithmeticAspects,
  repair: repairArithmetic,
};
