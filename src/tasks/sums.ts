import type { Problem } from './task';

/** A chain of operations that apply from left to right. */
export interface Sum {
  start: number;
  /** Such as "+5" or "*3". */
  operations: readonly string[];
}

// Nine digits are more than any right line has, and leave room for exact products.
const number = '(0|[1-9][0-9]{0,8})';
const stepForm = new RegExp(`^${number}([-+*])${number}=${number}$`);
const answerForm = new RegExp(`^A:${number}$`);
const operationForm = new RegExp(`^[-+*]${number}$`);

/** What an operation makes of a value. */
export const applied = (value: number, operation: string): number => {
  const by = Number(operation.slice(1));
  return operation[0] === '+' ? value + by : operation[0] === '-' ? value - by : value * by;
};

/** What a problem asks, from its `data`. @throws when that is no chain */
export const sumOf = (problem: Problem): Sum => {
  const { start, operations } = problem.data;
  const isChain =
    Array.isArray(operations) && operations.every((o) => typeof o === 'string' && operationForm.test(o));
  if (typeof start !== 'number' || !isChain) {
    throw new Error(
      `Problem "${problem.id}" is not a chained-arithmetic problem: data.start must be a number and ` +
        'data.operations a list like ["+5", "*3"].',
    );
  }
  return { start, operations: operations as string[] };
};

/** The value before each operation, and the answer at the end. */
export const valuesOf = ({ start, operations }: Sum): number[] => {
  const values = [start];
  for (const operation of operations) values.push(applied(values.at(-1)!, operation));
  return values;
};

/** The right lines, the answer last, without newlines. */
export const sumLines = (sum: Sum): string[] => {
  const values = valuesOf(sum);
  return [...sum.operations.map((o, i) => `${values[i]}${o}=${values[i + 1]}`), `A:${values.at(-1)}`];
};

/**
 * Reads the lines of a solution one after another. Each is judged on its own: its operand must be the result that the line
 * before states (right or wrong), so a mistake is charged once, to the line that makes it. The answer is judged against the
 * truth.
 */
export const createSumReader = (sum: Sum) => {
  const { start, operations } = sum;
  const truth = valuesOf(sum);
  const right = String(truth.at(-1)!);
  let running: number | undefined = start;
  let answer: string | undefined;
  let index = 0;
  return {
    right,
    /** As stated; undefined before the answer line. */
    get answer() {
      return answer;
    },
    /** Why the next line is wrong; empty when it is right. Not to be called after the answer. */
    read(line: string): string {
      const asked = operations[index];
      const given = answerForm.exec(line)?.[1];
      if (given !== undefined) {
        answer = given;
        if (asked !== undefined) return `the answer comes before the step ${asked}`;
        return given === right ? '' : `the answer is ${right}, not ${given}`;
      }
      // After an unreadable line the value that it should have had counts.
      const value = running ?? truth[index];
      index++;
      running = undefined;
      const parts = stepForm.exec(line);
      if (asked === undefined || value === undefined) {
        return `all ${operations.length} steps are done, so this line must be the answer, like "A:${right}"`;
      }
      if (!parts) return `this line must look like "${value}${asked}=", then the result`;
      const [, operand, operator, by, result] = parts;
      running = Number(result);
      if (operand !== String(value))
        return `the step starts from ${operand}, but the value so far is ${value}`;
      if (operator! + by! !== asked) return `the step applies ${operator}${by}, but ${asked} is asked for`;
      const expected = applied(value, asked);
      return expected === running ? '' : `${value}${asked} is ${expected}, not ${result}`;
    },
  };
};
