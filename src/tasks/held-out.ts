import { createRng, type Rng } from '../util/rng';
import type { Problem, Task } from './task';

const heldOutShare = 10;

/**
 * Whether a text belongs to the held-out tenth. A hash of it decides (FNV-1a with a final mix), so the answer is the same
 * for training, pretraining and evaluation, at every difficulty and seed.
 */
export const isHeldOut = (text: string): boolean => {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  h = Math.imul(h ^ (h >>> 16), 2246822507);
  h ^= h >>> 13;
  return (h >>> 0) % heldOutShare === 0;
};

/** Draws in vain after which a list is taken to be exhausted: held-out problems are about one in ten. */
const longestDrought = 100_000;

/**
 * Problems number `start` to `start + count - 1` of a list of distinct ones that does not depend on any run's seed.
 * @param next draws the next candidate for place `index` of the list; undefined where what it drew is not held out
 * @throws when the range is not whole and non-negative, or the list is exhausted
 */
export const heldOutList = (
  difficulty: string,
  start: number,
  count: number,
  next: (index: number) => Problem | undefined,
): Problem[] => {
  for (const [name, value] of Object.entries({ start, count })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new Error(`heldOutProblems: ${name} is ${value}; give a whole number of at least 0.`);
    }
  }
  const seen = new Set<string>();
  const found: Problem[] = [];
  for (let drought = 0; found.length < count; drought++) {
    if (drought > longestDrought) {
      throw new Error(
        `heldOutProblems: difficulty "${difficulty}" has only about ${seen.size} held-out problems; ` +
          `${start} + ${count} were asked for. Ask for fewer.`,
      );
    }
    const problem = next(seen.size);
    if (!problem || seen.has(problem.prompt)) continue;
    seen.add(problem.prompt);
    drought = 0;
    if (seen.size > start) found.push(problem);
  }
  return found;
};

/**
 * How a world draws whose problems one function draws, held out or not: what training draws, and the list for evaluation.
 * @param seed of the list, whatever a run's
 * @param drawAny draws a problem of a level
 */
export const drawnApart = <L>(
  seed: number,
  levelOf: (difficulty: string) => L,
  drawAny: (rng: Rng, level: L) => Problem,
): Pick<Task, 'draw' | 'heldOut'> => ({
  draw: (rng, difficulty) => {
    const level = levelOf(difficulty);
    for (;;) {
      const problem = drawAny(rng, level);
      if (!isHeldOut(problem.prompt)) return problem;
    }
  },
  heldOut: (difficulty, start, count) => {
    const level = levelOf(difficulty);
    const rng = createRng(seed).fork(difficulty);
    return heldOutList(difficulty, start, count, () => {
      const problem = drawAny(rng, level);
      return isHeldOut(problem.prompt) ? problem : undefined;
    });
  },
});
