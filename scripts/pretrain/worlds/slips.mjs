// The bad habit of a pupil who forgets the ten that a sum carries, or that a difference borrowed.

/** @param {number} value @param {string} operation such as "+5" */
const carries = (value, operation) => {
  const by = Number(operation.slice(1)) % 10;
  return operation[0] === '+' ? (value % 10) + by > 9 : value % 10 < by;
};

/**
 * The lines of a solution, the answer last, in which each ten is forgotten with probability `share`; the lines after it go on
 * correctly from there.
 * @param {{ start: number, operations: readonly string[] }} sum
 * @param {() => number} random uniform in [0, 1)
 * @param {number} share
 */
export const linesWithSlips = ({ start, operations }, random, share) => {
  let value = start;
  const lines = operations.map((operation) => {
    const by = Number(operation.slice(1));
    const right = operation[0] === '+' ? value + by : value - by;
    const slip = carries(value, operation) && random() < share;
    const next = slip ? right + (operation[0] === '+' ? -10 : 10) : right;
    const line = `${value}${operation}=${next}`;
    value = next;
    return line;
  });
  return [...lines, `A:${value}`];
};
