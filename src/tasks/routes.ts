import { meanOf } from '../util/measure';
import type { Rng } from '../util/rng';
import { worldCard } from './cards';
import { drawnApart } from './held-out';
import type { MeasuredAnswer, Problem, StepVerdict, Task, Verdict } from './task';

/*
 * Sums that may be worked out by many ways.
 *
 *   prompt    3+12+7+9
 *   response  12+9=21        any two numbers that are still there; their sum takes their place, at the end
 *             3+7=10
 *             21+10=31
 *             A:31
 *
 * The way is the sequence of pairs, in whatever order each is written: 18 of them for four numbers, 180 for five, and
 * fewer where a sum equals another number that is there.
 */

/** What a difficulty of the card means. */
interface Level {
  id: string;
  count: number;
  largest: number;
}

const levels: readonly Level[] = [
  { id: 'three', count: 3, largest: 29 },
  { id: 'four', count: 4, largest: 19 },
  { id: 'five', count: 5, largest: 19 },
];

const heldOutSeed = 20_261_128;

const levelOf = (difficulty: string): Level => {
  const level = levels.find((l) => l.id === difficulty);
  if (!level) {
    const known = levels.map((l) => `"${l.id}"`).join(', ');
    throw new Error(`Task "routes" has no difficulty "${difficulty}"; use one of ${known}.`);
  }
  return level;
};

/** The lines and the answer, first pair first, from the numbers that are there. */
const leftToRight = (numbers: readonly number[]): string => {
  let left = [...numbers];
  let text = '';
  while (left.length > 1) {
    const [a, b, ...rest] = left as [number, number, ...number[]];
    text += `${a}+${b}=${a + b}\n`;
    left = [...rest, a + b];
  }
  return `${text}A:${left[0]}`;
};

const drawAny = (rng: Rng, level: Level): Problem => {
  const numbers: number[] = [];
  while (numbers.length < level.count) {
    const n = 1 + rng.int(level.largest);
    if (!numbers.includes(n)) numbers.push(n);
  }
  const question = numbers.join('+');
  return {
    id: `routes/${question}`,
    prompt: `${question}\n`,
    solution: leftToRight(numbers),
    answer: String(numbers.reduce((sum, n) => sum + n, 0)),
    difficulty: level.id,
    data: { numbers },
  };
};

const numbersOf = (problem: Problem): number[] => {
  const { numbers } = problem.data;
  if (!Array.isArray(numbers) || numbers.length < 2 || numbers.some((n) => typeof n !== 'number')) {
    throw new Error(
      `Problem "${problem.id}" is not a sum of routes: data.numbers must be a list of two numbers or more.`,
    );
  }
  return numbers as number[];
};

const number = '(0|[1-9][0-9]{0,5})';
const lineForm = new RegExp(`^${number}\\+${number}=${number}$`);
const answerForm = new RegExp(`^A:${number}$`);

/** Without one copy of a value; undefined when there is none. */
const without = (numbers: readonly number[], value: number): number[] | undefined => {
  const at = numbers.indexOf(value);
  return at < 0 ? undefined : [...numbers.slice(0, at), ...numbers.slice(at + 1)];
};

interface Walk extends Verdict {
  /** The numbers that are there at the end. */
  left: number[];
  /** Its pairs, smaller number first; those of unreadable lines are left out. */
  pairs: string[];
}

const splitSteps = (response: string): string[] => response.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const walk = (problem: Problem, response: string): Walk => {
  const right = numbersOf(problem).reduce((sum, n) => sum + n, 0);
  let left = numbersOf(problem);
  let answer: string | undefined;
  const pairs: string[] = [];

  const judge = (line: string): string => {
    if (answer !== undefined) return 'there is text after the answer';
    const given = answerForm.exec(line)?.[1];
    if (given !== undefined) {
      answer = given;
      if (left.length > 1) return `the answer comes while ${left.join(' and ')} are still to be added`;
      return given === String(right) ? '' : `the answer is ${right}, not ${given}`;
    }
    if (left.length === 1) return `one number is left, so this line must be the answer, like "A:${right}"`;
    const parts = lineForm.exec(line);
    if (!parts) return 'this line must add two numbers, like "3+7=10"';
    const [a, b, sum] = parts.slice(1).map(Number) as [number, number, number];
    const rest = without(left, a);
    const others = rest && without(rest, b);
    if (!others) {
      const missing = rest ? b : a;
      return `${missing} is not there${rest && a === b ? ' twice' : ''}: ${left.join(', ')} are`;
    }
    // The line's own sum goes on, so that a mistake is charged once.
    left = [...others, sum];
    pairs.push(`${Math.min(a, b)}+${Math.max(a, b)}`);
    return sum === a + b ? '' : `${a}+${b} is ${a + b}, not ${sum}`;
  };

  let at = 0;
  const steps = splitSteps(response).map((text): StepVerdict => {
    const reason = judge(text.endsWith('\n') ? text.slice(0, -1) : text);
    const step = { start: at, end: at + text.length, text, correct: reason === '', reason };
    at = step.end;
    return step;
  });
  const wrong = steps.findIndex((s) => !s.correct);
  const correct = wrong < 0 && answer === String(right);
  return {
    steps,
    correct,
    answer,
    firstWrongStep: wrong >= 0 ? wrong : correct ? -1 : steps.length,
    left,
    pairs,
  };
};

/** Which way an answer takes; undefined when it is not right. Two answers with the same one differ at most in the order of a pair. */
const routeOf = (problem: Problem, response: string): string | undefined => {
  const { correct, pairs } = walk(problem, response);
  return correct ? pairs.join(' ') : undefined;
};

/** Right answers to each problem that the measure of diversity looks at. */
const LOOKED_AT = 8;

/** Answers by problem, in the order of the first answer to each. */
const byProblem = (answers: readonly MeasuredAnswer[]): MeasuredAnswer[][] => {
  const groups = new Map<string, MeasuredAnswer[]>();
  for (const answer of answers) {
    const { id } = answer.problem;
    groups.set(id, [...(groups.get(id) ?? []), answer]);
  }
  return [...groups.values()];
};

/** Expected number of distinct values among `size` drawn without replacement. */
const distinctAmong = (values: readonly string[], size: number): number => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const n = values.length;
  return [...counts.values()].reduce((sum, count) => {
    let none = 1;
    for (let i = 0; i < size; i++) none *= Math.max(0, n - count - i) / (n - i);
    return sum + 1 - none;
  }, 0);
};

const entropyOf = (values: readonly string[]): number => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => {
    const share = count / values.length;
    return sum - share * Math.log(share);
  }, 0);
};

/** Sums by many ways; see the top of this file. */
export const routes: Task = {
  ...worldCard('routes'),
  ...drawnApart(heldOutSeed, levelOf, drawAny),
  verify: (problem, response) => {
    const { steps, correct, answer, firstWrongStep } = walk(problem, response);
    return { steps, correct, answer, firstWrongStep };
  },
  continueFrom: (problem, prefix) => {
    const { steps, correct, left } = walk(problem, prefix);
    if (correct) return '';
    const whole = prefix === '' || prefix.endsWith('\n');
    return whole && steps.every((s) => s.correct) ? leftToRight(left) : undefined;
  },
  splitSteps,
  derivation: routeOf,
  measures: (answers) => {
    const routesOf = byProblem(answers).map((group) =>
      group.flatMap(({ problem, text }) => routeOf(problem, text) ?? []),
    );
    const enough = routesOf.filter((found) => found.length >= LOOKED_AT);
    const mean = (id: string, name: string, unit: string, values: number[]) =>
      meanOf({ id, name, better: 'higher' }, unit, values);
    return [
      mean(
        'distinct',
        'different right ways among the answers to a problem',
        'ways',
        routesOf.map((found) => new Set(found).size),
      ),
      mean(
        'distinct-of-8',
        'different ways among 8 right answers to a problem',
        'ways',
        enough.map((found) => distinctAmong(found, LOOKED_AT)),
      ),
      mean(
        'entropy',
        'entropy of the right answers to a problem over their ways',
        'nats',
        enough.map(entropyOf),
      ),
    ];
  },
};
