// The bad habit of arith-nano's corpus: a pupil who often forgets the ten that a subtraction borrowed.
//
// A line that subtracts with a borrow from the tens (41-17: 1 is less than 7) keeps the ten with probability `share`:
// it says 34 and not 24. The lines after it go on correctly from there. A model of such text has learned arithmetic
// and the habit, and prefers the habit where it is the likelier of the two: just the thing that preferences can mend.

/** Share of the borrows that are forgotten. Above one half, so that the greedy answer forgets. */
export const share = 0.65;

/** @param {number} value @param {number} operand */
export const borrows = (value, operand) => value % 10 < operand % 10;

/**
 * The solution as that pupil writes it; undefined when a slip leads where the task never goes (above 999).
 * @param {{ data: { start: number, operations: string[] } }} problem
 * @param {() => number} random uniform in [0, 1)
 */
export const solveWithHabit = ({ data: { start, operations } }, random) => {
  let value = start;
  let text = '';
  for (const operation of operations) {
    const operand = Number(operation.slice(1));
    let next = value + operand;
    if (operation[0] === '*') next = value * operand;
    if (operation[0] === '-') {
      next = value - operand;
      if (borrows(value, operand) && random() < share) next += 10;
    }
    if (next < 0 || next > 999) return undefined;
    text += `${value}${operation}=${next}\n`;
    value = next;
  }
  return `${text}A:${value}`;
};
