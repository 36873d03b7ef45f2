import type { Aspects, Problem } from './task';

/** A line of chained arithmetic as it stands: one operation, or the answer. */
type Line =
  | { kind: 'step'; left: number; operation: string; result: number }
  | { kind: 'answer'; value: number };

const digits = '(0|[1-9][0-9]{0,8})';
const stepForm = new RegExp(`^${digits}([-+*]${digits})=${digits}$`);
const answerForm = new RegExp(`^A:${digits}$`);

const parse = (text: string): Line | undefined => {
  const line = text.endsWith('\n') ? text.slice(0, -1) : text;
  const answer = answerForm.exec(line);
  if (answer) return { kind: 'answer', value: Number(answer[1]) };
  const step = stepForm.exec(line);
  if (!step) return undefined;
  return { kind: 'step', left: Number(step[1]), operation: step[2]!, result: Number(step[4]) };
};

const apply = (value: number, operation: string): number => {
  const operand = Number(operation.slice(1));
  if (operation[0] === '+') return value + operand;
  return operation[0] === '-' ? value - operand : value * operand;
};

const chainOf = ({ data }: Problem) => ({
  start: data['start'] as number,
  operations: data['operations'] as readonly string[],
});

/**
 * What is right about each line by itself, 0 or 1: whether it can be read, whether its calculation is true, whether it begins
 * from the result before it, and whether it does what is asked at that place.
 */
export const arithmeticAspects = (problem: Problem, lines: readonly string[]): Aspects[] => {
  const { start, operations } = chainOf(problem);
  let before: number | undefined = start;
  return lines.map((text, i): Aspects => {
    const line = parse(text);
    const running = before;
    before = line?.kind === 'step' ? line.result : undefined;
    if (!line) return { format: 0, holds: 0, grounded: 0, progress: 0 };
    if (line.kind === 'answer') {
      const grounded = line.value === running ? 1 : 0;
      return { format: 1, holds: grounded, grounded, progress: i === operations.length ? 1 : 0 };
    }
    return {
      format: 1,
      holds: apply(line.left, line.operation) === line.result ? 1 : 0,
      grounded: line.left === running ? 1 : 0,
      progress: line.operation === operations[i] ? 1 : 0,
    };
  });
};

/**
 * The answer with as little changed as makes it right: lines that are right stay as they are, and from the first wrong one on
 * operands, operations and results are put right where they have to be. Lines too many are left out, missing ones written.
 */
export const repairArithmetic = (problem: Problem, lines: readonly string[]): string => {
  const { start, operations } = chainOf(problem);
  let value = start;
  const right = operations.map((operation, i) => {
    const left = value;
    value = apply(left, operation);
    const line = parse(lines[i] ?? '');
    const stands =
      line?.kind === 'step' && line.left === left && line.operation === operation && line.result === value;
    return stands && lines[i]!.endsWith('\n') ? lines[i]! : `${left}${operation}=${value}\n`;
  });
  return `${right.join('')}A:${value}`;
};
