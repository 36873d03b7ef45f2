import { createRng, type Rng } from '../util/rng';
import { arithmeticAspects, repairArithmetic } from './arithmetic-lines';
import { worldCard } from './cards';
import { heldOutList, isHeldOut } from './held-out';
import type { Problem, StepVerdict, Task, Verdict } from './task';

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

const apply = (value: number, operator: string, operand: number): number =>
  operator === '+' ? value + operand : operator === '-' ? value - operand : value * operand;

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
    const next = apply(value, operation[0]!, Number(operation.slice(1)));
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

/**
 * Problems number `start` to `start + count - 1` of the fixed held-out list of a difficulty, all distinct. `draw`
 * never returns any of them. The list does not depend on any run's seed.
 *
 * @throws when the difficulty is unknown, the range is not whole and non-negative, or the list is exhausted.
 */
export const heldOutProblems = (difficulty: string, start: number, count: number): Problem[] => {
  const level = levelOf(difficulty);
  const rng = createRng(heldOutSeed).fork(difficulty);
  return heldOutList(difficulty, start, count, () => {
    const problem = drawAny(rng, level);
    return isHeldOut(problem.prompt) ? problem : undefined;
  });
};

/** Lines with their newlines; text after the last newline is a line too. */
const splitSteps = (response: string): string[] => response.match(/[^\n]*\n|[^\n]+$/g) ?? [];

// Nine digits are more than any right line has, and leave room for exact products.
const number = '(0|[1-9][0-9]{0,8})';
const stepForm = new RegExp(`^${number}([-+*])${number}=${number}$`);
const answerForm = new RegExp(`^A:${number}$`);

/** What the problem asks, from `data`. */
const chainOf = (problem: Problem): { start: number; operations: readonly string[] } => {
  const { start, operations } = problem.data;
  const form = new RegExp(`^[-+*]${number}$`);
  const isChain = Array.isArray(operations) && operations.every((o) => typeof o === 'string' && form.test(o));
  if (typeof start !== 'number' || !isChain) {
    throw new Error(
      `Problem "${problem.id}" is not a chained-arithmetic problem: data.start must be a number and ` +
        'data.operations a list like ["+5", "*3"].',
    );
  }
  return { start, operations: operations as string[] };
};

/**
 * Checks every line and the answer.
 *
 * Each line is judged on its own: its operand must be the result that the line before states (right or wrong), so
 * a mistake is charged once, to the line that makes it. The answer is judged against the truth. One newline after
 * the answer is allowed.
 */
const verify = (problem: Problem, response: string): Verdict => {
  const { start, operations } = chainOf(problem);
  // truth[i] is the right value before operation i, and the answer at the end
  const truth = [start];
  for (const o of operations) truth.push(apply(truth.at(-1)!, o[0]!, Number(o.slice(1))));
  const right = String(truth.at(-1)!);

  let running: number | undefined = start;
  let answer: string | undefined;
  let done = false;

  const judge = (line: string, index: number): string => {
    if (done) return 'there is text after the answer';
    const asked = operations[index];
    const given = answerForm.exec(line)?.[1];
    if (given !== undefined) {
      done = true;
      answer = given;
      if (asked !== undefined) return `the answer comes before the step ${asked}`;
      return given === right ? '' : `the answer is ${right}, not ${given}`;
    }
    // After an unreadable line the value that it should have had counts.
    const value = running ?? truth[index];
    running = undefined;
    const parts = stepForm.exec(line);
    if (asked === undefined || value === undefined) {
      return `all ${operations.length} steps are done, so this line must be the answer, like "A:${right}"`;
    }
    if (!parts) return `this line must look like "${value}${asked}=", then the result`;
    const [, operand, operator, by, result] = parts;
    running = Number(result);
    if (operand !== String(value)) return `the step starts from ${operand}, but the value so far is ${value}`;
    if (operator! + by! !== asked) return `the step applies ${operator}${by}, but ${asked} is asked for`;
    const expected = apply(value, operator!, Number(by));
    return expected === running ? '' : `${value}${asked} is ${expected}, not ${result}`;
  };

  let at = 0;
  const steps = splitSteps(response).map((text, index): StepVerdict => {
    const reason = judge(text.endsWith('\n') ? text.slice(0, -1) : text, index);
    const step = { start: at, end: at + text.length, text, correct: reason === '', reason };
    at = step.end;
    return step;
  });
  const wrong = steps.findIndex((s) => !s.correct);
  const correct = wrong < 0 && answer === right;
  return { steps, correct, answer, firstWrongStep: wrong >= 0 ? wrong : correct ? -1 : steps.length };
};

/** Chained arithmetic; see the top of this file. */
export const arithmetic: Task = {
  ...worldCard('arithmetic'),
  draw: (rng, difficulty) => {
    const level = levelOf(difficulty);
    for (;;) {
      const problem = drawAny(rng, level);
      if (!isHeldOut(problem.prompt)) return problem;
    }
  },
  heldOut: heldOutProblems,
  verify,
  continueFrom: (problem, prefix) => {
    const { steps, correct } = verify(problem, prefix);
    if (correct) return '';
    // Right lines have one form, so a right prefix of whole lines is as long as the solution's own.
    const whole = prefix === '' || prefix.endsWith('\n');
    return whole && steps.every((s) => s.correct) ? problem.solution.slice(prefix.length) : undefined;
  },
  splitSteps,
  aspects: arithmeticAspects,
  repair: repairArithmetic,
};
